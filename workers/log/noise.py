"""Log lines of the Kafka client that are its normal work, taken out one kind at a time, counted, never by silencing.

A transaction that follows another at once meets the markers of the one before; the client logs each retry as a warning
(reading/aiokafka 0.14.0: `producer/sender.py`). At 200 transactions a second that hides every real warning.
"""

from __future__ import annotations

import logging
from collections import Counter

from aiokafka import errors


class NoiseFilter(logging.Filter):
    """Drops exactly the retries below and counts them in `dropped`; everything else passes."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        kind = _kind(record)
        if kind is None:
            return True
        self.dropped[kind] += 1
        return False


def _kind(record: logging.LogRecord) -> str | None:
    if record.levelno > logging.WARNING or not isinstance(record.msg, str):
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
    for name in ("aiokafka.producer.sender", "aiokafka.consumer.group_coordinator"):
        logging.getLogger(name).addFilter(NOISE)
