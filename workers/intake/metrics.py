"""What intake tells Prometheus. Labels are topics and closed reason codes; numbers are carried over once per batch."""

from __future__ import annotations

import time
from collections.abc import Mapping

from prometheus_client import Counter, Gauge

from workers.intake.passage import Counts

_INPUTS = Counter(
    "settlement_intake_records",
    "Events read, by topic: one a feed record but for platform messages that state several",
    ["topic"],
)
_ACCEPTED = Counter("settlement_intake_accepted", "Journal records that feed records became", ["topic"])
_DEAD = Counter("settlement_dead_letters", "Feed records that became dead letters", ["topic", "reason"])
_WARNED = Counter("settlement_intake_warnings", "Checks of platform messages not met", ["topic", "check"])
_LAG = Gauge("settlement_intake_lag_records", "Offsets between intake's position and the end of a feed", ["topic"])
_PROGRESS = Gauge("settlement_intake_last_progress_timestamp_seconds", "Unix time at which intake last moved")


def flush(counts: Counts) -> None:
    """Carry the numbers of a batch over and reset them; called once what they count is on the log."""
    for topic, number in counts.accepted.items():
        _INPUTS.labels(topic).inc(number)
        _ACCEPTED.labels(topic).inc(number)
    for (topic, reason), number in counts.refused.items():
        _INPUTS.labels(topic).inc(number)
        _DEAD.labels(topic, reason).inc(number)
    for (topic, check), number in counts.warned.items():
        _WARNED.labels(topic, check).inc(number)
    if counts.accepted or counts.refused:
        _PROGRESS.set(time.time())
    forget(counts)


def forget(counts: Counts) -> None:
    """Drop the numbers of a batch that is read again."""
    counts.accepted.clear()
    counts.refused.clear()
    counts.warned.clear()


def lag(by_topic: Mapping[str, int]) -> None:
    """Lag per feed in offsets, of the partitions this process owns."""
    for topic, offsets in by_topic.items():
        _LAG.labels(topic).set(offsets)
