"""Identities that count only on application, and those of other places; LZ-14.2a, 15b, LZ-A3, A10, A13, A17."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from workers.policy.dates import months_before
from workers.policy.types import Application, BillFacts, Identity, PersonFacts
from workers.policy.verbs.admission import benefit_year
from workers.policy.verbs.context import Context
from workers.policy.verbs.ways import APPLIED, DOUBT, RETRO, UNAPPLIED
from workers.policy.verbs_admission import ElsewhereOnApplication, RequireApplication

KINDS = frozenset({"class_recognition", "retro", "hardship"})
"""Applications that ask for assistance as a member of a group."""
End = Callable[[Identity], date]


class Applicants:
    """`require_application`: from some months before the application to the end of the recognition it serves."""

    def __init__(self, context: Context, wrong: Callable[[Identity], bool] = lambda identity: False) -> None:
        self.wrong = wrong  # a recognition of no right source takes no application from another (LZ-7a)
        rules: list[RequireApplication] = context.rules("require_application")
        self.groups = frozenset(rules[0].groups) if rules else frozenset()
        reach, outside = (rules[0].reach, rules[0].reach_figure) if rules else (None, None)
        self.months: int = reach.value if reach is not None else context.figures.get(outside or "", 0)
        self.unknown_reach = outside is not None and outside not in context.figures
        """How far back is not adopted (X-A9): no bill is certain to lie outside; the group waits for its figures."""
        self.first_serves = bool(rules) and context.pick(rules[0].serves) == "first_application_serves"
        self.year_of_application = bool(rules) and context.pick(rules[0].year) == "application_year"

    def way(self, person: PersonFacts, day: date, identity: Identity, end: End) -> tuple[str | None, date | None]:
        """How the identity covers `day`, and the date of the application that opens it."""
        start, last = identity.recognised_on, end(identity)
        if last <= start or day >= last:
            return None, None
        applied = self.applied(person, identity, end)
        if applied is not None and (self.unknown_reach or day >= months_before(applied, self.months)):
            return (APPLIED if day >= start else RETRO), applied
        return (UNAPPLIED if day >= start else None), None

    def applied(self, person: PersonFacts, identity: Identity, end: End) -> date | None:
        """Date of the first application that serves the recognition; the list's own statement counts too."""
        dates = [] if identity.applied_on is None else [identity.applied_on]
        for application in person.applications:
            asks = application.identity is None or application.identity == identity.identity
            if (
                application.kind in KINDS
                and asks
                and application.stands
                and self.serves(application, person, identity, end)
            ):
                dates.append(application.applied_on)
        return min(dates, default=None)

    def serves(self, application: Application, person: PersonFacts, identity: Identity, end: End) -> bool:
        """The recognition in force on the day of the application, otherwise the next one after it (LZ-A17)."""
        day = application.applied_on
        if day >= end(identity):
            return False
        if identity.recognised_on <= day or self.first_serves:
            return True
        return not any(
            other.identity == identity.identity
            and not other.withdrawn
            and not self.wrong(other)
            and other.recognised_on < min(identity.recognised_on, end(other))
            and day < end(other)
            for other in person.identities
        )


class Abroad:
    """`elsewhere_on_application`: who was recognised outside the governed places brings a proof; LZ-15b."""

    def __init__(self, context: Context) -> None:
        rules: list[ElsewhereOnApplication] = context.rules("elsewhere_on_application")
        self.counties = frozenset(context.book.place.counties) if rules else frozenset()

    def way(
        self, way: str, bill: BillFacts, person: PersonFacts, identity: Identity, on_application: bool
    ) -> str | None:
        """The way of an identity that was recognised elsewhere; only those without application are named there."""
        if identity.county is None or identity.county in self.counties:
            return way
        if on_application:
            return None
        application = elsewhere_application(bill, person)
        if application is None or application.not_assisted_proof is False:
            return UNAPPLIED
        return way if application.not_assisted_proof else DOUBT


def elsewhere_application(bill: BillFacts, person: PersonFacts) -> Application | None:
    """The application for what was not assisted elsewhere that covers the bill; one with proof goes first."""
    fit = [each for each in person.applications if each.kind == "elsewhere" and each.stands and _covers(each, bill)]
    return min(fit, key=lambda each: (not each.not_assisted_proof, each.applied_on, each.application_id), default=None)


def _covers(application: Application, bill: BillFacts) -> bool:
    """Whether it names the bill or, naming none, asks for its year after its settlement (医后救助)."""
    if application.setl_ids:
        return bill.setl_id in application.setl_ids
    return benefit_year(application) == bill.discharged_on.year and bill.settled_on <= application.applied_on
