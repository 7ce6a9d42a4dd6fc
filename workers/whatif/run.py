"""A what-if from files to answer: laws first, then the parts side by side in processes, with progress."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import SynchronizedArray
from pathlib import Path
from typing import TextIO

from schemas.whatif import WhatIf
from workers.policy.adoption import load_adoption
from workers.policy.diff import differences
from workers.policy.law import ENGINE, Law
from workers.progress import ProgressLine
from workers.settings import Settings
from workers.whatif.compare import Given, answer
from workers.whatif.part import Job, Part, run_part

LOOK_SECONDS = 1.0
"""How often the parts are asked how far they are."""
PARTS_MAX = 8
JOINED = (b"person_merged", b"person_split", b"person.transferred", b"moved_from")
"""A file in which persons move from key to key, or one partition writes into another, is not split: both must meet."""


def what_if(
    file: Path, settings: Settings, today: bytes | None, draft: bytes, *, parts: int | None = None,
    progress: TextIO | None = None, name: str | None = None,
) -> WhatIf:  # fmt: skip
    """The facts of a file under the law in force at its end, and under the draft.

    `today` is adopted first where the file adopts nothing (None: then nothing is in force). `parts` are processes
    (default: one a core); the answer does not depend on them.

    RulebookError where a law does not load, Usage where the file cannot be read, Stop as `tuodi replay`.
    """
    load_adoption(draft)
    lines, joined = _survey(file)
    chosen = 1 if joined else max(1, min(parts or cores(), PARTS_MAX))
    job = Job(file, settings, today, draft, chosen)
    said = None if progress is None else ProgressLine("whatif, lines", out=progress)

    def told(counts: Sequence[int]) -> None:
        if said is not None:
            said(sum(counts), lines * chosen)

    found = _alone(job, told) if chosen == 1 else _together(job, told)
    if said is not None:
        said.end()
    law_today, law_draft = _law(found[0].in_force), load_adoption(draft)
    given = Given(name or str(file), lines, law_today, law_draft, differences(law_today, law_draft))
    return answer(given, found)


def _law(data: bytes | None) -> Law:
    return Law((), "", ENGINE) if data is None else load_adoption(data)


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _survey(file: Path) -> tuple[int, bool]:
    """Lines of the file, and whether persons move in it."""
    count, joined = 0, False
    with file.open("rb") as source:
        for raw in source:
            count += 1
            joined = joined or any(mark in raw for mark in JOINED)
    return count, joined


def _alone(job: Job, told: Callable[[Sequence[int]], None]) -> list[Part]:
    return [run_part(job, 0, lambda done: told((done,)))]


_COUNTS: SynchronizedArray[int] | None = None


def _begin(counts: SynchronizedArray[int]) -> None:
    """Runs in each process of the pool."""
    global _COUNTS  # the only way to hand shared memory to a process of a pool
    _COUNTS = counts


def _work(job: Job, number: int) -> Part:
    def tell(done: int) -> None:
        assert _COUNTS is not None  # noqa: S101
        _COUNTS[number] = done

    return run_part(job, number, tell)


def _together(job: Job, told: Callable[[Sequence[int]], None]) -> list[Part]:
    context = multiprocessing.get_context("spawn")  # no copy of open files, loops or threads
    counts = context.Array("q", job.parts)
    with ProcessPoolExecutor(job.parts, mp_context=context, initializer=_begin, initargs=(counts,)) as pool:
        waiting: set[Future[Part]] = set()
        futures = [pool.submit(_work, job, number) for number in range(job.parts)]
        waiting.update(futures)
        while waiting:
            _, waiting = wait(waiting, timeout=LOOK_SECONDS)
            told([counts[number] for number in range(job.parts)])
        return [future.result() for future in futures]
