"""What may happen to one person, in the words of the fold. Amounts are fen, dates ISO texts as in the stored state.

The ledger translates journal records into these; nothing here knows the wire. `Arrival` is the place in the one order
(records.md §2): append stamp in milliseconds, journal partition, offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from workers.policy.types import BillFacts

Stated = dict[str, Any]
"""Fields of `BillFacts` a sender stated: fen, ISO dates, flags, codes. A field that is absent was not stated."""


class Arrival(NamedTuple):
    stamp: int
    partition: int
    offset: int


class Final(NamedTuple):
    """A settled bill. Its key is (region, setl_id), both among the stated facts."""

    facts: Stated
    msgid: str | None = None
    source: str | None = None
    """Who sent it (`ce_source`); the same bill from another source is confirmed."""
    carried: str | None = None
    """Mark of the payments that are only carried (`workers.entitlement.cancels.carried_mark`)."""
    advanced_by: str | None = None
    """Who bore the assistance until it is paid: `hospital`, `person`, or None: as the channel says."""
    read: BillFacts | None = None
    """The stated facts as the law reads them, where the reader had them at hand (`bill_facts(facts)`, nothing else)."""


class Cancel(NamedTuple):
    """A cancel of a bill. What it states again must be the bill's own (A8): facts (`gives_back`), and the mark of the
    payments that are only carried.
    """

    region: str
    setl_id: str
    own_id: str
    msgid: str | None = None
    gives_back: Stated | None = None
    carried: str | None = None


class Reverse(NamedTuple):
    """A 2601 reversal of a bill (by `setl_id` or `msgid`) or of a cancel (by its own id): then it reinstates."""

    region: str
    reversal_id: str
    setl_id: str | None = None
    msgid: str | None = None
    own_id: str | None = None


class Reinstate(NamedTuple):
    region: str
    setl_id: str
    cancel_own_id: str
    own_id: str


class Revision(NamedTuple):
    """A fact with a revision: an identity, application, enrolment, description, or one that is only remembered.

    `group` is the part of the person's facts it belongs to, `key` its business key there.
    """

    group: str
    key: str
    revision: int
    body: dict[str, Any]


class Order(NamedTuple):
    """An office order about one person. `amounts` are the officer's layers in fen, `found` facts of a bill.

    What the officer had before him is named by `fact_revision` (an application), `keep_digest` (the body of a bill) and
    `decision_id` (the decision that stood).
    """

    order_id: str
    kind: str
    task_id: str | None = None
    region: str | None = None
    setl_id: str | None = None
    keep_digest: str | None = None
    amounts: dict[str, int] | None = None
    body: dict[str, Any] | None = None
    fact_revision: int | None = None
    author: str | None = None
    second_signer: str | None = None
    document: str | None = None
    ordered_on: str | None = None
    application_id: str | None = None
    decision_id: str | None = None
    approval: str | None = None
    exclusion: str | None = None
    county: str | None = None
    found: Stated | None = None
    not_assisted_proof: bool | None = None


class SaidOf(NamedTuple):
    """Of whom a forwarded record was said: the key, None for this one; `again` where it has been here before."""

    key: str | None
    again: bool


class Transfer(NamedTuple):
    """The bills of this key go to another one: all of them (`merge`) or those that are listed (`split`).

    `digest` is that of the whole order; `serial` that of the directory of persons, the transfer's business key.
    """

    to_key: str
    kind: str
    serial: int
    bills: tuple[tuple[str, str], ...]
    kept_bills: tuple[tuple[str, str], ...]
    digest: str
    said: Mapping[str, Any] = MappingProxyType({})  # the whole order as the journal states it
    turned: bool = False  # the other key had too many bills to move: these move instead


class MovedBill(NamedTuple):
    """A bill that has left another key: its name and packed state there."""

    from_key: str
    serial: int
    name: str
    returns: bool
    state: str


class MovedRest(NamedTuple):
    """The end of a move: how many bills came, and the packed rest. `returns`: this key lives again."""

    from_key: str
    kind: str
    serial: int
    bills: int
    returns: bool
    state: str


PersonRecord = Final | Cancel | Reverse | Reinstate | Revision | Order | Transfer | MovedBill | MovedRest
