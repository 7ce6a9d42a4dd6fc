"""An adoption that takes money back from many: through intake, twelve partitions, and replay of the journal it left."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.unit.office.office_world import OfficeWorld
from workers.cli import _register_all, app
from workers.office.tasks import Task, tasks
from workers.policy.adoption import SHIPPED, build_adoption
from workers.replay.engine import Engine

SIGNED = ["--author", "U1", "--second-signer", "U2", "--document", "D1", "--ordered-on", "2023-07-01"]
_register_all()


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The shipped law, but rescue at an institution that is not designated is left to a person (QN-A9)."""
    folder = tmp_path_factory.mktemp("draft") / "rulebooks"
    shutil.copytree(SHIPPED, folder)
    file = folder / "qiannan" / "2022-26.toml"
    text = file.read_text(encoding="utf-8")
    changed, times = re.subn(r'(id = "QN-A9".*?chosen = )"[a-z_]+"', r'\1"manual"', text, count=1, flags=re.DOTALL)
    assert times == 1
    file.write_text(changed, encoding="utf-8")
    return build_adoption(folder)


def county(folder: Path, draft: bytes, persons: int) -> OfficeWorld:
    """So many persons with a rescue of 700.00, then the draft is adopted."""
    world = OfficeWorld(folder)
    for number in range(persons):
        world.assisted(f"P{number}")
        world.bill(f"P{number}", f"S{number}", designated=False, emergency_rescue=True)
    world.engine.adopt(draft)
    return world


def open_tasks(world: OfficeWorld, kind: str) -> list[Task]:
    return tasks(world.stored(), kind, None, closed=False)


def order(world: OfficeWorld, one: Task, *words: str) -> None:
    """`tuodi order new`, and the line it prints through intake."""
    words = (*words, "--region", world.region, "--dry-run", "--database", str(world.stored()))
    told = CliRunner().invoke(app, ["order", "new", one.task_id, *SIGNED, *words])
    assert told.exit_code == 0, told.exception
    world.line(json.loads(told.stdout.splitlines()[0]))


def test_one_word_on_all_of_them(tmp_path: Path, draft: bytes) -> None:
    world = county(tmp_path, draft, 25)
    (one,) = open_tasks(world, "recoveries")
    assert (one.facts["persons"], one.facts["amount"], open_tasks(world, "recovery")) == (25, "17500.00", [])
    order(world, one, "--approval", "waived")
    assert open_tasks(world, "recoveries") == []
    assert len(open_tasks(world, "needs_person")) == 25


def test_few_are_approved_one_by_one(tmp_path: Path, draft: bytes) -> None:
    world = county(tmp_path, draft, 3)
    assert open_tasks(world, "recoveries") == []
    assert [one.facts["amount"] for one in open_tasks(world, "recovery")] == ["700.00"] * 3


def test_what_the_law_leaves_to_a_person_is_decided_by_amounts_or_by_what_was_found(
    tmp_path: Path, draft: bytes
) -> None:
    world = county(tmp_path, draft, 1)
    (one,) = open_tasks(world, "needs_person")
    order(world, one, "--psn-no", "P0", "--amount", "ordinary=300.00")
    assert open_tasks(world, "needs_person") == []
    (back,) = open_tasks(world, "recovery")
    assert back.facts["amount"] == "700.00"  # 300.00 was paid to the person meanwhile: both are owed

    world = county(tmp_path / "found", draft, 1)
    (one,) = open_tasks(world, "needs_person")
    order(world, one, "--psn-no", "P0", "--found", "emergency_rescue=false")
    assert open_tasks(world, "needs_person") == []


def test_the_journal_it_left_replays(tmp_path: Path, draft: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What partition 0 was told and what it told the others stands in the journal; the fold wants to write the same."""
    journal: list[dict[str, object]] = []
    fold = Engine._fold

    def noted(engine: Engine, partition: object, record: object) -> object:
        headers = {name: value.decode() for name, value in record.headers}  # type: ignore[attr-defined]
        journal.append(
            {
                "topic": "journal", "key": record.key.decode(), "headers": headers,  # type: ignore[attr-defined]
                "value": json.loads(record.value), "partition": record.partition,  # type: ignore[attr-defined]
                "offset": record.offset, "timestamp": record.timestamp_ms,  # type: ignore[attr-defined]
            }
        )  # fmt: skip
        return fold(engine, partition, record)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "_fold", noted)
    world = county(tmp_path, draft, 21)
    (one,) = open_tasks(world, "recoveries")
    order(world, one, "--approval", "approved")
    monkeypatch.undo()
    file = tmp_path / "journal.ndjson"
    lines = sorted(journal, key=lambda line: (line["partition"], line["offset"]))
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    told = CliRunner().invoke(app, ["replay", str(file), "--json"])
    assert told.exit_code == 0, told.exception
    result = json.loads(told.stdout)
    assert {json.dumps(s["recovery"]) for p in result["persons"].values() for s in p["settlements"].values()} == {
        '{"approved": {"ordinary": "700.00"}}'
    }
    assert [task["state"] for task in result["tasks"] if task["kind"] == "recoveries"] == ["closed"]
    assert any(posting["pending"] for posting in result["postings"])
