"""A county year as lines in order of arrival: everybody's lives, sorted, with the closing of each day in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import orjson

from workers.simulate import county
from workers.simulate.bills import Bill, Biller, visits_of
from workers.simulate.buckets import Buckets
from workers.simulate.cities import CITIES
from workers.simulate.draws import Draws
from workers.simulate.envelope import Calendar, Line, Sheet
from workers.simulate.identities import Lists, write_identities
from workers.simulate.numbers import give_second_number
from workers.simulate.papers import (
    write_admission,
    write_description,
    write_enrolment,
    write_tilt,
    write_uninsured_once,
)
from workers.simulate.people import Person, identity_of, person_of
from workers.simulate.platform import as_platform
from workers.simulate.trouble import report

ADOPTION = b'{"topic":"rulebook.adopted","value":{"type":"rulebook.adopted","version":1,"shipped":true}}'
"""First line: adopt the shipped rulebooks. Feed and replay translate it; there is no such topic."""

Progress = Callable[[int, int], None]


class Plan(NamedTuple):
    """What to simulate. Equal plans give equal bytes."""

    seed: int
    persons: int
    year: int = 2023
    county: str = "522701"
    national_size: bool = False
    only_assisted: bool = False  # leave out everybody without an identity
    close_every: int = 1  # close every so many days, and the last; a later close closes the days between too
    national: bool = False  # in the platform's own shape, where that can say it; includes national_size
    city: str = "qiannan"  # whose words: `cities.CITIES`; the county is one of its own
    merges_ppm: int = 0  # of a million persons: who gets a second number in the year, merged at its end


def simulate(plan: Plan, progress: Progress | None = None) -> Iterator[bytes]:
    """The lines of the plan, without line feeds. `progress` is called with (persons written, persons)."""
    calendar = Calendar(plan.year)
    lists, draws, buckets = Lists(plan.seed, calendar, plan.county, CITIES[plan.city]), Draws(plan.seed), Buckets()
    for index in range(plan.persons):
        if plan.only_assisted and identity_of(plan.seed, index) is None:
            continue
        for at, data in live(plan, index, calendar, lists, draws):
            buckets.add(at, data)
        if progress is not None and index % 1000 == 999:
            progress(index + 1, plan.persons)
    for at, data in lists.closings():
        buckets.add(at, data)
    yield ADOPTION
    yield from _days(calendar, buckets, plan.close_every)


def live(plan: Plan, index: int, calendar: Calendar, lists: Lists, draws: Draws) -> list[Line]:
    """All lines of one person, in no order. A function of (plan, index), but for what `lists` counts."""
    draws.begin(index)
    person = person_of(plan.seed, index, draws)
    sheet = Sheet(calendar, plan.county, index, as_platform if plan.national else None, CITIES[plan.city])
    year_end = calendar.year_start_day + calendar.days_in_year
    death = write_identities(person, sheet, lists, draws, year_end)
    if person.described:
        write_description(person, sheet, draws, death if death < year_end else None)
    enrolled = None
    if person.uninsured:
        enrolled = calendar.year_start_day + draws.between(60, 240)
    else:
        write_enrolment(person, sheet, draws)
    bills = _care(plan, person, sheet, draws, death, enrolled)
    write_tilt(sheet, draws, bills)
    if enrolled is not None:
        write_uninsured_once(person, sheet, draws, bills, enrolled)
    if plan.merges_ppm and sheet.lines and draws.chance(plan.merges_ppm):
        give_second_number(sheet, draws)
    return sheet.lines


def _care(plan: Plan, person: Person, sheet: Sheet, draws: Draws, death: int, enrolled: int | None) -> list[Bill]:
    """The year's bills of one person with admissions and all that goes wrong; returned are those in scope."""
    biller = Biller(person, sheet, draws, plan.national_size or plan.national)
    in_scope_bills = []
    for visit in visits_of(person, draws, sheet.calendar.year_start_day, death):
        in_scope = visit.care_type != county.OUTPATIENT
        if not in_scope and enrolled is not None and visit.day < enrolled:
            continue  # who is not insured and only has a cold is not in anybody's messages
        bill = biller.bill(visit, insured=enrolled is None or visit.day >= enrolled)
        if "admitted_on" in bill.value:
            write_admission(sheet, draws, visit, bill)
        report(sheet, draws, bill, in_scope)
        if in_scope:
            in_scope_bills.append(bill)
    return in_scope_bills


def _days(calendar: Calendar, buckets: Buckets, every: int) -> Iterator[bytes]:
    """The lines of each day, and from the first day of the year on the closing of each day, without gaps to the end."""
    next_close = calendar.year_start_day
    for day, lines in buckets.days():
        while next_close < day:
            if (next_close - calendar.year_start_day) % every == every - 1:
                yield _closed(calendar, next_close)
            next_close += 1
        yield from lines
    yield _closed(calendar, next_close)


def _closed(calendar: Calendar, day: int) -> bytes:
    value = {"type": "day.closed", "version": 1, "date": calendar.text(day)}
    return orjson.dumps({"topic": "day.closed", "value": value})
