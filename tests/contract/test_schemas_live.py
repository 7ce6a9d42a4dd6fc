"""What the workers really write keeps the contract: a simulated year through replay, each output under its schema."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.json_schema import contracts, schema_of
from schemas.topics import Kind, of_kind, short_name
from workers.policy.adoption import build_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import read_lines
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan

MODELS = {c.type_: c.model for c in contracts() if not c.folder}
SCHEMAS = {c.type_: Draft202012Validator(schema_of(c)) for c in contracts() if not c.folder}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small, dense county year of assisted people."""
    file = tmp_path_factory.mktemp("year") / "year.ndjson"
    write(Plan(seed=7, persons=400, year=2023, county="522701", national_size=True, only_assisted=True), file)
    return file


@pytest.fixture(scope="module")
def emitted(year: Path) -> list[Emitted]:
    """Everything the ledger published over that year."""
    kept: list[Emitted] = []
    engine = Engine(Settings(), dev_keys=True, keep=kept.append)
    law = build_adoption(None, None)
    engine.adopt(law)
    engine.run(read_lines(year, "medassist"), law)
    return kept


def test_the_simulated_feeds_keep_the_contract_they_are_not_meant_to_break(year: Path) -> None:
    seen: Counter[str] = Counter()
    for line in year.read_text(encoding="utf-8").splitlines():
        value = json.loads(line)["value"]
        if not isinstance(value, dict) or value.get("type") not in SCHEMAS:
            continue
        seen[value["type"]] += 1
        if SCHEMAS[value["type"]].is_valid(value):
            MODELS[value["type"]].__pydantic_validator__.validate_json(json.dumps(value).encode())
            seen["valid"] += 1
    assert seen["settlement.final"] > 20
    assert seen["valid"] > 0.9 * (seen.total() - seen["valid"])


def test_every_output_is_valid_under_its_model_and_its_schema(emitted: list[Emitted]) -> None:
    outputs = {topic.short for topic in of_kind(Kind.OUTPUT)}
    seen: Counter[str] = Counter()
    for record in emitted:
        short = short_name(record.topic)
        assert short in outputs
        value: Any = json.loads(record.value)
        assert value["type"] == short
        MODELS[short].__pydantic_validator__.validate_json(record.value)
        found = [error.message for error in SCHEMAS[short].iter_errors(value)]
        assert found == []
        seen[short] += 1
    assert seen["assistance.decided"] > 20
    assert seen["journal.answered"] > seen["assistance.decided"]
    assert seen["person.accumulated"] > 20
