"""The generated half of the contract: nothing stale, every schema sound, samples valid under both model and schema."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schemas import generate
from schemas.json_schema import Contract, contracts, objects
from schemas.topics import TOPICS

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "schemas/generated"
ALL = list(contracts())
IDS = [c.name for c in ALL]


def _schema(contract: Contract) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GENERATED / f"{contract.name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def _samples(contract: Contract) -> dict[str, bytes]:
    folder = GENERATED / "released" / contract.folder
    return {p.name: p.read_bytes() for p in sorted(folder.glob(f"{contract.type_}.v{contract.version}.*.json"))}


def test_nothing_generated_is_stale() -> None:
    assert generate.stale(generate.build(), ROOT) == []
    assert generate.main(["--check"]) == 0


def test_check_is_red_for_a_changed_a_missing_and_a_left_over_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.write(generate.build(), tmp_path)
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / "docs/facts.md").write_text("x", encoding="utf-8")
    (tmp_path / "schemas/generated/task.opened.v1.schema.json").unlink()
    (tmp_path / "schemas/generated/task.gone.v1.schema.json").write_text("{}", encoding="utf-8")
    assert generate.main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "docs/facts.md differs" in told
    assert "task.opened.v1.schema.json is missing" in told
    assert "task.gone.v1.schema.json is left over" in told
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0


@pytest.mark.parametrize("seed", ["1", "2"])
def test_generation_does_not_depend_on_the_order_of_sets(seed: str) -> None:
    command = [sys.executable, "-m", "schemas.generate", "--check"]
    found = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, b"")


def test_a_red_table_of_facts_stops_the_generator(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = generate.load()
    monkeypatch.setattr(generate, "load", lambda: table._replace(needs={}))
    assert generate.main(["--check"]) == 1
    assert "QN-T2 (Y) names no fact" in capsys.readouterr().err
    assert generate.main([], tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("contract", ALL, ids=IDS)
def test_every_schema_is_sound_and_as_open_as_it_should_be(contract: Contract) -> None:
    schema = _schema(contract)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {"type", "version"} <= set(schema["required"])
    closed = {part.get("additionalProperties") for part in objects(schema)}
    assert closed <= ({None, True} if contract.accepted else {False})


@pytest.mark.parametrize("contract", ALL, ids=IDS)
def test_samples_that_were_released_parse_for_ever(contract: Contract) -> None:
    samples = _samples(contract)
    assert len(samples) >= 2, "a minimal and a full sample per type"
    validator = jsonschema.Draft202012Validator(_schema(contract))
    for raw in samples.values():
        value = json.loads(raw)
        validator.validate(value)
        model = contract.model.__pydantic_validator__.validate_json(raw)
        again = model.model_dump(mode="json", exclude_none=True)
        assert _holds(again, value)
        validator.validate(again)


def _holds(whole: Any, part: Any) -> bool:
    """Whether nothing of `part` is lost or changed in `whole`, which may spell defaults besides."""
    if isinstance(part, dict):
        return all(name in whole and _holds(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(_holds, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("contract", ALL, ids=IDS)
def test_the_samples_show_every_field(contract: Contract) -> None:
    shown = {name for raw in _samples(contract).values() for name in json.loads(raw)}
    assert shown == set(contract.model.model_fields)


@pytest.mark.parametrize("contract", ALL, ids=IDS)
def test_schema_and_model_refuse_the_same_damage(contract: Contract) -> None:
    """Each required field dropped, and each field of the full sample retyped: neither schema nor model lets it pass."""
    validator = jsonschema.Draft202012Validator(_schema(contract))
    decode = contract.model.__pydantic_validator__.validate_json
    full = json.loads(_samples(contract)[f"{contract.type_}.v{contract.version}.full.json"])
    damaged = [{k: v for k, v in full.items() if k != name} for name in _schema(contract)["required"]]
    damaged += [full | {name: [[]]} for name in full]
    if not contract.accepted:
        damaged.append(full | {"unheard_of": 1})
    for value in damaged:
        assert not validator.is_valid(value)
        with pytest.raises(ValueError, match="validation error"):
            decode(json.dumps(value).encode())


def test_no_sample_is_shaped_like_a_person() -> None:
    from workers.journal.pii import holds_person_data

    for path in (GENERATED / "released").rglob("*.json"):
        assert not holds_person_data(path.read_bytes()), path.name


def test_the_document_names_every_topic_and_every_shape() -> None:
    document = yaml.safe_load((GENERATED / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert document["asyncapi"] == "3.1.0"
    assert set(document["channels"]) == set(TOPICS)
    assert set(document["components"]["messages"]) == {c.name.replace("/", ".") for c in ALL}
    for short, channel in document["channels"].items():
        binding = channel["bindings"]["kafka"]
        assert channel["address"] == binding["topic"] == TOPICS[short].full_name()
        assert (binding["partitions"], binding["bindingVersion"]) == (TOPICS[short].partitions, "0.5.0")
        assert len(channel.get("messages", {})) == len(TOPICS[short].models)


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = yaml.safe_load((GENERATED / "asyncapi.yaml").read_text(encoding="utf-8"))
    waiting: list[Any] = [document]
    seen = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
            if isinstance(part.get("$ref"), str):
                _follow(document, part["$ref"])
                seen += 1
    assert seen > 100


def _follow(document: Any, reference: str) -> None:
    here = document
    for name in reference.removeprefix("#/").split("/"):
        assert name in here, reference
        here = here[name]
