"""What becomes of a simulated county year: every kind of outcome to look for, and nothing that waits for ever."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from schemas.money import fen_of
from workers.replay.run import replay_file
from workers.settings import Settings
from workers.simulate.year import Plan, simulate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The assisted of a county of 15,000, replayed through intake and ledger without a broker."""
    file = tmp_path_factory.mktemp("outcomes") / "year.ndjson"
    plan = Plan(seed=9, persons=15_000, only_assisted=True, close_every=30)
    file.write_bytes(b"".join(line + b"\n" for line in simulate(plan)))
    found: dict[str, Any] = json.loads(replay_file(file, Settings()).model_dump_json())
    return found


def settlements(replayed: dict[str, Any]) -> list[dict[str, Any]]:
    return [bill for person in replayed["persons"].values() for bill in person["settlements"].values()]


def test_every_kind_of_outcome_occurs(replayed: dict[str, Any]) -> None:
    found = Counter((bill["status"], bill["reason"]) for bill in settlements(replayed))
    wanted = {
        ("decided", "assisted"), ("decided", "within_deductible"), ("decided", "cap_used_up"),
        ("decided", "no_identity"), ("decided", "identity_ended"), ("decided", "scope_not_covered"),
        ("decided", "not_designated"), ("decided", "uninsured"), ("reversed", "cancelled"), ("reversed", "reversed"),
    }  # fmt: skip
    assert wanted <= set(found), wanted - set(found)
    assert found["decided", "assisted"] > 1_000


def test_tilt_is_reached(replayed: dict[str, Any]) -> None:
    assert any(fen_of(bill["layers"].get("tilt", "0.00")) for bill in settlements(replayed))


def test_nothing_is_refused_and_no_fact_is_missing(replayed: dict[str, Any]) -> None:
    assert replayed["rejected"] == []
    assert not any(bill["reason"] in ("fact_missing", "no_instrument") for bill in settlements(replayed))


def test_conflicts_and_cancels_without_a_bill_open_tasks(replayed: dict[str, Any]) -> None:
    kinds = {task["kind"] for task in replayed["tasks"]}
    assert {"conflict", "cancel_without_bill"} <= kinds
