"""The journal record that led to an output, as outputs name it."""

from __future__ import annotations

from typing import Any, NamedTuple

from workers.journal.record import time_text
from workers.log.port import Record

SOURCE = b"ledger"


class Cause(NamedTuple):
    """The journal record that is being folded, as outputs name it."""

    type: str
    partition: int
    offset: int
    stamp: int
    event_id: bytes
    time: bytes

    @classmethod
    def of(cls, record: Record, type_: str, stamp_ms: int) -> Cause:
        event_id = dict(record.headers).get("ce_id") or b"journal-%d-%d" % (record.partition, record.offset)
        time = time_text(stamp_ms).encode()
        return cls(type_, record.partition, record.offset, stamp_ms, event_id, time)

    def fields(self) -> dict[str, Any]:
        return {"type": self.type, "partition": self.partition, "offset": self.offset, "stamp": self.stamp}

    def headers(self, type_: str, id_: bytes) -> list[tuple[str, bytes]]:
        """CloudEvents headers of an output that this record caused."""
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", id_),
            ("ce_type", f"medassist.{type_}.v1".encode()),
            ("ce_source", SOURCE),
            ("ce_time", self.time),
            ("content-type", b"application/json"),
            ("ce_causationid", self.event_id),
        ]
