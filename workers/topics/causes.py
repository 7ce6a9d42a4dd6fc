"""Which journal record led to an output of the ledger: what a hanging transaction is judged by.

Read from the record itself, and where it names none (the cap table) by the answer that was written beside it with the
same `ce_causationid`. Only records with `ce_source: ledger` are looked at: other workers write to some topics too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from schemas.events.header import MOVED_FROM
from workers.log.port import Record

Answers = dict[bytes, set[int]]
"""`ce_causationid` → offsets of the journal records that were answered under it; a sender may use an id twice."""


class Causes(NamedTuple):
    """Offsets of the journal records behind some outputs of one owner, and how many outputs could not be told."""

    offsets: frozenset[int]
    unknown: int


def of_ledger(record: Record) -> bool:
    """Whether the ledger wrote it."""
    return record.header("ce_source") == b"ledger"


def cause_of(record: Record) -> tuple[int, int] | None:
    """(partition, offset) of the journal record that the record itself names as its cause, or None."""
    moved_from = record.header(MOVED_FROM)
    if moved_from is not None:
        return _pair(*moved_from.split(b",")[:2])
    value = _object(record.value)
    cause = value if value.get("type") == "journal.answered" else value.get("cause")
    if isinstance(cause, dict):
        return _pair(cause.get("partition"), cause.get("offset"))
    if record.header("derived") is not None:  # into its own partition: the id is type, partition, offset
        return _pair(*(record.header("ce_id") or b"").rsplit(b"-", 2)[1:])
    return None


def answers_of(records: Iterable[Record], owner: int) -> Answers:
    """What the answers of one partition tell about outputs that name no cause."""
    found: Answers = defaultdict(set)
    for record in records:
        cause, id_ = cause_of(record), record.header("ce_causationid")
        if cause is not None and cause[0] == owner and id_ is not None:
            found[id_].add(cause[1])
    return found


def causes_of(records: Iterable[Record], owner: int, answers: Answers) -> Causes:
    """Causes of the ledger's records among these that belong to one owner."""
    offsets, unknown = set[int](), 0
    for record in filter(of_ledger, records):
        cause = cause_of(record)
        if cause is not None:
            if cause[0] == owner:
                offsets.add(cause[1])
            continue
        told = answers.get(record.header("ce_causationid") or b"", set())
        offsets |= told
        unknown += not told
    return Causes(frozenset(offsets), unknown)


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        found = orjson.loads(value or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _pair(*given: Any) -> tuple[int, int] | None:
    try:
        partition, offset = (int(each) for each in given)
    except (TypeError, ValueError):
        return None
    return partition, offset
