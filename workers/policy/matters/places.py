"""Which place a person belongs to besides bills: the instrument's counties, its days, its residents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from workers.policy.dates import ONE_DAY
from workers.policy.matters.holding import Interval
from workers.policy.matters.situation import Situation
from workers.policy.types import Identity
from workers.policy.verbs.context import Context


def validity(context: Context) -> Interval:
    """First and last day of the instrument under the chosen readings."""
    table = context.book.instrument
    last = date.max if table.last_day is None else table.last_day.value
    if table.ends is not None and context.pick(table.ends) == "anniversary":
        last += ONE_DAY
    return Interval(table.in_force.value, last)


class Places:
    """The counties of an instrument, and what ties a person to them."""

    def __init__(self, context: Context) -> None:
        self.counties = frozenset(context.book.place.counties)
        self.region = context.book.place.region

    def of(self, identity: Identity, situation: Situation) -> str | None:
        """The county that an identity belongs to, "" where only its platform is known; None: not of this instrument.

        The recognition place decides; then where the person is insured, by enrolments and contributions; then the
        registration; last the platform, a province or a pool, unless all bills and stays are insured elsewhere.
        """
        if identity.county is not None:
            return identity.county if identity.county in self.counties else None
        known = [each.county for each in situation.person.enrolments]
        known += [each.county for each in situation.recorded.premiums]
        if not known and situation.person.registration_county is not None:
            known = [situation.person.registration_county]
        if known:
            return next((county for county in known if county in self.counties), None)
        seen = {*situation.billed, *(each.county for each in situation.recorded.admissions)}
        if seen and seen.isdisjoint(self.counties):
            return None
        return "" if self.issued_by(identity.region or "") else None

    def issued_by(self, platform: str) -> bool:
        """Whether numbers of this platform may be of people here: their province, their pool, or a part of it."""
        ours, theirs = _level(self.region), _level(platform)
        return bool(theirs) and (ours.startswith(theirs) or theirs.startswith(ours))

    def insured(self, situation: Situation, insutypes: frozenset[str]) -> Iterator[tuple[Interval, str]]:
        """Days insured here in one of the insurances, with the county: by enrolments, and by contributions."""
        for each in situation.person.enrolments:
            if each.county in self.counties and each.insutype in insutypes:
                first = each.first_day or each.registered_on
                yield Interval(first, each.last_day or date.max), each.county
        for paid in situation.recorded.premiums:
            if paid.kind == "basic" and paid.county in self.counties and paid.insutype in insutypes:
                yield Interval(date(paid.coverage_year, 1, 1), date(paid.coverage_year, 12, 31)), paid.county


def _level(division: str) -> str:
    """A division code without the pairs that say "all of it": 440000 → 44, 445200 → 4452."""
    while len(division) > 2 and division.endswith("00"):
        division = division[:-2]
    return division
