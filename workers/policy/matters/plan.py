"""A rule about matters, compiled: which of the four questions it answers. Pure closures, like the rules of bills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from workers.policy.matters.situation import Result, Situation
from workers.policy.matters.wanted import Alert, Count, Matter
from workers.policy.types import BillFacts, PersonFacts


class City(NamedTuple):
    """What decides the matters of a city when a date is closed."""

    closed: date
    lists: frozenset[tuple[str, str, str]] = frozenset()  # source, county, month of every list that was closed


class Yearly(NamedTuple):
    """A yearly sum of what the person bore; from `alarm` on (None: never) the person's matters are looked at again."""

    name: str
    bore: Callable[[BillFacts, Result], int]
    accepted_only: bool
    alarm: int | None
    carried: Callable[[BillFacts, PersonFacts, Result], int] | None = None  # somebody else bears that much of the bill


class Plan(NamedTuple):
    """What a rule wants: of a person, of one decided bill, counted over bills, of a city."""

    of_person: Callable[[Situation], Iterable[Matter]] | None = None
    of_bill: Callable[[BillFacts, PersonFacts, Result], Iterable[Matter]] | None = None
    yearly: Yearly | None = None
    counts: Callable[[BillFacts, PersonFacts, Result], Iterable[Count]] | None = None
    of_city: Callable[[City], Iterable[Alert]] | None = None
    look_on: Callable[[Situation], date | None] | None = None
