"""Each rule and class of a revision is seen both to apply and not to apply by the examples of its own period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workers.cases.laws import Books, run
from workers.cases.timeline import Timeline
from workers.policy.loader import Loaded
from workers.policy.trace.expand import expand
from workers.policy.verbs.registry import IMPLEMENTED


class Seen(NamedTuple):
    """A rule or class with the clauses it carries out, and how many decisions it took part in, and how many not."""

    id: str
    clauses: tuple[str, ...]
    applied: int
    silent: int


def seen(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> list[Seen]:
    """All rules and classes of a revision, over the decisions that it governs."""
    book = loaded.book
    parts: dict[str, tuple[str, ...]] = {rule.id: rule.clauses for rule in book.rule}
    for group in book.group:
        parts[group.id] = tuple(dict.fromkeys(clause for identity in group.identity for clause in identity.clauses))
    applied, silent = dict.fromkeys(parts, 0), dict.fromkeys(parts, 0)
    matters = {rule.id for rule in book.rule if IMPLEMENTED[rule.do].plan is not None}
    for timeline in timelines:
        if timeline.measure != book.measure:
            continue
        _matters(timeline, {part: clauses for part, clauses in parts.items() if part in matters}, applied, silent)
        law = books.law(timeline)
        for verdict in run(law, timeline):
            if not verdict.measure or law.instrument(book.measure, verdict.benefit_date).book.revision != book.revision:
                continue
            left_out = {each.rule for each in expand(law, verdict).not_applied}
            for part in parts.keys() - matters:
                counted = silent if part in left_out else applied
                counted[part] += 1
    return [Seen(part, clauses, applied[part], silent[part]) for part, clauses in parts.items()]


def _matters(
    timeline: Timeline, rules: Mapping[str, tuple[str, ...]], applied: dict[str, int], silent: dict[str, int]
) -> None:
    """Rules about other matters than a bill's money: rows that want the matter, and rows that want none."""
    for row in timeline.expected:
        wanted = row.ordinary > 0 or row.event.startswith("应有")
        for rule, clauses in rules.items():
            if not set(clauses).isdisjoint(row.clauses):
                counted = applied if wanted else silent
                counted[rule] += 1


def uncovered(books: Books, loaded: Loaded, timelines: Iterable[Timeline]) -> list[str]:
    """What no example shows, one sentence each."""
    found = []
    for each in seen(books, loaded, timelines):
        missing = [name for name, count in (("applied", each.applied), ("left out", each.silent)) if not count]
        if missing:
            clauses = ", ".join(each.clauses)
            found.append(f"{loaded.file}: {each.id} ({clauses}) is never {' nor '.join(missing)} by an example")
    return found
