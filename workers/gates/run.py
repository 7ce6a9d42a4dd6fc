"""All gates in a row, each with what it looked at and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workers.cases.laws import Books, law_of, shipped_books
from workers.cases.timeline import Timeline, read_all
from workers.errors import Usage
from workers.gates.coverage import uncovered
from workers.gates.enumerate import enumerate_all
from workers.gates.guard import unguarded
from workers.gates.impact import unsaid
from workers.gates.mutations import mutants
from workers.gates.register import entries, problems
from workers.policy.loader import Loaded


class Gate(NamedTuple):
    """One gate of one measure. `told` says what was looked at."""

    name: str
    told: str
    faults: tuple[str, ...]


def run_all(measure: str | None = None) -> Iterator[Gate]:
    """Every gate; Usage for a measure that does not exist. A rulebook that does not load is an error of its own."""
    books, timelines = shipped_books(), read_all()
    chosen = [each for each in books.loaded if measure in (None, each.book.measure)]
    if not chosen:
        raise Usage(f"there is no measure of that name; there are: {', '.join(b.book.measure for b in books.loaded)}")
    yield Gate("G1–G3", f"{len(chosen)} rulebooks load: form, days without gap or overlap, quotes and numbers", ())
    for loaded in chosen:
        for gate in (_standards, _guarded, _covered):
            yield gate(books, loaded, timelines)
    if measure is None:
        kept = entries(books, timelines)
        yield Gate("G6", f"{len(kept)} clauses answered for (docs/clauses.md)", tuple(problems(kept)))
        changed = unsaid()
        yield Gate("G8", "results of examples and frozen history are as stated", tuple(changed))


def _standards(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> Gate:
    law = law_of(loaded.book, adopted=True)
    found = enumerate_all(law, law.instruments[0])
    told = f"{loaded.book.measure}: {found.decisions} decisions, {len(found.standards)} standards"
    return Gate("G4", told, tuple(found.faults))


def _guarded(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> Gate:
    left, idle = unguarded(books, loaded, timelines)
    count = sum(1 for _ in mutants(loaded.book))
    return Gate("G5", f"{loaded.book.measure}: {count} faults, each noticed", tuple(map(str, left)) + tuple(idle))


def _covered(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> Gate:
    told = f"{loaded.book.measure}: {len(loaded.book.rule)} rules, {len(loaded.book.group)} classes seen both ways"
    return Gate("G6", told, tuple(uncovered(books, loaded, timelines)))
