"""How far a command is, for somebody who waits: nothing for two seconds, then one line on standard error.

A terminal has the line written anew every second. Elsewhere (a pipe, the log of a job) each report is a line of its
own, every ten seconds, so that it can be read afterwards.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TextIO, TypeVar

QUIET_SECONDS = 2.0
EVERY_SECONDS = 1.0
EVERY_SECONDS_IN_A_LOG = 10.0

Progress = Callable[[int, int], None]
"""Called with what is done and what there is in all, in one unit; as often as is convenient."""

Item = TypeVar("Item")


class ProgressLine:
    """Says `what: done of total, seconds left`; the total and the estimate only where the total is known.

    `start` is what was done before this run: it counts as done, but not for the estimate. `out` is standard error.
    """

    def __init__(self, what: str, start: int = 0, out: TextIO | None = None) -> None:
        self._what = what
        self._start = start
        self._out = out or sys.stderr
        self._terminal = self._out.isatty()
        self._every = EVERY_SECONDS if self._terminal else EVERY_SECONDS_IN_A_LOG
        self._began = time.monotonic()
        self._next = self._began + QUIET_SECONDS
        self._spoke = False

    def __call__(self, done: int, total: int | None = None) -> None:
        """Report; says nothing when it spoke a moment ago."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next, self._spoke = now + self._every, True
        line = f"{self._what}: {done:,}"
        if total is not None:
            left = (now - self._began) * (total - done) / max(1, done - self._start)
            line += f" of {total:,}, {left:,.0f} s left"
        self._out.write(f"\r{line}   " if self._terminal else f"{line}\n")
        self._out.flush()

    def over(self, items: Iterable[Item], total: int | None = None) -> Iterator[Item]:
        """Pass the items through and count them; the line ends with them."""
        for done, item in enumerate(items, start=1):
            yield item
            self(done, total)
        self.end()

    def end(self) -> None:
        """Let what is written next begin on a line of its own."""
        if self._spoke and self._terminal:
            self._out.write("\n")
        self._spoke = False
