"""Writing the lines: progress with an estimate on standard error, a digest of what was written."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from workers.progress import ProgressLine
from workers.simulate.year import Plan, simulate


class Summary(NamedTuple):
    """What was written."""

    seed: int
    persons: int
    year: int
    lines: int
    bytes: int
    sha256: str


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
