"""Clause × period: which clauses of a measure have rules and worked examples while a revision holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from schemas.facts.table import Clause, load
from workers.cases.laws import Books, books_of
from workers.cases.timeline import FOLDER, Timeline, read_all
from workers.errors import Usage
from workers.gates.register import rules_by_clause
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.instrument import Instrument
from workers.policy.law import Law


class Covered(NamedTuple):
    """One clause while one revision holds: what carries it out, and how many rows of examples prove it there."""

    clause: str
    sw: str
    words: str
    rules: tuple[str, ...]
    rows: int

    @property
    def state(self) -> str:
        """`proved`, `unproved` (rules without examples), `no_rule`."""
        return "proved" if self.rules and self.rows else "unproved" if self.rules else "no_rule"


class Period(NamedTuple):
    """One revision with its clauses."""

    measure: str
    doc_no: str
    revision: str
    since: date
    until: date
    clauses: tuple[Covered, ...]

    def as_object(self) -> dict[str, Any]:
        """As plain JSON values."""
        clauses = [each._asdict() | {"state": each.state} for each in self.clauses]
        return self._asdict() | {"since": str(self.since), "until": str(self.until), "clauses": clauses}


def coverage(folder: Path | None = None, cases: Path = FOLDER, measure: str | None = None) -> list[Period]:
    """All revisions under a folder (default: the shipped rulebooks) with all clauses of their measures."""
    if not cases.is_dir():
        raise Usage(f"{cases}: no worked examples here; name their folder with --cases (tests/cases of the project)")
    law, books = load_adoption(build_adoption(folder)), books_of(folder)
    if measure is not None and measure not in law.measures:
        raise Usage(f"there is no measure of that name; there are: {', '.join(law.measures)}")
    timelines = read_all(cases)
    chosen = [each for each in law.instruments if measure in (None, each.measure)]
    return [_period(each, law, books, timelines) for each in chosen]


def _period(instrument: Instrument, law: Law, books: Books, timelines: Iterable[Timeline]) -> Period:
    book = instrument.book
    rules = rules_by_clause(Books(each for each in books.of(book.measure) if each.book.revision == book.revision))
    rows: dict[str, int] = {}
    for clause in _cited(instrument, law, timelines):
        rows[clause] = rows.get(clause, 0) + 1
    clauses = tuple(
        Covered(name, clause.sw, _words(clause), tuple(rules.get(name, ())), rows.get(name, 0))
        for name, clause in load().clauses.items()
        if name.startswith(f"{book.measure}-")
    )
    table = book.instrument
    return Period(book.measure, table.doc_no, book.revision, instrument.in_force, instrument.last_day, clauses)


def _cited(instrument: Instrument, law: Law, timelines: Iterable[Timeline]) -> Iterator[str]:
    """Clauses of the rows that this revision decides, or would be the nearest to decide."""
    for timeline in timelines:
        for row in timeline.rows if timeline.measure == instrument.measure else ():
            if law.instrument(instrument.measure, instrument.benefit_date(row.bill)) is instrument:
                yield from row.clauses
        if timeline.measure == instrument.measure and timeline.expected:
            if law.instrument(instrument.measure, _last_day(timeline)) is instrument:
                for expected in timeline.expected:
                    yield from expected.clauses


def _last_day(timeline: Timeline) -> date:
    """The day that the rows about other matters than bills come down to: the last one that anything states."""
    told = timeline.told
    days = [each.paid_on for each in told.premiums] + [each.admitted_on for each in told.admissions]
    days += [each.performed_on for each in told.checkups] + [each.recognised_on for each in timeline.identities]
    days += [row.bill.discharged_on for row in timeline.rows] + ([] if told.closed is None else [told.closed])
    return max(days, default=date.max)


def _words(clause: Clause) -> str:
    return f"{clause.place} {clause.quote}"


STATES = {"proved": "有规则、有样例", "unproved": "有规则、没有样例", "no_rule": "没有规则"}


def as_text(periods: Iterable[Period], *, every: bool) -> str:
    """A page for a clerk: sums by revision, then the clauses that are not proved (or every one)."""
    lines: list[str] = []
    for period in periods:
        until = "起" if period.until == date.max else f"至 {period.until}"
        counts = {state: sum(each.state == state for each in period.clauses) for state in STATES}
        told = "，".join(f"{STATES[state]} {count} 条" for state, count in counts.items())
        lines += [f"{period.measure} {period.doc_no}（{period.revision}） 自 {period.since} {until}：{told}"]
        for each in period.clauses:
            if every or each.state == "unproved":
                rules = "、".join(each.rules) or "–"
                lines.append(f"  {each.clause:<12} {STATES[each.state]}  样例 {each.rows} 行  {rules}  {each.words}")
    return "\n".join(lines)
