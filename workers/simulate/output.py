"""Writing the lines: progress with an estimate on standard error, a digest of what was written."""

from __future__ import annotations

import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workers.simulate.year import Plan, simulate

_QUIET_S = 2.0
_EVERY_S = 1.0


class Summary(NamedTuple):
    """What was written."""

    seed: int
    persons: int
    year: int
    lines: int
    bytes: int
    sha256: str


class ProgressLine:
    """One line on standard error, after two seconds and then once a second, with the time that is left.

    `start` is what was done before this run: it counts as done, but not for the estimate.
    """

    def __init__(self, what: str, start: int = 0) -> None:
        self._what = what
        self._start = start
        self._began = self._said = time.monotonic()
        self._spoke = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._began < _QUIET_S or now - self._said < _EVERY_S:
            return
        self._said, self._spoke = now, True
        left = (now - self._began) * (total - done) / max(1, done - self._start)
        sys.stderr.write(f"\r{self._what}: {done:,} of {total:,}, {left:,.0f} s left   ")
        sys.stderr.flush()

    def end(self) -> None:
        if self._spoke:
            sys.stderr.write("\n")
            self._spoke = False


def write(plan: Plan, out: Path | None) -> Summary:
    """Write the plan to a file (under a temporary name until it is complete) or to standard output."""
    if out is None:
        return _pour(plan, sys.stdout.buffer)
    unfinished = out.with_name(out.name + ".part")
    with unfinished.open("wb", buffering=1 << 20) as file:
        summary = _pour(plan, file)
    unfinished.replace(out)
    return summary


def _pour(plan: Plan, target: BinaryIO) -> Summary:
    progress = ProgressLine("persons")
    digest, count, size = sha256(), 0, 0
    for line in simulate(plan, progress):
        if count == 0:
            progress.end()
        data = line + b"\n"
        target.write(data)
        digest.update(data)
        count += 1
        size += len(data)
    target.flush()
    return Summary(plan.seed, plan.persons, plan.year, count, size, digest.hexdigest())
