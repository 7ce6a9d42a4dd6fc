"""Every record has its effect once, in its person's order; totals are exact to the fen."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.history.history_records import Account, accumulated, answered, decided, decision_id, person_key
from workers.errors import Stop
from workers.history import rows
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source

ANNA, BERTA = person_key(1), person_key(2)


class Model:
    """A read model with records written straight into it, at rising offsets."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self._offsets = itertools.count()

    def take(self, short: str, *values: bytes | None, key: bytes = b"k") -> None:
        run = [Row(next(self._offsets), 1, key, value) for value in values]
        self.database.take(Source(short, 0), run, WRITERS[short])

    def all(self, sql: str) -> list[Any]:
        return self.database.connection.execute(sql).fetchall()


MOVED = (
    b'{"from_key":"a","name":"bill|520000|S1","person_key":"k","serial":1,"state":"{\\"decision\\":null}",'
    b'"type":"bill.moved"}'
)


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    made = Model(tmp_path / "h.sqlite")
    yield made
    made.database.close()


def _total(model: Model) -> int:
    return sum(amount for (amount,) in model.all("SELECT amount FROM total"))


def test_a_decision_stands_in_every_table_it_belongs_to(model: Model) -> None:
    raw = decided(ANNA, 1, 70_050)
    model.take("assistance.decided", raw)
    bill = orjson.loads(raw)["bill"]["setl_id"]
    assert model.all("SELECT decision_id, person_key, sequence, setl_id, body FROM decision") == [
        (decision_id(ANNA, 1), ANNA, 1, bill, raw)
    ]
    assert model.all("SELECT setl_id, person_key, status, decision_id FROM bill") == [
        (bill, ANNA, "decided", decision_id(ANNA, 1))
    ]
    assert model.all("SELECT measure, year, layer, amount FROM total ORDER BY layer") == [
        ("QN", 2023, "ordinary", 70_050),
        ("QN", 2023, "tilt", 0),
    ]
    assert model.all("SELECT * FROM tally") == [("decisions", "assisted", 1)]


def test_every_kind_of_record_twice_changes_nothing(model: Model) -> None:
    opened = b'{"task_id": "T1", "kind": "conflict"}'
    twice: list[tuple[str, bytes, bytes]] = [
        ("assistance.decided", decided(ANNA, 1), b"k"),
        ("journal.answered", answered(0, 7, ANNA), b"k"),
        ("person.accumulated", accumulated(ANNA, 1, 70_000), b"k"),
        ("task.opened", opened, b"k"),
        ("task.closed", b'{"task_id": "T1", "because": "order"}', b"k"),
        ("alert.raised", b'{"alert_id": "A1", "kind": "high_cost"}', b"k"),
        ("journal", b'{"hash": "ab", "body": "{}"}', b"!rulebook.adopted"),
        ("journal", b'{"person_key":"k","type":"identity.changed"}', b"k"),
        ("journal", b'{"date":"2023-05-06","type":"day.closed"}', b"!day.closed"),
        ("journal", b'{"person_key":"k","region":"520000","setl_id":"S1","type":"settlement.final"}', b"k"),
        ("journal", MOVED, b"k"),
        ("journal", b'{"author":"U1","order_id":"O1","second_signer":"U2","type":"office.ordered"}', b"k"),
    ]
    assert {short for short, _, _ in twice} == set(WRITERS)
    for short, value, key in twice:
        model.take(short, value, key=key)
    once = _dump(model)
    assert all(once[table] for table in once if table not in ("waiting", "meta"))
    for short, value, key in twice:
        model.take(short, value, value, key=key)
    assert _dump(model) == once


