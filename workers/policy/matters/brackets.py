"""Conditions on the person that restrict a premium subsidy to some members; QN-T3, QN-A13, DT-3.2a."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from workers.policy.matters.situation import PremiumPaid
from workers.policy.types import PersonFacts

if TYPE_CHECKING:
    from workers.policy.verbs_matters import Bracket


class Brackets:
    """`age_on`: payment_date, first_of_coverage_year or window_end."""

    def __init__(self, age_on: str) -> None:
        self.age_on = age_on

    def fit(
        self, brackets: tuple[Bracket, ...], person: PersonFacts, payment: PremiumPaid, window: date | None
    ) -> bool | None:
        """True where one bracket holds (or there is none), None where only a fact that was not stated could tell."""
        if not brackets:
            return True
        answers = [self._holds(each, person, self._day(payment, window)) for each in brackets]
        if True in answers:
            return True
        return None if None in answers else False

    def _day(self, payment: PremiumPaid, window: date | None) -> date:
        if self.age_on == "first_of_coverage_year":
            return date(payment.coverage_year, 1, 1)
        return window if self.age_on == "window_end" and window is not None else payment.paid_on

    @staticmethod
    def _holds(bracket: Bracket, person: PersonFacts, day: date) -> bool | None:
        if bracket.do == "severe_disability":
            return person.severe_disability
        if bracket.do == "disability_certificate":
            return person.disability_certificate
        if person.born_on is None or bracket.years is None:
            return None
        old_enough = age(person.born_on, day) >= bracket.years.value
        return old_enough if bracket.do == "age_from" else not old_enough


def age(born_on: date, day: date) -> int:
    """Full years on a day; the birthday counts. Who was born on a leap day has it on 1 March in other years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
