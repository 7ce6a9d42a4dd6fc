"""What the ledger writes into the journal itself, checked in an exported journal against what this engine would write.

Records of a partition's own (slices) stand behind their cause in the order of their writing. Records that were sent to
another partition name their cause (`moved_from`); an export may hold either of the two first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import NamedTuple

from schemas.events.header import MOVED_FROM
from workers.errors import Stop
from workers.log.port import Headers, Record


class Sent(NamedTuple):
    """A record that the ledger wrote into a partition of the journal."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


Said = tuple[bytes | None, bytes | None]
Cause = tuple[int, int]
Way = tuple[int, int, int]
"""Partition and offset of the cause, partition where the record stands."""


class Derived:
    """Pairs the derived records that stand in an export with those that the fold wanted to write."""

    def __init__(self) -> None:
        self._own: dict[int, deque[Said]] = defaultdict(deque)
        self._wanted: dict[Way, deque[Said]] = defaultdict(deque)
        self._standing: dict[Way, deque[tuple[Said, str]]] = defaultdict(deque)

    def wanted(self, partition: int, offset: int, sent: Sent) -> None:
        """The fold wrote this because of the record at `partition`, `offset`."""
        said = (sent.key, sent.value)
        if _cause(sent.headers) is None:
            self._own[partition].append(said)
        elif self._standing[way := (partition, offset, sent.partition)]:
            found, where = self._standing[way].popleft()
            _same(said, found, where)
        else:
            self._wanted[way].append(said)

    def stands(self, record: Record, where: str) -> None:
        """A derived record of the export; Stop where this engine would have written another."""
        said, cause = (record.key, record.value), _cause(record.headers)
        if cause is None:
            own = self._own[record.partition]
            _same(own.popleft() if own else None, said, where)
        elif self._wanted[way := (*cause, record.partition)]:
            _same(self._wanted[way].popleft(), said, where)
        else:
            self._standing[way].append((said, where))

    def end(self, next_offsets: list[int]) -> None:
        """After the last line: nothing derived may stand there whose cause was folded and did not want it.

        What is only wanted may lie behind the end of the export, and so may a cause.
        """
        for (partition, offset, _), left in self._standing.items():
            if left and offset < next_offsets[partition]:
                _same(None, *left[0])


def _cause(headers: Headers) -> Cause | None:
    found = dict(headers).get(MOVED_FROM)
    if found is None:
        return None
    partition, _, offset = found.partition(b",")
    return int(partition), int(offset)


def _same(wanted: Said | None, found: Said, where: str) -> None:
    if wanted != found:
        raise Stop(
            f"{where}: this record was derived by the ledger, but this engine and law would not have written it; adopt "
            "the engine before you replay"
        )
