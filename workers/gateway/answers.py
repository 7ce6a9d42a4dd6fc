"""What the ledger answered, by the place of the record it answers; and who waits for it.

An answer may be read before its writer knows the place: answers are kept for a while, bounded. A record that the ledger
sent on to another key of the same person (`forwarded`) is answered where it went.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, Final

Place = tuple[int, int]
"""Journal partition and offset."""
FORWARDED: Final = "forwarded"


class Answers:
    """`note` and `moved` come from the tails, `wait` from the requests. One event loop, no lock."""

    def __init__(self, *, kept_max: int) -> None:
        self._kept_max = kept_max
        self._kept: OrderedDict[Place, dict[str, Any]] = OrderedDict()
        self._waiting: dict[Place, list[asyncio.Future[dict[str, Any]]]] = {}
        self._sent_on: OrderedDict[Place, Place] = OrderedDict()
        self._came_from: OrderedDict[Place, Place] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many places are waited for."""
        return len(self._waiting)

    def note(self, answer: dict[str, Any]) -> None:
        """One answer was read."""
        place = (answer["partition"], answer["offset"])
        _keep(self._kept, place, answer, self._kept_max)
        if answer["outcome"] != FORWARDED:
            self._tell(place, answer)

    def moved(self, from_place: Place, to_place: Place) -> None:
        """The record at `from_place` was sent on and lies at `to_place` now."""
        _keep(self._sent_on, from_place, to_place, self._kept_max)
        _keep(self._came_from, to_place, from_place, self._kept_max)
        answer = self._kept.get(to_place)
        if answer is not None and answer["outcome"] != FORWARDED:
            self._tell(to_place, answer)

    def kept(self, place: Place) -> dict[str, Any] | None:
        """The answer to the record at just this place, if it is remembered."""
        return self._kept.get(place)

    def of(self, place: Place) -> dict[str, Any] | None:
        """The answer to the record at a place, wherever it was sent; None while it is not known."""
        seen: set[Place] = set()
        while place not in seen:
            seen.add(place)
            answer = self._kept.get(place)
            if answer is None or answer["outcome"] != FORWARDED:
                return answer
            place = self._sent_on.get(place, place)
        return None

    async def wait(self, place: Place, seconds: float) -> dict[str, Any] | None:
        """The answer, or None where it does not come in time."""
        answer = self.of(place)
        if answer is not None or seconds <= 0:
            return answer
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(place, []).append(future)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            waiting = self._waiting.get(place, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(place, None)

    def _tell(self, place: Place, answer: dict[str, Any]) -> None:
        """Everybody who waits for this record, under every place it has had."""
        seen: set[Place] = set()
        here: Place | None = place
        while here is not None and here not in seen:
            seen.add(here)
            for future in self._waiting.pop(here, []):
                if not future.done():
                    future.set_result(answer)
            here = self._came_from.get(here)


def _keep(kept: OrderedDict[Place, Any], place: Place, value: Any, kept_max: int) -> None:
    kept[place] = value
    if len(kept) > kept_max:
        kept.popitem(last=False)