def _dump(model: Model) -> dict[str, list[Any]]:
    tables = [name for (name,) in model.all("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: sorted(model.all(f"SELECT * FROM {name}")) for name in tables if name != "position"}  # noqa: S608


def test_postings_are_totalled_by_who_is_paid(model: Model) -> None:
    """What the platform paid, and what a region in shadow does not pay, is no money of ours."""
    told = [
        {"layer": "ordinary", "payee": "upstream", "kind": "settle", "amount": "500.00"},
        {"layer": "ordinary", "payee": "shadow", "kind": "settle", "amount": "200.00"},
    ]
    model.take("assistance.decided", decided(ANNA, 1), decided(ANNA, 2, postings=told, mode="shadow"))
    assert model.all("SELECT payee, amount FROM posted ORDER BY payee") == [
        ("hospital", 70_000), ("shadow", 20_000), ("upstream", 50_000),
    ]  # fmt: skip


def test_the_difference_is_totalled_and_the_bill_shows_the_newest(model: Model) -> None:
    bill = {"region": "520000", "setl_id": "S1"}
    model.take("assistance.decided", decided(ANNA, 1, 70_001, bill=bill))
    model.take("assistance.decided", decided(ANNA, 2, 50_000, before=70_001, bill=bill))
    assert _total(model) == 50_000
    assert model.all("SELECT decision_id, layers FROM bill") == [
        (decision_id(ANNA, 2), '{"ordinary":"500.00","tilt":"0.00"}')
    ]


def test_what_comes_early_waits_and_holds_nobody_else(model: Model) -> None:
    model.take("assistance.decided", decided(ANNA, 3), decided(ANNA, 2), decided(BERTA, 1), decided(ANNA, 3))
    assert model.all("SELECT sequence FROM waiting ORDER BY sequence") == [(2,), (3,)]
    assert model.all("SELECT person_key FROM decision") == [(BERTA,)]
    assert _total(model) == 70_000
    model.take("assistance.decided", decided(ANNA, 1))
    assert model.all("SELECT count(*) FROM waiting") == [(0,)]
    assert model.all(f"SELECT sequence FROM decision WHERE person_key = '{ANNA}' ORDER BY rowid") == [(1,), (2,), (3,)]  # noqa: S608
    assert _total(model) == 280_000
    model.take("assistance.decided", decided(ANNA, 2), decided(ANNA, 4))
    assert _total(model) == 350_000


def test_a_gap_is_drained_only_up_to_the_next_gap(model: Model) -> None:
    model.take("assistance.decided", decided(ANNA, 2), decided(ANNA, 4), decided(ANNA, 1))
    assert model.all("SELECT sequence FROM waiting") == [(4,)]
    assert model.all("SELECT sequence FROM person") == [(2,)]


def test_any_order_any_repeats_give_the_same_model(tmp_path: Path) -> None:
    account = Account()
    made = [
        (person_key(n), sequence, decided(person_key(n), sequence, 100 * n + sequence))
        for n in range(5)
        for sequence in range(1, 9)
    ]
    for _, _, raw in made:
        account.decision(raw)
    for seed in range(20):
        shuffled = made * 2
        random.Random(seed).shuffle(shuffled)
        model = Model(tmp_path / f"{seed}.sqlite")
        for start in range(0, len(shuffled), 7):
            model.take("assistance.decided", *(raw for _, _, raw in shuffled[start : start + 7]))
        assert account.faults(model.database.connection) == []
        model.database.close()


def test_a_second_decision_with_the_same_sequence_stops(model: Model) -> None:
    model.take("assistance.decided", decided(ANNA, 1))
    other = decided(ANNA, 1, decision_id="a" * 32)
    with pytest.raises(
        Stop, match=r"assistance\.decided\[0\]@2: a second decision of one person with sequence 1"
    ) as no:
        model.take("assistance.decided", decided(ANNA, 2), other)
    assert ANNA not in str(no.value)
    assert model.all("SELECT sequence FROM decision") == [(1,)], "nothing of the run was stored"


def test_a_second_decision_among_the_waiting_stops_too(model: Model) -> None:
    model.take("assistance.decided", decided(ANNA, 3))
    with pytest.raises(Stop, match="a second decision of one person with sequence 3"):
        model.take("assistance.decided", decided(ANNA, 3, decision_id="a" * 32))


def test_a_second_owner_of_a_number_is_an_alert_and_both_are_kept(model: Model) -> None:
    bill = {"region": "520000", "setl_id": "S1"}
    model.take("assistance.decided", decided(ANNA, 1, bill=bill), decided(BERTA, 1, bill=bill))
    elsewhere = {"region": "530000", "setl_id": "S1"}
    model.take("assistance.decided", decided(person_key(3), 1, bill=elsewhere))
    assert model.all("SELECT person_key, kind FROM alert") == [(BERTA, "second_owner")]
    assert sorted(model.all("SELECT person_key, region FROM bill")) == sorted(
        [(ANNA, "520000"), (BERTA, "520000"), (person_key(3), "530000")]
    )
    assert _total(model) == 210_000


def test_outcomes_are_counted_once_by_place(model: Model) -> None:
    model.take("journal.answered", answered(0, 1, ANNA), answered(0, 2, ANNA, "repeat"), answered(1, 1, ANNA))
    model.take("journal.answered", answered(0, 2, ANNA, "repeat"))
    assert sorted(model.all("SELECT label, n FROM tally WHERE name = 'outcomes'")) == [("decided", 2), ("repeat", 1)]


def test_cap_tables_show_the_last_value(model: Model) -> None:
    model.take("person.accumulated", accumulated(ANNA, 1, 100), accumulated(ANNA, 2, 250), accumulated(BERTA, 1, 5))
    shown = {
        key: json.loads(c)["ordinary_used"] for key, c in model.all("SELECT person_key, counters FROM accumulated")
    }
    assert shown == {ANNA: "2.50", BERTA: "0.05"}


def test_a_task_may_be_closed_before_it_is_opened(model: Model) -> None:
    model.take("task.closed", b'{"task_id": "T1", "because": "cause_gone"}')
    model.take("task.opened", b'{"task_id": "T1", "kind": "conflict", "person_key": "p"}')
    ((task, person, kind, opened, closed),) = model.all("SELECT * FROM task")
    assert (task, person, kind) == ("T1", "p", "conflict")
    assert (json.loads(opened)["kind"], json.loads(closed)["because"]) == ("conflict", "cause_gone")


def test_of_the_journal_only_adoptions_are_kept(model: Model) -> None:
    model.take("journal", b"not even json", None, key=b"p1")
    model.take("journal", b'{"hash": "ab", "body": "{\\"a\\":1}"}', key=b"!rulebook.adopted")
    assert model.all("SELECT * FROM rulebook") == [("ab", '{"a":1}')]


def test_a_record_without_value_stops(model: Model) -> None:
    with pytest.raises(Stop, match=r"journal\.answered\[0\]@0: a record without value"):
        model.take("journal.answered", None)


def test_every_table_is_strict() -> None:
    text = (Path(rows.__file__).parent / "schema.sql").read_text(encoding="utf-8")
    assert text.count("CREATE TABLE") == text.count("STRICT;")
