"""`watch`: what should have happened by now, in a person's facts or in a city's; QN-1.1d, HS-3.3b, JY-7.4a, LZ-29b."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from workers.policy.dates import ONE_DAY, month_end, months_before
from workers.policy.matters.holding import Holdings, Interval, joined, open_end, own_name
from workers.policy.matters.places import Places, validity
from workers.policy.matters.plan import City, Plan
from workers.policy.matters.situation import Situation
from workers.policy.matters.wanted import Alert, Flag, Matter
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import Watch

MONTHS_MAX = 24
"""Months back from the closed date for which a missing list is still reported."""
Dated = tuple[date, Matter]
"""A matter and the first day whose close it needs."""


def plan_watch(rule: Watch, context: Context) -> Plan:
    if rule.matter == "list_missing":
        return Plan(of_city=_lists(rule, context))
    if rule.matter == "expiry_near":
        return Plan(of_city=_expiry(rule, context))
    return _dated(_pending(rule, context) if rule.matter == "approval_pending" else _not_enrolled(rule, context))


def _dated(find: Callable[[Situation], Iterable[Dated]]) -> Plan:
    """Matters that wait for the close of a day: those that are due, and the next day to look at."""

    def wanted(situation: Situation) -> list[Matter]:
        closed = situation.closed or date.min
        return [matter for day, matter in find(situation) if day <= closed]

    def look_on(situation: Situation) -> date | None:
        closed = situation.closed or date.min
        return min((day for day, _ in find(situation) if day > closed), default=None)

    return Plan(of_person=wanted, look_on=look_on)


def _pending(rule: Watch, context: Context) -> Callable[[Situation], Iterator[Dated]]:
    """Entered and not approved when the day of entry, or some days after it, is closed."""
    holdings, places, measure = Holdings(context), Places(context), context.book.measure
    days: int = context.figures.get(rule.figure, 0) if rule.figure is not None else 0

    def find(situation: Situation) -> Iterator[Dated]:
        for each in holdings.of(situation.person):
            entered = each.identity.entered_on
            county = places.of(each.identity, situation)
            if entered is None or each.identity.approved_on is not None or county is None:
                continue
            yield (
                entered + timedelta(days=days),
                Alert(
                    key=f"{rule.id}:{own_name(each.identity)}:{entered.isoformat()}", kind="approval_pending",
                    measure=measure, year=entered.year, county=county or None, clauses=rule.clauses,
                    details={"identity": each.name, "entered_on": entered.isoformat()},
                ),
            )  # fmt: skip

    return find


def _not_enrolled(rule: Watch, context: Context) -> Callable[[Situation], Iterator[Dated]]:
    """Days with an identity and without insurance; each unbroken time is one flag, from its first day on."""
    extra = {name: each.name for each in rule.identities for name in (each.name, *each.aliases)}
    holdings, places, measure = Holdings(context, extra=extra), Places(context), context.book.measure
    insutypes = frozenset(rule.insutypes)

    def find(situation: Situation) -> Iterator[Dated]:
        held = [
            (Interval(each.first, each.last), county)
            for each in holdings.of(situation.person)
            for county in (places.of(each.identity, situation),)
            if county is not None
        ]
        enrolled = [
            Interval(each.registered_on, each.last_day or date.max)
            for each in situation.person.enrolments
            if each.insutype in insutypes
        ]
        begun = situation.closed is None
        for gap in without(joined(each for each, _ in held), joined(enrolled)):
            county = next(county for each, county in held if each.first <= gap.last and gap.first <= each.last)
            recognised = any(each.first == gap.first for each, _ in held)
            flag = Flag(
                key=f"{rule.id}:{measure}:{gap.first.isoformat()}", kind="not_enrolled", measure=measure,
                county=county or None, first_day=gap.first, last_day=open_end(gap.last), clauses=rule.clauses,
            )  # fmt: skip
            # who is recognised without insurance is flagged at once where no date has been closed yet
            yield (date.min if begun and recognised else gap.first - ONE_DAY), flag

    return find


def without(days: list[Interval], taken: list[Interval]) -> Iterator[Interval]:
    """The days of some intervals that lie in none of the others; both lists are joined and in order."""
    for each in days:
        first = each.first
        for other in taken:
            if other.last < first or other.first > each.last:
                continue
            if other.first > first:
                yield Interval(first, other.first - ONE_DAY)
            if other.last >= each.last:
                first = date.max
                break
            first = other.last + ONE_DAY
        if first <= each.last and first != date.max:
            yield Interval(first, each.last)


def _lists(rule: Watch, context: Context) -> Callable[[City], Iterator[Alert]]:
    """Who has sent a monthly list once sends one for every later month by its end (按月)."""
    counties, measure = frozenset(context.book.place.counties), context.book.measure

    def alerts(city: City) -> Iterator[Alert]:
        known = {(source, county) for source, county, _ in city.lists if county in counties}
        for source, county in sorted(known):
            months = {month for by, at, month in city.lists if (by, at) == (source, county)}
            for month in _months(min(months), city.closed):
                if month not in months:
                    yield Alert(
                        key=f"{rule.id}:{source}:{county}:{month}", kind="list_missing", measure=measure,
                        year=int(month[:4]), county=county, clauses=rule.clauses,
                        details={"source": source, "list_month": month},
                    )  # fmt: skip

    return alerts


def _months(first: str, closed: date) -> Iterator[str]:
    """Months from `first` on that are wholly closed, the newest `MONTHS_MAX` of them."""
    last = closed if closed == month_end(closed) else closed.replace(day=1) - ONE_DAY
    for back in range(MONTHS_MAX - 1, -1, -1):
        month = months_before(last.replace(day=1), back).isoformat()[:7]
        if month >= first:
            yield month


def _expiry(rule: Watch, context: Context) -> Callable[[City], Iterator[Alert]]:
    valid, measure = validity(context), context.book.measure
    months = 0 if rule.within is None else rule.within.value

    def alerts(city: City) -> Iterator[Alert]:
        if valid.last != date.max and months_before(valid.last, months) <= city.closed <= valid.last:
            yield Alert(
                key=f"{rule.id}:{measure}:{valid.last.isoformat()}", kind="expiry", measure=measure,
                year=valid.last.year, clauses=rule.clauses, details={"last_day": valid.last.isoformat()},
            )  # fmt: skip

    return alerts
