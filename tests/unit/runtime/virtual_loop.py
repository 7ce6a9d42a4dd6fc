"""An event loop whose clock is turned by hand: waiting costs nothing, and the same seed gives the same schedule."""

from __future__ import annotations

import asyncio
import selectors
from typing import Any


class _InstantSelector(selectors.SelectSelector):
    """Instead of waiting, moves the loop's clock."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("every task waits and no timer runs: the simulated program is stuck")
        self.loop.elapsed += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and moves only when nothing else is left to do."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        selector = _InstantSelector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.elapsed
