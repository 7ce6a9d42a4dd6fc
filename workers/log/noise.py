"""Log lines of the Kafka client that are its normal work, taken out one kind at a time, counted, never by silencing.

A transaction that follows another at once meets the markers of the one before; the client logs each retry as a warning.
At 200 transactions a second that hides every real warning. And while a broker is away, each of a dozen clients says so
ten times a second: the first of a kind passes, then one every few seconds that tells how many were left out.
"""

from __future__ import annotations

import logging
import time
from collections import Counter

from aiokafka import errors

_REPEAT_S = 5.0

# Message templates of aiokafka 0.14.0 that a broker which is away produces without end.
_AWAY = (
    "Unable connect to node with id",
    "Unable to update metadata from",
    "Failed fetch messages from",
    "Heartbeat send request failed",
    "Cannot send %r to %s",
    "Could not send %r",
    "Got error produce response: %s",
    "Group Coordinator Request failed",
)
_LOGGERS = (
    "aiokafka",
    "aiokafka.producer.sender",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
)


class NoiseFilter(logging.Filter):
    """Drops the known kinds below and counts them in `dropped`; everything else passes."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: Counter[str] = Counter()
        self._said: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if not isinstance(record.msg, str):
            return True
        kind = _normal_work(record)
        if kind is not None:
            self.dropped[kind] += 1
            return False
        away = next((template for template in _AWAY if record.msg.startswith(template)), None)
        return away is None or self._is_due(away, record)

    def _is_due(self, template: str, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        last = self._said.get(template)
        if last is not None and now - last < _REPEAT_S:
            self._left_out[template] += 1
            self.dropped[template] += 1
            return False
        self._said[template] = now
        left_out = self._left_out.pop(template, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more of this kind left out)", ()
        return True


def _normal_work(record: logging.LogRecord) -> str | None:
    if record.levelno > logging.WARNING:
        return None
    arguments = record.args if isinstance(record.args, tuple) else ()
    if record.msg.startswith("Got error produce response on topic-partition"):
        # Kafka 4 answers an old client so while the transaction before it is still being marked (KIP-890).
        if errors.NotEnoughReplicasError in arguments or errors.ConcurrentTransactions in arguments:
            return "waiting for transaction markers"
    if record.msg.startswith("Heartbeat failed for group %s because it is rebalancing"):
        return "rebalance seen by heartbeat"
    return None


NOISE = NoiseFilter()


def quieten() -> None:
    """Install the filter; calling it again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(NOISE)
