"""One part of a what-if: the facts of some persons under today's law, then the draft adopted as it would be live.

Persons are independent of each other, so any split of them gives the same results; a part reads the whole file and
folds its own lines. The adoption is the real one: its sweep decides every bill again and posts the differences, so what
is counted here is what would happen. Everything lives in memory; there is no log to write to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import orjson

from workers.errors import Usage
from workers.policy.adoption import load_adoption
from workers.policy.law import Law
from workers.replay.engine import Engine
from workers.replay.lines import CONTROL_TOPICS, Line, adopts_by_itself, read_lines
from workers.settings import Settings
from workers.whatif.sides import Key, Result, Sides

Tell = Callable[[int], None]
"""Called with the number of lines read, now and then."""

TELL_EVERY = 500


class Job(NamedTuple):
    """What all parts share; `file` is read by each of them."""

    file: Path
    settings: Settings
    today: bytes | None  # adopted before the first line unless the file adopts; None: nothing is
    draft: bytes
    parts: int


class Part(NamedTuple):
    """What one part found. `refused` are line numbers; undecided bills are in `states` as (status, reason)."""

    today: dict[Key, Result]
    draft: dict[Key, Result]
    states: dict[Key, tuple[str, str]]
    states_draft: dict[Key, tuple[str, str]]
    recover: dict[Key, int]
    pay: dict[Key, int]
    persons: int
    refused: frozenset[int]
    in_force: bytes | None  # the law under which `today` was decided in the end


def run_part(job: Job, number: int, tell: Tell) -> Part:
    """Fold, adopt the draft, and give back both sides. Stop and Usage as `tuodi replay`."""
    sides: list[Sides] = []
    engine = Engine(job.settings, dev_keys=job.settings.person_key_file is None, keep=lambda each: sides[0](each))

    @lru_cache(maxsize=8)
    def law(hash_: str) -> Law:
        return load_adoption(engine.law_bytes(hash_))

    sides.append(Sides(job.settings.topic_prefix, law))
    found = sides[0]
    if job.today is not None and not adopts_by_itself(job.file):
        engine.adopt(job.today)
    engine.run(_mine(job, number, tell), job.today or job.draft)
    in_force = engine.in_force()
    _refuse_return(engine, job.draft, in_force)
    before = dict(_undecided(engine, found.today))
    found.turn()
    engine.adopt(job.draft)
    after = dict(_undecided(engine, {**found.today, **found.draft}))
    persons = sum(not group.startswith("!") for partition in engine.partitions for group in partition.store.groups())
    refused = frozenset(each.line for each in engine.refused)
    return Part(found.today, found.draft, before, after, found.recover, found.pay, persons, refused, in_force)


def _refuse_return(engine: Engine, draft: bytes, in_force: bytes | None) -> None:
    """A law that was in force before is not adopted again: its hash is known, so the ledger would answer `repeat`."""
    if draft != in_force and engine.has_adopted(draft):
        raise Usage(
            "the draft was in force before: adopting the same bytes again has no effect; give it a new revision"
        )


def _mine(job: Job, number: int, tell: Tell) -> Iterator[Line]:
    for count, line in enumerate(read_lines(job.file, job.settings.topic_prefix), start=1):
        if count % TELL_EVERY == 0:
            tell(count)
        if job.parts == 1 or line.topic in CONTROL_TOPICS or owner(line, job.parts) in (None, number):
            yield line


def owner(line: Line, parts: int) -> int | None:
    """The part that folds a line; None: every part (nobody's line, which changes no person's money)."""
    if line.place is not None:
        return line.place[0] % parts
    if line.value is None or b'"psn_no"' not in line.value:
        return None
    return crc32(line.key or b"") % parts


def _undecided(engine: Engine, decided: dict[Key, Result]) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Bills that no decision speaks of: held or waiting from the beginning."""
    for partition in engine.partitions:
        for person in partition.store.groups():
            for name, raw in partition.store.names(person) if not person.startswith("!") else ():
                if name.startswith("bill|"):
                    _, region, setl_id = name.split("|", 2)
                    key = (person, region, setl_id, "bill")
                    if key not in decided:
                        bill = orjson.loads(raw)
                        yield key, (bill["status"], bill["reason"])
