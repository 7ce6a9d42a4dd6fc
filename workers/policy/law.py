"""The law in force: which instrument governs a bill, and what it says of it. Pure and immutable after load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise

from workers.policy.case import Counters
from workers.policy.instrument import Instrument
from workers.policy.matters.parameters import missing_figures
from workers.policy.matters.plan import City
from workers.policy.matters.situation import Result, Situation
from workers.policy.matters.wanted import NOTHING_WATCHED, Alert, Matter, Wanted, Watched
from workers.policy.problems import Finding, RulebookError
from workers.policy.types import BillFacts, BillKey, PersonFacts, Share, Status, Verdict
from workers.policy.verbs.applicants import elsewhere_application

ENGINE = 1
"""Number of this engine: raised when a release changes any result; then the change is adopted like a rulebook."""


class Law:
    """All adopted instruments. Build it with `workers.policy.adoption.load_adoption`."""

    def __init__(self, instruments: Iterable[Instrument], digest: str, engine: int) -> None:
        self.hash = digest
        self.engine = engine
        self.measures: dict[str, tuple[Instrument, ...]] = {}
        for instrument in sorted(instruments, key=lambda each: (each.measure, each.in_force)):
            self.measures[instrument.measure] = (*self.measures.get(instrument.measure, ()), instrument)
        _refuse_overlaps(self.measures)
        self.instruments = tuple(each for revisions in self.measures.values() for each in revisions)
        self._plans = tuple(plan for each in self.instruments for plan in each.plans)
        self._by_county = _by_county(self.measures)
        self._ahead = tuple(each for each in self.instruments if each.retro is not None)

    def benefit_key(self, bill: BillFacts, person: PersonFacts) -> tuple[str, int] | None:
        """Measure and benefit year whose counters the bill touches; None where no instrument governs the place."""
        revisions = self._governing(bill, person)
        if revisions is None:
            return None
        instrument, _ = _in_force(revisions, bill, person)
        return instrument.measure, instrument.year(bill, person)

    def foresee(self, bills: Iterable[BillFacts], person: PersonFacts) -> PersonFacts:
        """The person with what depends on several bills together (DT-3.3); the same person where nothing does.

        `bills` are all that survive, in the order of arrival; read only where some recognition opens a window.
        """
        ahead = [each for each in self._ahead if each.recognitions.windows(person)]
        if not ahead:
            return person
        listed = list(bills)
        foreseen: dict[BillKey, tuple[Share, ...]] = {}
        for instrument in ahead:
            governed = (each for each in listed if self._instrument_of(each, person) is instrument)
            foreseen.update(instrument.foresee(governed, person))
        return person._replace(foreseen=foreseen)

    def _instrument_of(self, bill: BillFacts, person: PersonFacts) -> Instrument | None:
        revisions = self._governing(bill, person)
        return None if revisions is None else _in_force(revisions, bill, person)[0]

    def decide(self, bill: BillFacts, person: PersonFacts, counters: Counters) -> Verdict:
        """What the law says of one bill; `counters` are those of `benefit_key` before this bill. Amounts in fen."""
        revisions = self._governing(bill, person)
        if revisions is None:
            day = bill.discharged_on
            return Verdict(Status.HELD, "no_instrument", {}, {}, "", day.year, day)
        instrument, outside = _in_force(revisions, bill, person)
        if outside is not None:
            day = instrument.benefit_date(bill)
            layers = dict.fromkeys(instrument.book.layers, 0)
            return Verdict(
                Status.DECIDED, outside, layers, {}, instrument.measure, day.year, day,
                excluded=instrument.whole_own_payment(bill), clauses=instrument.validity_clauses,
            )  # fmt: skip
        return instrument.decide(bill, person, counters)

    def matters(self, situation: Situation) -> Wanted:
        """What should stand for a person besides the money of bills, under all instruments."""
        found: list[Matter] = []
        dates: list[date] = []
        for plan in self._plans:
            if plan.of_person is not None:
                found.extend(plan.of_person(situation))
            look_on = plan.look_on(situation) if plan.look_on is not None else None
            if look_on is not None:
                dates.append(look_on)
        return Wanted(tuple(found), min(dates, default=None))

    def watch(self, bill: BillFacts, person: PersonFacts, result: Result) -> Watched:
        """What one decided bill counts for and causes."""
        revisions = self._governing(bill, person)
        return (
            NOTHING_WATCHED if revisions is None else _in_force(revisions, bill, person)[0].watch(bill, person, result)
        )

    def city(self, city: City) -> tuple[Alert, ...]:
        """Alerts about a city, a list or the law itself at the close of a date."""
        by_rules = (alert for plan in self._plans if plan.of_city is not None for alert in plan.of_city(city))
        missing = (alert for each in self.instruments for alert in missing_figures(each.context, city))
        return (*by_rules, *missing)

    def ordered(self, bill: BillFacts, person: PersonFacts, counters: Counters, amounts: Mapping[str, int]) -> Verdict:
        """Like `decide`, for a bill that the law leaves to a person who has laid down `amounts` (layer → fen).

        No limit of the law is passed by them: what does not fit under it, or is more than the person paid, is left out.
        """
        revisions = self._governing(bill, person)
        if revisions is None:
            return self.decide(bill, person, counters)
        instrument, outside = _in_force(revisions, bill, person)
        if outside is not None:
            return self.decide(bill, person, counters)
        return instrument.ordered(bill, person, counters, amounts)

    def _governing(self, bill: BillFacts, person: PersonFacts) -> tuple[Instrument, ...] | None:
        """By the insured place; without an instrument there, by an application where one belongs (LZ-5a, 15a)."""
        revisions = self._by_county.get(bill.county)
        if revisions is None and person.applications and (asked := elsewhere_application(bill, person)):
            home = self._by_county.get(person.registration_county or "", ())
            if any(each.elsewhere for each in home):
                return home
            lived_in = self._by_county.get(asked.county or "", ()) if person.long_residence else ()
            return lived_in if any(each.residents for each in lived_in) else None
        return revisions

    def instrument(self, measure: str, bill_date: date) -> Instrument:
        """The revision that governs a decision of `measure` with this benefit date, the nearest one if none does."""
        revisions = self.measures[measure]
        for revision in reversed(revisions):
            if revision.in_force <= bill_date:
                return revision
        return revisions[0]


def _in_force(revisions: tuple[Instrument, ...], bill: BillFacts, person: PersonFacts) -> tuple[Instrument, str | None]:
    """The newest revision that had begun, and why it does not hold if it does not.

    A bill from before the first one may still lie in the window of a recognition in its time (DT-A7).
    """
    for revision in reversed(revisions):
        day = revision.governing_date(bill)
        if revision.in_force <= day:
            return revision, None if day <= revision.last_day else "after_expiry"
    first = revisions[0]
    traced = first.retro is not None and first.recognitions.covers(bill, person)
    return first, None if traced else "before_in_force"


def _refuse_overlaps(measures: dict[str, tuple[Instrument, ...]]) -> None:
    findings: list[Finding] = []
    for revisions in measures.values():
        for older, newer in pairwise(revisions):
            if newer.in_force <= older.last_day:
                sides = tuple(f"{each.book.instrument.doc_no} {each.in_force_article}" for each in (older, newer))
                until = "further notice" if older.last_day == date.max else str(older.last_day)
                message = (
                    f"{older.loaded.file} holds until {until},"
                    f" {newer.loaded.file} already from {newer.in_force}: two laws for one bill"
                )
                fix = f"give {older.loaded.file} a [instrument.last_day] before {newer.in_force}"
                findings.append(newer.loaded.finding(("instrument", "in_force"), message, fix, *sides))
    if findings:
        raise RulebookError(findings)


def _by_county(measures: dict[str, tuple[Instrument, ...]]) -> dict[str, tuple[Instrument, ...]]:
    owner: dict[str, tuple[Instrument, ...]] = {}
    findings: list[Finding] = []
    for revisions in measures.values():
        for revision in revisions:
            for county in revision.book.place.counties:
                other = owner.setdefault(county, revisions)
                if other is not revisions:
                    sides = (other[0].book.instrument.doc_no, revision.book.instrument.doc_no)
                    message = f"county {county} is governed by two measures, {other[0].measure} and {revision.measure}"
                    fix = "leave it in one of them"
                    findings.append(revision.loaded.finding(("place", "counties"), message, fix, *sides))
    if findings:
        raise RulebookError(findings)
    return owner
