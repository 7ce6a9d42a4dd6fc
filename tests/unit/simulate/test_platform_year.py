"""A year in the platform's own shape is the same year: every line is taken, and everybody gets the same."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.replay import ReplayResult
from workers.intake.verdict import Accepted, judge
from workers.replay.lines import CONTROL_TOPICS, read_lines
from workers.replay.run import replay_file
from workers.settings import Settings
from workers.simulate.year import Plan, simulate

PLAN = Plan(seed=5, persons=9_000, only_assisted=True, close_every=30, national_size=True)


def written(folder: Path, name: str, plan: Plan) -> Path:
    file = folder / name
    file.write_bytes(b"".join(line + b"\n" for line in simulate(plan)))
    return file


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("years")
    return written(folder, "own.ndjson", PLAN), written(folder, "national.ndjson", PLAN._replace(national=True))


def values(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["value"] for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_kind_of_message_is_written_and_taken(years: tuple[Path, Path]) -> None:
    messages = [value for value in values(years[1]) if "type" not in value]
    kinds = Counter(value.get("infno", "row" if "mat_id" in value else "core") for value in messages)
    assert set(kinds) == {"2207", "2304", "2208", "2305", "2601", "5203", "row", "core"}
    assert len(messages) > 2_000
    for line in read_lines(years[1], "medassist"):
        if line.topic not in CONTROL_TOPICS:
            verdict = judge(line.topic, line.key, line.value, line.headers)
            assert isinstance(verdict, Accepted), (line.number, verdict)
            assert verdict.warnings == (), line.number


def test_both_shapes_of_a_year_give_the_same_money(years: tuple[Path, Path]) -> None:
    own, national = (replay_file(file, Settings.model_construct()) for file in years)
    assert set(own.persons) == set(national.persons)
    for person_key, person in own.persons.items():
        other = national.persons[person_key]
        assert _bills(person) == _bills(other), person_key
        assert person.years == other.years
    assert _tasks(own) == _tasks(national)


def _bills(person: Any) -> dict[str, Any]:
    return {name: (bill.status, bill.reason, bill.layers) for name, bill in person.settlements.items()}


def _tasks(result: ReplayResult) -> Counter[tuple[str, str]]:
    return Counter((task["kind"], task["state"]) for task in map(dict, result.tasks))
