"""Partitions that are fenced over and over: each new life looks lively, none of them comes to a commit (design §5, 12).

Two owners that throw each other out, or a broker that answers every transaction with a code this client does not know:
the position stands still although a restore ends every few seconds, so the time is counted across lives.
"""

from __future__ import annotations

from workers.log.port import TopicPartition
from workers.runtime.clock import now


class Fencings:
    """Since when a partition of this process has been fenced without a commit in between. Times in seconds."""

    def __init__(self, apart_seconds: float) -> None:
        self._apart = apart_seconds
        """Two fencings that lie further apart than this have nothing to do with each other."""
        self._between: dict[TopicPartition, tuple[float, float]] = {}

    def note(self, source: TopicPartition) -> None:
        """The partition was fenced."""
        at = now()
        first, last = self._between.get(source, (at, at))
        self._between[source] = (first if at - last <= self._apart else at, at)

    def settled(self, source: TopicPartition) -> None:
        """It committed, or has nothing to do."""
        self._between.pop(source, None)

    def seconds(self, source: TopicPartition) -> float | None:
        """How long it has been so, or None where it is not."""
        first, last = self._between.get(source, (0.0, 0.0))
        at = now()
        return at - first if last and at - last <= self._apart else None
