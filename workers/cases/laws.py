"""Laws for the cases: the shipped one, and variants with another reading or figure, without the proofs of quotes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workers.cases.homes import Home, homes
from workers.cases.timeline import FOLDER, Timeline
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.county_lists import CountyLists, Stated
from workers.policy.instrument import Instrument
from workers.policy.law import Law
from workers.policy.loader import Loaded
from workers.policy.outside import adopted_figures
from workers.policy.schema import Rulebook
from workers.policy.types import Status, Verdict
from workers.policy.values import Model


class Books:
    """Rulebooks that cases are decided with; each timeline gets the law of its measure under its own readings."""

    def __init__(self, loaded: Iterable[Loaded]) -> None:
        self.loaded = tuple(loaded)
        self.homes: Mapping[str, Home] = homes(self.loaded)
        self._laws: dict[object, Law] = {}

    def of(self, measure: str) -> tuple[Loaded, ...]:
        """All revisions of a measure."""
        return tuple(each for each in self.loaded if each.book.measure == measure)

    def law(self, timeline: Timeline) -> Law:
        """The law that decides a timeline."""
        key = (timeline.measure, tuple(sorted(timeline.readings.items())), timeline.adopted, str(timeline.lists))
        if key not in self._laws:
            books = (with_readings(each.book, timeline.readings) for each in self.of(timeline.measure))
            self._laws[key] = law_of_all(books, self.of(timeline.measure), timeline.adopted, timeline.lists)
        return self._laws[key]

    def with_book(self, book: Rulebook) -> Books:
        """The same rulebooks with another content of one revision."""
        same = (book.measure, book.revision)
        return Books(
            each._replace(book=book) if (each.book.measure, each.book.revision) == same else each
            for each in self.loaded
        )


def books_of(folder: Path | None = None) -> Books:
    """The rulebooks of a folder, the shipped ones by default; RulebookError where they are not right."""
    return Books(each.loaded for each in load_adoption(build_adoption(folder)).instruments)


@lru_cache(maxsize=1)
def shipped_books() -> Books:
    return books_of()


def shipped(measure: str = "QN") -> Loaded:
    """The first revision of a shipped measure."""
    return shipped_books().of(measure)[0]


def measures() -> list[str]:
    return list(dict.fromkeys(each.book.measure for each in shipped_books().loaded))


def law_of(book: Rulebook, adopted: bool = False, lists: Stated | None = None) -> Law:
    """The law of one rulebook, with the sample figures of its folder where the section says that they are adopted."""
    return law_of_all([book], [shipped(book.measure)], adopted, lists)


def law_of_all(books: Iterable[Rulebook], loaded: Iterable[Loaded], adopted: bool, lists: Stated | None = None) -> Law:
    """The law of these revisions, with the lists of counties."""
    found = [each._replace(book=book) for each, book in zip(loaded, books, strict=True)]
    values = adopted_figures(found, sample_figures())[0] if adopted else {}
    ordered = CountyLists(lists)
    return Law([Instrument(each, values.get(each.book.measure), ordered) for each in found], "0" * 64, 1)


@lru_cache(maxsize=1)
def sample_figures() -> dict[str, Any]:
    """Figures made up for the examples; the documents they stand for are not in this repository."""
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("*/figures.toml")):
        found.update(tomllib.loads(path.read_text(encoding="utf-8")))
    return found


def with_readings(book: Rulebook, readings: Mapping[str, str]) -> Rulebook:
    """The rulebook with other readings chosen."""
    questions = tuple(each.model_copy(update={"chosen": readings.get(each.id, each.chosen)}) for each in book.question)
    return book.model_copy(update={"question": questions})


def changed(node: Any, path: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    """A copy of a model with the value at `path` changed."""
    if not path:
        return change(node)
    head, rest = path[0], path[1:]
    if isinstance(node, tuple):
        index = int(head)
        return (*node[:index], changed(node[index], rest, change), *node[index + 1 :])
    if not isinstance(node, Model):
        raise Usage(f"there is nothing of the name {head} in a rulebook")
    return node.model_copy(update={str(head): changed(getattr(node, str(head)), rest, change)})


def run(law: Law, timeline: Timeline) -> list[Verdict]:
    """The small fold: bills in arrival order, counters per year, everything else as finally known."""
    counters: dict[tuple[str, int], dict[str, int]] = {}
    verdicts = []
    person = law.foresee((row.bill for row in timeline.rows), timeline.person)
    for row in timeline.rows:
        key = law.benefit_key(row.bill, person)
        used = counters.setdefault(key, {}) if key is not None else {}
        verdict = law.decide(row.bill, person, used)
        if verdict.status is Status.NEEDS_PERSON and row.ordered is not None:
            verdict = law.ordered(row.bill, person, used, row.ordered)
        for name, amount in verdict.uses.items():
            used[name] = used.get(name, 0) + amount
        verdicts.append(verdict)
    return verdicts
