"""What the read model answers: a bill's decisions, a person's year, the law's bytes, and what the page shows."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import orjson
import pytest

from schemas.reasons import REASON_TEXTS
from tests.unit.history.history_records import RULEBOOK, accumulated, decided, decision_id, person_key
from workers.errors import TuodiError, Usage
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.history.known import known_year
from workers.history.queries import bill_history, law_bytes, open_for_reading
from workers.history.show import show_person
from workers.pages.words import STATUSES as STATUS_LABELS

ANNA, BERTA = person_key(1), person_key(2)
HERE, THERE = {"region": "520000", "setl_id": "S1"}, {"region": "530000", "setl_id": "S1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Anna has one bill decided twice and one of another year; Berta a bill of the same number elsewhere."""
    file = tmp_path / "h.sqlite"
    refused = {"status": "decided", "reason": "no_identity"}
    given: list[tuple[str, bytes, bytes]] = [
        ("assistance.decided", b"k", decided(ANNA, 1, 70_000, bill=HERE)),
        ("assistance.decided", b"k", decided(ANNA, 2, 0, before=70_000, bill=HERE, **refused)),
        ("assistance.decided", b"k", decided(ANNA, 3, 100, year=2024, benefit_date="2024-01-02")),
        ("assistance.decided", b"k", decided(BERTA, 1, 5, bill=THERE)),
        ("person.accumulated", b"k", accumulated(ANNA, 2, 0)),
        ("person.accumulated", b"k", accumulated(ANNA, 3, 100, year=2024)),
        ("journal", b"!rulebook.adopted", orjson.dumps({"hash": "a" * 64, "body": '{"engine": 1}'})),
    ]
    with Database(file) as database:
        for offset, (short, key, value) in enumerate(given):
            database.take(Source(short, 0), [Row(offset, 1, key, value)], WRITERS[short])
    return file


def test_a_bill_has_all_its_decisions_oldest_first(path: Path) -> None:
    (bill,) = bill_history(open_for_reading(path), "S1", "520000")
    assert (bill.person_key, bill.region, bill.setl_id) == (ANNA, "520000", "S1")
    assert [each["decision_id"] for each in bill.decisions] == [decision_id(ANNA, 1), decision_id(ANNA, 2)]


def test_a_number_of_two_regions_is_two_bills(path: Path) -> None:
    found = bill_history(open_for_reading(path), "S1", None)
    assert {(bill.person_key, bill.region, len(bill.decisions)) for bill in found} == {
        (ANNA, "520000", 2),
        (BERTA, "530000", 1),
    }
    assert bill_history(open_for_reading(path), "S9", None) == []


def test_a_year_holds_its_cap_table_and_the_newest_decision_of_each_bill(path: Path) -> None:
    found = known_year(open_for_reading(path), ANNA, 2023, None)
    assert found.tables["QN"]["ordinary_used"] == "0.00"
    assert [bill["decision_id"] for bill in found.bills] == [decision_id(ANNA, 2)]
    assert known_year(open_for_reading(path), ANNA, 2024, None).tables["QN"]["ordinary_used"] == "1.00"


@pytest.mark.parametrize("name", [RULEBOOK, RULEBOOK.removeprefix("sha256:")])
def test_the_law_is_found_by_its_hash(path: Path, name: str) -> None:
    assert law_bytes(open_for_reading(path), name) == b'{"engine": 1}'
    with pytest.raises(Usage, match="not in the read model yet"):
        law_bytes(open_for_reading(path), "sha256:" + "b" * 64)


def test_reading_changes_nothing_and_needs_a_model(path: Path, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        open_for_reading(path).execute("DELETE FROM decision")
    with pytest.raises(Usage, match="no read model here"):
        open_for_reading(tmp_path / "none.sqlite")


def test_the_page_shows_tables_bills_and_reasons_in_chinese(path: Path) -> None:
    page = show_person(path, ANNA, 2023, as_json=False)
    assert page.splitlines()[0] == f"救助对象 {ANNA}  2023 年度"
    assert "普通救助已用: 0.00 元" in page
    line = next(line for line in page.splitlines() if line.lstrip().startswith("S1 "))
    assert "已决定" in line
    assert "普通救助 0.00" in line
    assert REASON_TEXTS["no_identity"] in line


def test_the_json_holds_the_same(path: Path) -> None:
    found = json.loads(show_person(path, ANNA, 2023, as_json=True))
    assert (found["person_key"], found["year"]) == (ANNA, 2023)
    assert found["tables"]["QN"]["ordinary_used"] == "0.00"
    assert [bill["reason"] for bill in found["bills"]] == ["no_identity"]


def test_an_unknown_person_or_year_is_found_wrong(path: Path) -> None:
    for key, year in ((person_key(9), 2023), (ANNA, 1999)):
        with pytest.raises(TuodiError, match="nothing is known of this person"):
            show_person(path, key, year, as_json=False)


def test_every_state_of_a_bill_has_its_label() -> None:
    from schemas.outputs.decision import BillState

    assert set(STATUS_LABELS) == {state.value for state in BillState}
