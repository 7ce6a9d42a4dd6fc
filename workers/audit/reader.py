"""A6: what a read_committed reader wrote down while it all happened must be the list that stands there now.

The file has one line per decision it was given: `{"topic": …, "partition": n, "offset": n, "decision_id": …}`, in the
order of arrival. Memory: 24 bytes per line.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from pathlib import Path

import orjson

from workers.audit.findings import Findings
from workers.audit.source import AuditError, short

TOPIC = "assistance.decided"


class Seen:
    """The reader's list, compared record by record with the log."""

    def __init__(self, file: Path, prefix: str) -> None:
        self._offsets: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._ids: dict[int, bytearray] = defaultdict(bytearray)
        self._next: dict[int, int] = defaultdict(int)
        with file.open("rb") as lines:
            for number, raw in enumerate(lines, start=1):
                if raw.strip():
                    self._take(raw, f"{file.name}:{number}", prefix)

    def _take(self, raw: bytes, where: str, prefix: str) -> None:
        try:
            line = orjson.loads(raw)
            if short(line["topic"], prefix) == TOPIC:
                partition = int(line["partition"])
                self._offsets[partition].append(int(line["offset"]))
                self._ids[partition] += _mark(line["decision_id"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            raise AuditError(f"{where}: not a line of a reader's list") from None

    def compare(self, partition: int, offset: int, decision_id: str, findings: Findings) -> None:
        """The next decision of the log; the reader must have been given the same one at this place."""
        where, at = f"{TOPIC}[{partition}]@{offset}", self._next[partition]
        offsets = self._offsets[partition]
        while at < len(offsets) and offsets[at] < offset:
            findings.add(
                "A6", f"{TOPIC}[{partition}]@{offsets[at]}", "the reader saw a record that is not there, or again"
            )
            at += 1
        if at == len(offsets) or offsets[at] > offset:
            findings.add("A6", where, "the reader did not see this decision")
        else:
            same = self._ids[partition][16 * at : 16 * at + 16] == _mark(decision_id)
            findings.unless(same, "A6", where, "the reader saw another decision here")
            at += 1
        self._next[partition] = at

    def close(self, partition: int, findings: Findings) -> None:
        for offset in self._offsets[partition][self._next[partition] :]:
            findings.add("A6", f"{TOPIC}[{partition}]@{offset}", "the reader saw a record that is not there, or again")


def _mark(decision_id: str) -> bytes:
    return hashlib.blake2b(decision_id.encode(), digest_size=16).digest()
