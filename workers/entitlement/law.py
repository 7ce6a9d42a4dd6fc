"""What the fold asks of the law. `workers.policy.law.Law` answers; tests bring small laws of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from workers.entitlement.modes import NO_MODES, Modes
from workers.policy.matters.plan import City
from workers.policy.matters.situation import Result, Situation
from workers.policy.matters.wanted import Alert, Wanted, Watched
from workers.policy.types import BillFacts, PersonFacts, Verdict


class Law(Protocol):
    """Rulebooks, outside figures and engine of one adoption. Pure: equal questions get equal answers."""

    def benefit_key(self, bill: BillFacts, person: PersonFacts) -> tuple[str, int] | None:
        """(measure, year) whose counters decide this bill; None where no measure holds for it."""
        ...

    def decide(self, bill: BillFacts, person: PersonFacts, counters: Mapping[str, int]) -> Verdict:
        """What the law gives, with the counters (fen) of its benefit key as the bills before left them."""
        ...

    def watch(self, bill: BillFacts, person: PersonFacts, result: Result) -> Watched:
        """What one decided bill adds to burdens and causes by itself."""
        ...

    def matters(self, situation: Situation) -> Wanted:
        """What should stand for the person besides the money of bills."""
        ...

    def ordered(
        self, bill: BillFacts, person: PersonFacts, counters: Mapping[str, int], amounts: Mapping[str, int]
    ) -> Verdict:
        """The same for a bill that the law leaves to a person, with the layers (fen) that an officer laid down."""
        ...

    def foresee(self, bills: Iterable[BillFacts], person: PersonFacts) -> PersonFacts:
        """The person with what only all surviving bills together show; the same person where nothing does."""
        ...

    def city(self, city: City) -> tuple[Alert, ...]:
        """Alerts about a city, a list or the law itself at the close of a date."""
        ...


class InForce(NamedTuple):
    """The law as adopted. `number` counts the adoptions of a partition from 1; persons note under which they stand."""

    law: Law
    number: int
    shut: frozenset[tuple[str, int]] = frozenset()
    """Closed years: platform and year. A bill that comes for one is left to a person."""
    modes: Modes = NO_MODES
    """Orders about the mode of regions: which bills are payable."""
