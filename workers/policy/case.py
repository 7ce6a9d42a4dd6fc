"""The workbench of one decision: the facts, what the rules have found so far, the steps they left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from workers.policy.types import BillFacts, PersonFacts, Status, Step

Counters = Mapping[str, int]
"""Fen used so far by counter name, of the (measure, year) that `Law.benefit_key` names."""


class End(NamedTuple):
    """A rule ended the decision: status and reason code."""

    status: Status
    reason: str


Run = Callable[["Case"], End | None]
"""One compiled rule. It appends exactly one step, or ends the decision with one."""


class GroupPlan(NamedTuple):
    """A group compiled: figures in fen, rates by (cut, once), counter names under the chosen reading."""

    id: str
    name: str
    rank: int
    deductible: int
    cap: int | None
    rates: tuple[tuple[int, int, str, str], ...]  # [cut + 2 * once] → (numerator, denominator, "7/10", step code)
    cap_once: int | None
    counters: Mapping[str, str]  # counter of a rule → counter as kept (X-A4)
    pools: Mapping[str, GroupPlan] = MappingProxyType({})  # the group's figures by pool, where it has pools
    missing: bool = False  # a figure that another document states is not adopted
    pool: str = ""
    limits: tuple[tuple[int, str], ...] = ()  # limits of the pool with the counters that they hold for


class Case:
    """Mutable on purpose: one per decision, never seen outside; fractions are kept as numerator and denominator."""

    __slots__ = (
        "base", "bill", "capped", "counters", "cut", "date", "deductible", "eligible", "entitled", "group", "hold",
        "layers", "left", "once", "over", "over_whole", "person", "rate", "spent", "steps", "uses", "year",
    )  # fmt: skip

    def __init__(
        self, bill: BillFacts, person: PersonFacts, day: date, layers: dict[str, int], counters: Counters
    ) -> None:
        self.bill = bill
        self.person = person
        self.date = day
        self.year = day.year
        self.counters = counters
        self.group: GroupPlan | None = None
        self.hold: str | None = None
        self.once = False
        self.cut = False
        self.base = 0
        self.deductible = 0
        self.eligible = 0
        self.rate = (0, 1)
        self.entitled = (0, 1)
        self.capped = False
        self.spent = False  # a limit above the ordinary layer left nothing of what this bill would have got
        self.left = 0
        self.over = (0, 1)
        self.over_whole = 0
        self.layers = layers
        self.uses: dict[str, int] = {}
        self.steps: list[Step] = []
