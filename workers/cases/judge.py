"""All examples of a place, decided: the report of `tuodi cases run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from workers.cases.compare import Fault, faults
from workers.cases.laws import books_of
from workers.cases.timeline import FOLDER, read_all
from workers.errors import Usage


class Report(NamedTuple):
    files: int
    sections: int
    rows: int
    faults: tuple[Fault, ...]

    @property
    def summary(self) -> str:
        wrong = len(self.faults)
        return f"{self.files} 个文件，{self.sections} 个例子，{self.rows} 笔费用，不符 {wrong} 笔。"

    def as_object(self) -> dict[str, Any]:
        """For programs."""
        counts = {"files": self.files, "sections": self.sections, "rows": self.rows}
        return {"ok": not self.faults, **counts, "faults": [fault.as_object() for fault in self.faults]}


def judge(place: Path | None, rulebooks: Path | None) -> Report:
    """Decide and compare; Usage where a file is not in form or proves nothing."""
    books = books_of(rulebooks)
    where = FOLDER if place is None else place
    if not where.exists():
        raise Usage(f"{where} is not there; name the folder of the worked examples")
    timelines = read_all(where, books.homes)
    empty = next((each for each in timelines if not each.rows and not each.expected), None)
    if empty is not None:
        raise Usage(f"{empty.path}: section {empty.title!r} has no bill and so proves nothing")
    found = [fault for each in timelines for fault in faults(books.law(each), each)]
    rows = sum(len(each.rows) + len(each.expected) for each in timelines)
    return Report(len({each.path for each in timelines}), len(timelines), rows, tuple(found))
