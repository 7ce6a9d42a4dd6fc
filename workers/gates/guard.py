"""Which examples guard which figure: every mutant of a rulebook must make at least one example fail."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from workers.cases.compare import fails
from workers.cases.laws import Books, changed
from workers.cases.timeline import Timeline
from workers.errors import Usage
from workers.gates.mutations import Mutant, line_of, mutants, place_of
from workers.policy.compiler import executable_findings
from workers.policy.loader import Loaded
from workers.policy.problems import RulebookError


class Survivor(NamedTuple):
    """A fault that no example notices."""

    file: str
    line: int
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.place}: {self.what}: no worked example notices it; write one"


class Equivalent(NamedTuple):
    """A fault that cannot change any result, and why; `equivalent.toml` lists them."""

    measure: str
    place: str
    what: str
    because: str


@lru_cache(maxsize=1)
def equivalents() -> tuple[Equivalent, ...]:
    text = (Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8")
    return tuple(Equivalent(**entry) for entry in tomllib.loads(text)["equivalent"])


class Guards:
    """The examples of one measure, the ones that failed last tried first."""

    def __init__(self, books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> None:
        self.books = books
        self.loaded = loaded
        self.timelines = [each for each in timelines if each.measure == loaded.book.measure]
        wrong = next((each for each in self.timelines if fails(books.law(each), each)), None)
        if wrong is not None:
            raise Usage(f"{wrong.path}: {wrong.title} fails already, so it guards nothing; see `tuodi cases run`")

    def _nearest_first(self, mutant: Mutant) -> list[Timeline]:
        """The examples that cite what is changed, then the others: the first that fails ends the search."""
        clauses: set[str] = set()
        node: Any = self.loaded.book
        for step in mutant.path:
            node = node[step] if isinstance(step, int) else getattr(node, step)
            clauses.update(getattr(node, "clauses", ()))
        return sorted(self.timelines, key=lambda each: (clauses.isdisjoint(each.cited), bool(each.readings)))

    def survivors(self, only: Iterable[Mutant] | None = None) -> Iterator[Survivor]:
        """Every mutant (or those of `only`) that no example notices."""
        for mutant in mutants(self.loaded.book) if only is None else only:
            if not self.notices(mutant):
                place = place_of(self.loaded.book, mutant.path)
                yield Survivor(self.loaded.file, line_of(self.loaded, mutant), place, mutant.what)

    def notices(self, mutant: Mutant) -> bool:
        """Whether an example fails; a rulebook that is refused at load is noticed too (but for its quotes)."""
        book = changed(self.loaded.book, mutant.path, lambda _: mutant.value)
        try:
            if executable_findings(self.loaded._replace(book=book)):
                return True
            books = self.books.with_book(book)
            for timeline in self._nearest_first(mutant):
                if fails(books.law(timeline), timeline):
                    self.timelines.remove(timeline)
                    self.timelines.insert(0, timeline)
                    return True
        except (RulebookError, LookupError, StopIteration):
            return True
        return False


def unguarded(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> tuple[list[Survivor], list[str]]:
    """What no example notices, without the faults that change nothing; and entries of that list that lead nowhere."""
    measure = loaded.book.measure
    excused = [each for each in equivalents() if each.measure == measure]
    left: list[Survivor] = []
    used: set[Equivalent] = set()
    for survivor in Guards(books, loaded, timelines).survivors():
        fits = [each for each in excused if each.place == survivor.place and fnmatchcase(survivor.what, each.what)]
        used.update(fits)
        if not fits:
            left.append(survivor)
    idle = [f"equivalent.toml: {each.measure} {each.place}: {each.what}" for each in excused if each not in used]
    return left, idle
