"""What one record did to one person: the outcome code, decisions, tasks and counters. The ledger writes them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from workers.policy.matters.wanted import Alert
from workers.policy.types import Step

Code = Literal[
    "decided",
    "completed",
    "repeat",
    "confirmed",
    "conflict",
    "held",
    "parked",
    "needs_person",
    "applied",
    "stale",
    "no_effect",
    "forwarded",
]
Payee = Literal["hospital", "person", "recovery", "upstream", "shadow"]
BillKey = tuple[str, str]
"""Region and `setl_id`."""


NO_AMOUNTS: Mapping[str, int] = MappingProxyType({})


class Posting(NamedTuple):
    """Signed fen of one layer to one payee; money back that is `pending` waits for an officer's word."""

    layer: str
    payee: Payee
    kind: Literal["settle", "adjust", "undo"]
    amount: int
    pending: bool = False


class Decision(NamedTuple):
    """One line of `assistance.decided` (docs/records.md §3) without its cause, which the ledger knows."""

    decision_id: str
    sequence: int
    supersedes: str | None
    bill: BillKey | None
    measure: str | None
    year: int | None
    benefit_date: str
    county: str
    status: str
    reason: str
    layers: Mapping[str, int]
    delta: Mapping[str, int]
    figures: Mapping[str, int]
    postings: tuple[Posting, ...]
    funding: tuple[str, ...]
    clauses: tuple[str, ...]
    questions: tuple[str, ...]
    steps: tuple[Step, ...]
    subject: tuple[str, str, str] | None = None  # kind, region, id, where it is not about a bill
    upstream: Mapping[str, int] = NO_AMOUNTS  # `stated`, `counted`, `beyond` of what the platform paid itself
    payable: Mapping[str, int] | None = None  # what we pay, by layer, where it is not all of the layers
    shadow: bool = False  # of a region in shadow: nothing is payable


class Flagged(NamedTuple):
    """One line of `entitlement.flagged`; `stated` has its fields, days as ISO text, the amount in fen."""

    sequence: int
    up: bool
    stated: Mapping[str, Any]


class RaisedAlert(NamedTuple):
    """One line of `alert.raised`."""

    alert_id: str
    sequence: int
    alert: Alert


class Opened(NamedTuple):
    task_id: str
    sequence: int
    kind: str
    bill: BillKey | None
    facts: Mapping[str, Any]


class Closed(NamedTuple):
    task_id: str
    sequence: int
    kind: str
    bill: BillKey | None
    because: Literal["order", "cause_gone"]
    order_id: str | None = None
    document: str | None = None


class YearChange(NamedTuple):
    """New counters of one (measure, year), fen; `sequence` is the person's newest decision sequence."""

    measure: str
    year: int
    counters: Mapping[str, int]
    sequence: int


class Move(NamedTuple):
    """A record for another key of the same person; `arrival` is the place it keeps, None for the closing one."""

    to_key: str
    type: str
    fields: Mapping[str, Any]
    arrival: tuple[int, int, int] | None


@dataclass(slots=True)
class Outcome:
    """The answer to one record. `decision_ids` repeats the stored decision where nothing new was decided.
    `decision_id` is that of the bill itself.

    `settled` is the number of bills that were decided anew for it. If `deadlines_changed`, `next_deadline` is the first
    ISO date at which something parked becomes a task or a matter has to be looked at, or None.
    """

    code: Code
    bill: BillKey | None = None
    warned: str | None = None  # a check that was not met and refuses nothing, counted (A17)
    status: str | None = None
    reason: str | None = None
    layers: Mapping[str, int] | None = None
    payable: Mapping[str, int] | None = None
    shadow: bool = False
    decision_ids: list[str] = field(default_factory=list)
    decision_id: str | None = None  # of `bill`
    tasks: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    years: list[YearChange] = field(default_factory=list)
    flags: list[Flagged] = field(default_factory=list)
    alerts: list[RaisedAlert] = field(default_factory=list)
    settled: int = 0
    deadlines_changed: bool = False
    next_deadline: str | None = None
    moves: tuple[Move, ...] = ()
