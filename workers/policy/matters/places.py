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
        self.province = context.book.place.region[:2]

    def of(self, identity: Identity, situation: Situation) -> str | None:
        """The county that an identity belongs to, "" where only its platform is known; None: not of this instrument.

        The recognition place decides; then where the person is insured; then the registration; then the platform.
        """
        if identity.county is not None:
            return identity.county if identity.county in self.counties else None
        known = [each.county for each in situation.person.enrolments]
        known += [each.county for each in situation.recorded.premiums]
        if not known and situation.person.registration_county is not None:
            known = [situation.person.registration_county]
        if known:
            return next((county for county in known if county in self.counties), None)
        return "" if (identity.region or "")[:2] == self.province else None

    def insured(self, situation: Situation, insutypes: frozenset[str]) -> Iterator[tuple[Interval, str]]:
        """Days insured here in one of the insurances, with the county: by enrolments, and by contributions."""
        for each in situation.person.enrolments:
            if each.county in self.counties and each.insutype in insutypes:
                first = each.first_day or each.registered_on
                yield Interval(first, each.last_day or date.max), each.county
        for paid in situation.recorded.premiums:
            if paid.kind == "basic" and paid.county in self.counties and paid.insutype in insutypes:
                yield Interval(date(paid.coverage_year, 1, 1), date(paid.coverage_year, 12, 31)), paid.county
