"""The journal record that led to an output, as outputs name it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from workers.journal.record import time_text
from workers.log.port import Record

_SPECVERSION, _SOURCE = ("ce_specversion", b"1.0"), ("ce_source", b"ledger")
_CONTENT_TYPE = ("content-type", b"application/json")
_CE_TYPES: dict[str, tuple[str, bytes]] = {}
"""Headers that are the same on every output, or on every one of a type: made once, since each output has seven."""


def _ce_type(type_: str) -> tuple[str, bytes]:
    known = _CE_TYPES.get(type_)
    if known is None:
        known = _CE_TYPES[type_] = ("ce_type", f"medassist.{type_}.v1".encode())
    return known


@lru_cache(maxsize=256)
def _ce_time(stamp_ms: int) -> tuple[str, bytes]:
    """Records that were appended together have one stamp."""
    return "ce_time", time_text(stamp_ms).encode()


class Cause(NamedTuple):
    """The journal record that is being folded, as outputs name it."""

    type: str
    partition: int
    offset: int
    stamp: int
    tail: tuple[tuple[str, bytes], ...]
    """The headers that all outputs of this record end with."""

    @classmethod
    def of(cls, record: Record, type_: str, headers: Mapping[str, bytes], stamp_ms: int) -> Cause:
        event_id = headers.get("ce_id") or b"journal-%d-%d" % (record.partition, record.offset)
        tail = (_SOURCE, _ce_time(stamp_ms), _CONTENT_TYPE, ("ce_causationid", event_id))
        return cls(type_, record.partition, record.offset, stamp_ms, tail)

    def fields(self) -> dict[str, Any]:
        return {"type": self.type, "partition": self.partition, "offset": self.offset, "stamp": self.stamp}

    def headers(self, type_: str, id_: bytes) -> list[tuple[str, bytes]]:
        """CloudEvents headers of an output that this record caused."""
        return [_SPECVERSION, ("ce_id", id_), _ce_type(type_), *self.tail]
