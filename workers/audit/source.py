"""Where the audit reads: records of one partition in offset order, from a cluster or from a folder of NDJSON files.

A folder holds files `*.ndjson` with one record a line, as `tuodi export` writes them: `{"topic": short or full name,
"key": text, "headers": {name: text}, "value": object or text | "value_base64": …, "partition": n, "offset": n,
"timestamp": ms}`; a line `{"topic", "partition", "begin", "end", "last_stable"}` states the ends of a partition.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson

SUFFIX = ".v1"


class AuditError(Exception):
    """The audit cannot be carried out as asked: a missing topic, an unreadable file."""


class Rec(NamedTuple):
    """One record as the audit sees it; `timestamp` is in ms."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    def header(self, name: str) -> str | None:
        found = None
        for key, value in self.headers:
            if key == name:
                found = value.decode("utf-8", "replace")
        return found


class Ends(NamedTuple):
    """Offsets of a partition: first kept, high watermark, last stable offset."""

    begin: int
    high: int
    stable: int


class Source(Protocol):
    """Topics by their short names."""

    async def partitions(self, topic: str) -> int:
        """Number of partitions, 0 where the topic does not exist."""
        ...

    async def ends(self, topic: str, partition: int) -> Ends: ...
    def read(self, topic: str, partition: int) -> AsyncIterator[Rec]:
        """All committed records from the first kept one to the last stable offset as it was when reading began."""
        ...

    async def close(self) -> None: ...


def short(topic: str, prefix: str) -> str:
    """`medassist.settlement.reported.v1.dlq` → `settlement.reported.dlq`; short names stay."""
    dlq = ".dlq" if topic.endswith(".dlq") else ""
    name = topic.removesuffix(".dlq").removeprefix(f"{prefix}.").removesuffix(SUFFIX)
    return name + dlq


class FolderSource:
    """A folder of exported records. Everything is read again for each partition: for tests and small exports."""

    def __init__(self, folder: Path, prefix: str) -> None:
        if not folder.is_dir():
            raise AuditError(f"{folder}: no such folder")
        self._records: dict[tuple[str, int], list[Rec]] = {}
        self._ends: dict[tuple[str, int], Ends] = {}
        for file in sorted(folder.glob("*.ndjson")):
            with file.open("rb") as lines:
                for number, raw in enumerate(lines, start=1):
                    if raw.strip():
                        self._take(raw, f"{file.name}:{number}", prefix)
        for records in self._records.values():
            records.sort(key=lambda record: record.offset)

    def _take(self, raw: bytes, where: str, prefix: str) -> None:
        try:
            line = orjson.loads(raw)
            place = short(line["topic"], prefix), int(line["partition"])
            if "end" in line:
                self._ends[place] = Ends(int(line["begin"]), int(line["end"]), int(line["last_stable"]))
            else:
                self._records.setdefault(place, []).append(record_of(line))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise AuditError(f"{where}: not a line of an export (topic, partition, offset, key, value)") from None

    async def partitions(self, topic: str) -> int:
        places = [*self._records, *self._ends]
        return max((partition + 1 for name, partition in places if name == topic), default=0)

    async def ends(self, topic: str, partition: int) -> Ends:
        stated = self._ends.get((topic, partition))
        records = self._records.get((topic, partition), [])
        high = records[-1].offset + 1 if records else 0
        return stated or Ends(records[0].offset if records else 0, high, high)

    async def read(self, topic: str, partition: int) -> AsyncIterator[Rec]:
        for record in self._records.get((topic, partition), []):
            yield record

    async def close(self) -> None:
        self._records.clear()


def record_of(line: dict[str, Any]) -> Rec:
    """A record from its line; KeyError, TypeError or ValueError where it is none."""
    headers = tuple((str(name), str(text).encode()) for name, text in (line.get("headers") or {}).items())
    key = line.get("key")
    return Rec(
        int(line["partition"]),
        int(line["offset"]),
        int(line.get("timestamp", 0)),
        None if key is None else str(key).encode(),
        _value(line),
        headers,
    )


def _value(line: dict[str, Any]) -> bytes | None:
    if "value_base64" in line:
        return base64.b64decode(line["value_base64"], validate=True)
    value = line["value"]
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


log = logging.getLogger("tuodi.audit")
