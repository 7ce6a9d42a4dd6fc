"""What was released stays usable: today's models against the released schemas, and the check catches what it should."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas import compat
from schemas.json_schema import contracts, schema_of

BY_NAME = {c.name: c for c in contracts()}
FEED, OUTPUT, JOURNAL = "settlement.final.v1", "assistance.decided.v1", "journal/settlement.final.v1"
ROLES = {FEED: (True,), OUTPUT: (False,), JOURNAL: (True, False)}

Change = Callable[[dict[str, Any]], object]


def _verdict(name: str, change: Change) -> list[str]:
    old = schema_of(BY_NAME[name])
    new = copy.deepcopy(old)
    change(new)
    return [reason for accepted in ROLES[name] for reason in compat.incompatible(old, new, accepted=accepted)]


def _drop(field: str) -> Change:
    def change(schema: dict[str, Any]) -> None:
        del schema["properties"][field]
        schema["required"] = [name for name in schema["required"] if name != field]

    return change


def _retype(field: str) -> Change:
    return lambda schema: schema["properties"].update({field: {"type": "boolean"}})


def _add(field: str, *, required: bool) -> Change:
    def change(schema: dict[str, Any]) -> None:
        schema["properties"][field] = {"type": "string"}
        schema["required"] = [*schema["required"], *([field] if required else [])]

    return change


def _require(field: str) -> Change:
    return lambda schema: schema["required"].append(field)


def _relax(field: str) -> Change:
    return lambda schema: schema["required"].remove(field)


def test_today_is_compatible_with_everything_released() -> None:
    assert compat.findings() == []
    released = {p.relative_to(compat.RELEASED).as_posix() for p in compat.RELEASED.rglob("*.schema.json")}
    assert released == {f"{name}.schema.json" for name in BY_NAME}


@pytest.mark.parametrize("name", ROLES)
def test_the_same_schema_is_compatible(name: str) -> None:
    assert _verdict(name, lambda schema: schema.update(title="better words", description="x")) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (FEED, _drop("setl_id")),
        (FEED, _drop("in_scope_personal")),
        (FEED, _retype("setl_id")),
        (FEED, _retype("total_fee")),
        (FEED, _add("clinic", required=True)),
        (FEED, _require("total_fee")),
        (FEED, lambda schema: schema["$defs"]["CareType"]["enum"].remove("pharmacy")),
        (FEED, lambda schema: schema["properties"]["setl_id"].update(maxLength=32)),
        (OUTPUT, _drop("layers")),
        (OUTPUT, _drop("supersedes")),
        (OUTPUT, _retype("sequence")),
        (OUTPUT, _retype("reason")),
        (OUTPUT, _relax("receipt")),
        (OUTPUT, lambda schema: schema["$defs"]["Reason"]["enum"].remove("assisted")),
        (OUTPUT, lambda schema: schema["$defs"]["Figures"]["required"].remove("over_cap")),
        (JOURNAL, _drop("setl_id")),
        (JOURNAL, _retype("person_key")),
        (JOURNAL, _add("clinic", required=True)),
        (JOURNAL, _relax("person_key")),
    ],
)
def test_what_breaks_somebody_is_caught(name: str, change: Change) -> None:
    assert _verdict(name, change) != []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (FEED, _add("clinic", required=False)),
        (FEED, _relax("settled_on")),
        (FEED, lambda schema: schema["$defs"]["CareType"]["enum"].append("hospice")),
        (OUTPUT, _add("office", required=False)),
        (OUTPUT, _add("office", required=True)),
        (OUTPUT, lambda schema: schema["$defs"]["Reason"]["enum"].append("brand_new")),
        (JOURNAL, _add("clinic", required=False)),
    ],
)
def test_what_breaks_nobody_is_allowed(name: str, change: Change) -> None:
    assert _verdict(name, change) == []


def test_a_type_that_is_gone_and_one_that_changed_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compat.release(tmp_path)
    assert compat.main([], tmp_path) == 0
    (tmp_path / "settlement.lost.v1.schema.json").write_text("{}", encoding="utf-8")
    changed = tmp_path / f"{FEED}.schema.json"
    old = json.loads(changed.read_text(encoding="utf-8"))
    old["properties"]["ward"] = {"type": "string"}
    changed.write_text(json.dumps(old), encoding="utf-8")
    assert compat.main(["--release"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "settlement.lost.v1: was released and is gone" in told
    assert f"{FEED}: a field was" in told
    assert "ward" in changed.read_text(encoding="utf-8"), "nothing is released over an incompatibility"
