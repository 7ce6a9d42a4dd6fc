"""The matters that should stand. `key` says which one it is; everything else is what it states. Amounts in fen.

A key is unique within a person (for what one bill alone causes: within the bill), of letters, digits and `._:-`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from workers.policy.types import Step

BillKey = tuple[str, str]
Details = Mapping[str, bool | int | str]
NO_DETAILS: Details = {}


class Grant(NamedTuple):
    """Money that is not a bill's: `assistance.decided` with a subject. base = Σ layers + own_share."""

    key: str
    subject: tuple[str, str, str]  # kind, region, id
    measure: str
    year: int
    benefit_date: date
    county: str
    status: str  # "decided" | "held"
    reason: str
    layers: Mapping[str, int]
    base: int
    funding: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Flag(NamedTuple):
    """`entitlement.flagged`: up while it is wanted."""

    key: str
    kind: str
    measure: str
    county: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    admission_id: str | None = None
    amount: int | None = None
    clauses: tuple[str, ...] = ()
    details: Details = NO_DETAILS


class Alert(NamedTuple):
    """`alert.raised`: sent once for its key."""

    key: str
    kind: str
    measure: str
    year: int | None = None
    county: str | None = None
    bill: BillKey | None = None
    amount: int | None = None
    threshold: int | None = None
    clauses: tuple[str, ...] = ()
    details: Details = NO_DETAILS


class Offer(NamedTuple):
    """`task.opened` for an officer; closed when it is wanted no more."""

    key: str
    kind: str
    bill: BillKey | None = None
    details: Details = NO_DETAILS


Matter = Grant | Flag | Alert | Offer


class Wanted(NamedTuple):
    """The matters of a person that no single bill causes, and the next date whose close may change them."""

    matters: tuple[Matter, ...] = ()
    look_on: date | None = None


class Count(NamedTuple):
    """What one bill adds to a burden, fen; from `alarm` on (None: never) the person's matters are looked at again."""

    key: str
    amount: int
    alarm: int | None = None


class Watched(NamedTuple):
    """What one decided bill adds to the burdens of its person, and the matters that it causes by itself."""

    counts: Sequence[Count] = ()
    matters: Sequence[Matter] = ()


NOTHING_WATCHED = Watched()
