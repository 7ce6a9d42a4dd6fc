"""Records on their way between the keys of one person (docs/records.md §10): forwarded ones, and those of a move.

They keep their place (`arrival`), name the keys they have passed (`via`) and the record that sent them (`moved_from`:
partition and offset), so that replay in place can check them against what the fold would have sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from schemas.events.header import ARRIVAL, DERIVED, KEY_VERSION, MOVED_FROM, VIA
from workers.entitlement.alias import VIA_MAX, Alias
from workers.entitlement.outcome import Move
from workers.entitlement.records import Arrival, MovedBill, MovedRest, PersonRecord, Transfer
from workers.journal.record import canonical_json
from workers.ledger.cause import Cause
from workers.log.port import Headers, Record

Via = tuple[str, ...]


def via_of(headers: Mapping[str, bytes]) -> Via:
    """Keys a record has passed, the first one first."""
    kept = headers.get(VIA)
    return tuple(kept.decode().split(",")) if kept else ()


def next_key(alias: Alias, record: PersonRecord, via: Via) -> str | None:
    """Where a record goes from here, or None: it belongs here, or has been there (`is_return`)."""
    if isinstance(record, Transfer):
        return None
    if isinstance(record, MovedBill | MovedRest) and (record.returns or alias.has_come(record.from_key, record.serial)):
        return None
    if alias.to is not None:
        return None if is_return(alias, via) else alias.to
    if isinstance(record, MovedBill | MovedRest):
        return None
    return next((key for key in via if key not in alias.absorbed), None)  # split off while it was on its way


def is_return(alias: Alias, via: Via) -> bool:
    """Two keys point to each other: the record stays where that is noticed, and an officer hears of it."""
    return alias.to is not None and (alias.to in via or len(via) >= VIA_MAX)


def forwarded(record: Record, cause: Cause, to_key: str, via: Via, arrival: Arrival) -> tuple[bytes, Headers]:
    """Value and headers of the same statement under another key."""
    fields: dict[str, Any] = orjson.loads(record.value or b"")
    fields["person_key"] = to_key
    headers = _headers(cause, cause.type, b"forwarded-%d-%d" % (cause.partition, cause.offset))
    headers.append((ARRIVAL, b"%d,%d,%d" % arrival))
    if via:
        headers.append((VIA, ",".join(via).encode()))
    version = record.header(KEY_VERSION)
    if version is not None:
        headers.append((KEY_VERSION, version))
    return canonical_json(fields), headers


def moved(move: Move, cause: Cause, number: int) -> tuple[bytes, Headers]:
    """Value and headers of one record of a move; `number` counts them from 0."""
    value = canonical_json({"type": move.type, "version": 1, "person_key": move.to_key, **move.fields})
    headers = _headers(cause, move.type, b"moved-%d-%d-%d" % (cause.partition, cause.offset, number))
    if move.arrival is not None:
        headers.append((ARRIVAL, b"%d,%d,%d" % move.arrival))
    return value, headers


def _headers(cause: Cause, type_: str, id_: bytes) -> list[tuple[str, bytes]]:
    sent_by = b"%d,%d" % (cause.partition, cause.offset)
    return [*cause.headers(type_, id_), (DERIVED, b"1"), (MOVED_FROM, sent_by)]
