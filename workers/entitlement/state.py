"""A person's state as it is packed: `facts`, `known`, one record a bill, one a (year, measure). docs/records.md §5.

Packed bytes are JSON with the fields in the order below, amounts in fen. State is only ever read from its bytes, so a
replay packs the same bytes. The classes have no slots: orjson packs a dataclass that has a
`__dict__` more than twice as fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from workers.entitlement.outcome import BillKey
from workers.entitlement.records import Arrival, Stated

FACTS = "facts"
KNOWN = "known"
MATTERS = "matters"
BILL, YEAR = "bill|", "year|"
"""How the names of bills and of counters begin."""
REVISED = ("identities", "applications", "enrolments", "described", "others")
"""The groups of revised facts in `Known`."""

Layers = dict[str, int]


def kept(packed: bytes) -> bytes:
    """A copy in its own size: orjson's bytes hold a buffer of kilobytes, which state would keep for years."""
    return b"%b" % packed


def bill_name(key: BillKey) -> str:
    return f"bill|{key[0]}|{key[1]}"


def year_name(year: int, measure: str) -> str:
    return f"year|{year}|{measure}"


@dataclass
class Facts:
    """What moves with every record of a person; kept small, since every record writes it.

    `adoption` is the number of the adoption under which all bills were last decided (0: none yet), `bills` their count.
    `orders` remembers office orders by id. `burdens` are sums over bills by burden key, fen; `look_on` is the first ISO
    date whose close may change a matter of the person. `places` are the insured places of the bills that stand.
    """

    origin: str
    seq: dict[str, int] = field(default_factory=dict)
    arrival: Arrival | None = None
    adoption: int = 0
    bills: int = 0
    orders: dict[str, str] = field(default_factory=dict)
    parked: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, Any] = field(default_factory=dict)
    burdens: dict[str, int] = field(default_factory=dict)
    look_on: str | None = None
    places: list[str] = field(default_factory=list)

    def pack(self) -> bytes:
        return kept(orjson.dumps(self, default=tuple))

    @classmethod
    def unpack(cls, packed: bytes) -> Facts:
        facts = cls(**orjson.loads(packed))
        if facts.arrival is not None:
            facts.arrival = Arrival(*facts.arrival)
        return facts


@dataclass
class Known:
    """What was stated of a person with revisions: business key → revision, digest, body. Bills read it only."""

    identities: dict[str, Any] = field(default_factory=dict)
    applications: dict[str, Any] = field(default_factory=dict)
    enrolments: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    def pack(self) -> bytes:
        return kept(orjson.dumps(self))

    @classmethod
    def unpack(cls, packed: bytes) -> Known:
        return cls(**orjson.loads(packed))


@dataclass
class Bill:
    """One bill for ever: what was stated, its life cycle, and what it got.

    `msgids` are the message numbers under which it was sent: a retry has its own, and a reversal may name any of them.
    `cancels` maps the own id of each cancel to the id that reinstated it, or None. `rivals` maps the digest of a
    contradicting body to its facts and whether the contradiction is settled. `ordered` holds what officers ruled of it
    (`workers.entitlement.office`), None as long as nobody did.
    `source` sent it first; `cancel_msgids` maps message numbers of cancels to their own ids, for a reversal by message.
    `paid` are net postings by payee; `window` is what the hospital advanced at the window (None before the first
    decision), `undone` says that the hospital has given it back. `raised` are the matters that it alone caused.
    `carried` marks what each source says of the payments by funds: they decide nothing, a cancel states them again.
    `upstream` is what the last decision says of the platform's own payment: `stated`, `counted`, `beyond`. `shadow`
    says that nothing of the bill is payable (None before its first decision), `left` how much was left with the
    platform knowingly: while the region was in shadow itself, or by an officer's word.
    `advanced_by` is who was said to have borne the assistance until it is paid (None: as the channel says).
    """

    arrival: Arrival
    facts: Stated
    digest: str
    msgids: list[str] = field(default_factory=list)
    cancels: dict[str, str | None] = field(default_factory=dict)
    reversed_by: str | None = None
    rivals: dict[str, Any] = field(default_factory=dict)
    ordered: dict[str, Any] | None = None
    status: str = "new"
    reason: str = ""
    layers: Layers = field(default_factory=dict)
    uses: Layers = field(default_factory=dict)
    figures: Layers = field(default_factory=dict)
    clauses: list[str] = field(default_factory=list)
    paid: dict[str, Layers] = field(default_factory=dict)
    window: Layers | None = None
    undone: bool = False
    measure: str | None = None
    year: int | None = None
    benefit_date: str = ""
    decision: dict[str, Any] | None = None
    raised: dict[str, dict[str, Any]] = field(default_factory=dict)
    source: str | None = None
    cancel_msgids: dict[str, str] = field(default_factory=dict)
    upstream: Layers = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    shadow: bool | None = None
    left: int = 0
    advanced_by: str | None = None

    @property
    def key(self) -> BillKey:
        return self.facts["region"], self.facts["setl_id"]

    @property
    def said(self) -> Stated:
        """What the law reads of the bill: as it was stated, with what people found in its place."""
        found = None if self.ordered is None else self.ordered.get("found")
        return {**self.facts, **found} if found else self.facts

    def cancel_named(self, name: str) -> str | None:
        """Own id of the cancel with this own id or message number."""
        return name if name in self.cancels else self.cancel_msgids.get(name)

    @property
    def cancelled(self) -> bool:
        """Some cancel stands. A set, so that the order in which cancels and reinstatements come does not matter."""
        return None in self.cancels.values()

    def pack(self) -> bytes:
        return kept(orjson.dumps(self, default=tuple))

    @classmethod
    def unpack(cls, packed: bytes) -> Bill:
        bill = cls(**orjson.loads(packed))
        bill.arrival = Arrival(*bill.arrival)
        return bill


def pack_year(counters: Layers) -> bytes:
    return kept(orjson.dumps(counters))


def unpack_year(packed: bytes) -> Layers:
    counters: Layers = orjson.loads(packed)
    return counters
