"""Spans of days of the oracles: ISO texts, both ends inclusive, which compare as dates do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tests.oracles import fold
from tests.oracles.fold import Event, Facts

Days = tuple[str, str]
OPEN = "9999-12-31"


def lasting(facts: Facts, names: Iterable[str]) -> list[Event]:
    return [i for i in fold.held_names(facts, list(names)) if not fold.never(i)]


def days(i: Event) -> Days:
    last = OPEN if i.get("removed_on") is None else later(fold.first_without(i), -1)
    return i["recognised_on"], last


def on_day(i: Event, day: str) -> bool:
    return bool(days(i)[0] <= day <= days(i)[1])


def ends(first: str, last: str) -> tuple[str, str | None]:
    return first, None if last == OPEN else last


def later(day: str, by: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def joined(spans: Iterable[Days]) -> list[Days]:
    found: list[Days] = []
    for first, last in sorted(spans):
        if found and (found[-1][1] == OPEN or first <= later(found[-1][1], 1)):
            found[-1] = found[-1][0], max(found[-1][1], last)
        elif first <= last:
            found.append((first, last))
    return found


def common(one: Iterable[Days], other: list[Days]) -> list[Days]:
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other]
    return joined(span for span in both if span[0] <= span[1])


def without(spans: list[Days], taken: list[Days]) -> Iterable[Days]:
    """The days of `spans` that lie in none of `taken`."""
    for first, last in spans:
        for a, b in taken:
            if first <= last and a <= last and b >= first:
                if a > first:
                    yield first, later(a, -1)
                first = OPEN if b >= last else later(b, 1)
                last = "" if b >= last else last
        if first <= last:
            yield first, last
