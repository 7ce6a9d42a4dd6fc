"""Trials in flight: asked on `quote.requested`, answered on `quote.answered` by whoever owns the person's partition.

An answer from a state older than what this replica had seen committed *when it asked* is dropped: it would come from an
owner that has lost the partition (docs/adr on quotes). What is seen after the asking does not count: under load the
partition moves on while the answer travels.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from prometheus_client import Counter

_QUOTES = Counter("settlement_gateway_quotes", "Answers to trials by what became of them", ["result"])


class _Asked(NamedTuple):
    answered: asyncio.Future[dict[str, Any]]
    seen: dict[int, int]


class Quotes:
    """Waits for answers by `quote_id`. One event loop, no lock."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}
        self._seen: dict[int, int] = {}

    @property
    def waiting(self) -> int:
        return len(self._asked)

    def note_committed(self, partition: int, offset: int) -> None:
        """A record's answer was read: the owner's committed position is behind that record."""
        self._seen[partition] = max(self._seen.get(partition, 0), offset + 1)

    def note(self, body: dict[str, Any]) -> None:
        """One answer to a trial, perhaps of another replica."""
        position = body["position"]
        partition, offset = position["partition"], position["offset"]
        asked = self._asked.get(body["quote_id"])
        if asked is not None and offset < asked.seen.get(partition, 0):
            _QUOTES.labels("older").inc()
            return
        self._seen[partition] = max(self._seen.get(partition, 0), offset)
        if asked is not None and not asked.answered.done():
            asked.answered.set_result(body)

    def ask(self, quote_id: str) -> None:
        """Begin to wait, before the request is sent: what is seen from now on does not count against the answer."""
        self._asked[quote_id] = _Asked(asyncio.get_running_loop().create_future(), dict(self._seen))

    async def answer(self, quote_id: str, seconds: float) -> dict[str, Any] | None:
        """The answer, or None where none comes in time. Ends the waiting either way."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                found = await self._asked[quote_id].answered
        except TimeoutError:
            _QUOTES.labels("too_late").inc()
            return None
        finally:
            self.forget(quote_id)
        _QUOTES.labels("answered").inc()
        return found

    def forget(self, quote_id: str) -> None:
        """Nobody waits any more."""
        self._asked.pop(quote_id, None)
