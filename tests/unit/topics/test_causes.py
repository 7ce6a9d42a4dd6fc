"""Which journal record an output of the ledger came from, by the record itself or by the answer beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from schemas.events.header import MOVED_FROM
from workers.log.port import Record
from workers.topics.causes import answers_of, cause_of, causes_of, of_ledger

LEDGER = ("ce_source", b"ledger")


def record(value: Mapping[str, Any] | None, *headers: tuple[str, bytes]) -> Record:
    raw = None if value is None else orjson.dumps(value)
    return Record("t", 0, 5, 0, b"k", raw, headers)


def answer(offset: int, id_: bytes, partition: int = 1) -> Record:
    body = {"type": "journal.answered", "partition": partition, "offset": offset}
    return record(body, LEDGER, ("ce_causationid", id_))


def cap(id_: bytes) -> Record:
    return record({"type": "person.accumulated"}, LEDGER, ("ce_causationid", id_))


def test_a_cause_is_read_where_the_record_names_it() -> None:
    assert cause_of(answer(7, b"a")) == (1, 7)
    assert cause_of(record({"type": "assistance.decided", "cause": {"partition": 2, "offset": 9}})) == (2, 9)
    assert cause_of(record({"type": "x"}, (MOVED_FROM, b"3,11"))) == (3, 11)
    assert cause_of(record({"type": "year.closed"}, ("derived", b"1"), ("ce_id", b"year-closed-4-12"))) == (4, 12)


def test_what_names_no_cause_has_none() -> None:
    for nothing in (record(None), record({"type": "x"}), record({"cause": {"partition": 1}}), cap(b"a")):
        assert cause_of(nothing) is None
    assert cause_of(Record("t", 0, 5, 0, b"k", b"\xff{", ())) is None
    assert cause_of(record({}, (MOVED_FROM, b"x"))) is None


def test_the_cap_table_is_told_by_the_answer_beside_it() -> None:
    answers = answers_of([answer(7, b"a"), answer(9, b"b"), answer(9, b"a", partition=2)], owner=1)
    assert causes_of([cap(b"a")], 1, answers) == (frozenset({7}), 0)
    assert causes_of([cap(b"a"), cap(b"c")], 1, answers) == (frozenset({7}), 1)


def test_an_id_used_twice_stands_for_both_records() -> None:
    answers = answers_of([answer(7, b"a"), answer(8, b"a")], owner=1)
    assert causes_of([cap(b"a")], 1, answers).offsets == {7, 8}


def test_only_the_owners_records_of_the_ledger_count() -> None:
    other = record({"type": "task.opened", "cause": {"partition": 1, "offset": 3}}, ("ce_source", b"lists"))
    assert not of_ledger(other)
    assert causes_of([other, answer(4, b"a", partition=2)], 1, {}) == (frozenset(), 0)
