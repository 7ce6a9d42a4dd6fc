"""One record's turn on one person: the person's packed state, the law, and what the turn will have done.

Nothing is written to `facts` until `finish`; bills and counters are written as they change. All ids and sequences are
made here: `decision_id` = lower-case base32 of the first 20 bytes of sha256(origin_key ‖ 00 ‖ topic ‖ 00 ‖ sequence).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Literal, Protocol

from workers.entitlement.known import NOTHING_KNOWN, person_facts, remember_known, remembered_known
from workers.entitlement.law import InForce
from workers.entitlement.outcome import BillKey, Closed, Code, Opened, Outcome, YearChange
from workers.entitlement.postings import payable
from workers.entitlement.records import Arrival, Order
from workers.entitlement.state import (
    FACTS,
    KNOWN,
    Bill,
    Facts,
    Known,
    Layers,
    bill_name,
    pack_year,
    unpack_year,
    year_name,
)
from workers.policy.types import PersonFacts

DECIDED = "assistance.decided"
OPENED = "task.opened"
CLOSED = "task.closed"
LIMIT = "limit"
"""Kind of a task about something that is more than a bound allows; its subject says what."""
TASKS_MAX = 500
"""Open tasks of one person; what would open a further one is covered by one task about this limit."""


class Packed(Protocol):
    """A person's packed state: bytes by name (`facts`, `bill|…`, `year|…`)."""

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, value: bytes | None) -> None: ...
    def names(self) -> Iterable[tuple[str, bytes]]: ...


class Limits(Protocol):
    """Bounds of one person's state; the ledger's settings."""

    @property
    def bills_per_person_max(self) -> int: ...
    @property
    def parked_days_max(self) -> int: ...


class Turn:
    """Reads, writes and outcome of one record on one person.

    `open_day` is the business date now open, ISO, or None. `order` is the office order that is being folded, `sweeping`
    says that an adoption decides everybody anew. `from_key` is the key a record was said of, where it was
    forwarded from there: what it states remembers it.
    """

    __slots__ = (
        "_answered",
        "_known",
        "_revised",
        "arrival",
        "changed",
        "facts",
        "from_key",
        "in_force",
        "limits",
        "look",
        "open_day",
        "order",
        "outcome",
        "packed",
        "sweeping",
    )

    def __init__(
        self,
        person_key: str,
        packed: Packed,
        in_force: InForce | None,
        limits: Limits,
        *,
        arrival: Arrival | None = None,
        open_day: str | None = None,
        from_key: str | None = None,
    ) -> None:
        raw = packed.get(FACTS)
        self.packed = packed
        self.in_force = in_force
        self.limits = limits
        self.arrival = arrival
        self.open_day = open_day
        self.from_key = from_key
        self.facts = Facts(origin=person_key) if raw is None else Facts.unpack(raw)
        self._revised: Known | None = None
        self._known: PersonFacts | None = None
        self.outcome = Outcome("no_effect")
        self.changed = False
        self.order: Order | None = None
        self.sweeping = False
        self._answered = 0
        self.look = False  # whether a matter of the person may have changed

    @property
    def closed(self) -> date | None:
        """The last closed business date, None before the first."""
        return None if self.open_day is None else date.fromisoformat(self.open_day) - timedelta(days=1)

    @property
    def adoption(self) -> int:
        """Number of the adoption in force, 0 before the first."""
        return 0 if self.in_force is None else self.in_force.number

    @property
    def known(self) -> PersonFacts:
        """What the law may know of the person, built once for the bytes it stands in."""
        if self._known is None:
            raw = self.packed.get(KNOWN)
            self._known = NOTHING_KNOWN if raw is None else remembered_known(raw)
            if self._known is None:
                self._known = person_facts(self.revised)
                remember_known(raw or b"", self._known)
        return self._known

    @property
    def revised(self) -> Known:
        """The revised facts themselves; whoever changes them calls `keep_revised`."""
        if self._revised is None:
            raw = self.packed.get(KNOWN)
            self._revised = Known() if raw is None else Known.unpack(raw)
        return self._revised

    @property
    def revised_bytes(self) -> int:
        """Size of the revised facts as they were packed last."""
        return len(self.packed.get(KNOWN) or b"")

    def keep_revised(self) -> None:
        """The revised facts were changed: write them, and let the law see them anew."""
        self.packed.put(KNOWN, self.revised.pack())
        self._known = None

    def bill(self, key: BillKey) -> Bill | None:
        raw = self.packed.get(bill_name(key))
        return None if raw is None else Bill.unpack(raw)

    def keep(self, bill: Bill) -> None:
        self.packed.put(bill_name(bill.key), bill.pack())

    def again(self, bill: Bill) -> Bill:
        """The bill as it is kept now, after a `settle`."""
        return Bill.unpack(self.packed.get(bill_name(bill.key)) or bill.pack())

    def bills(self) -> list[Bill]:
        """All bills in the order of arrival: O(number of bills), never needed for an append."""
        found = [Bill.unpack(raw) for name, raw in self.packed.names() if name.startswith("bill|")]
        found.sort(key=lambda bill: bill.arrival)
        return found

    def years(self) -> Iterator[tuple[tuple[str, int], Layers]]:
        """Stored counters by (measure, year)."""
        for name, raw in self.packed.names():
            if name.startswith("year|"):
                _, year, measure = name.split("|", 2)
                yield (measure, int(year)), unpack_year(raw)

    def year(self, measure: str, year: int) -> Layers:
        """Stored counters of a measure and year, fen."""
        raw = self.packed.get(year_name(year, measure))
        return {} if raw is None else unpack_year(raw)

    def keep_year(self, key: tuple[str, int], counters: Layers) -> None:
        self.packed.put(year_name(key[1], key[0]), pack_year(counters))
        self.tell_year(key, counters)

    def tell_year(self, key: tuple[str, int], counters: Layers) -> None:
        """Publish counters. An opening balance may come before any decision: then it stands beside the first."""
        self.outcome.years.append(YearChange(*key, counters, self.facts.seq.get(DECIDED, 1)))

    def next_id(self, topic: str) -> tuple[str, int]:
        """The next id and sequence of this person in a topic."""
        sequence = self.facts.seq.get(topic, 0) + 1
        self.facts.seq[topic] = sequence
        self.changed = True
        return outcome_id(self.facts.origin, topic, sequence), sequence

    def task(self, kind: str, subject: str) -> str | None:
        """Id of the open task of this kind about this subject."""
        for task_id, task in self.facts.tasks.items():
            if task["kind"] == kind and task["subject"] == subject:
                return str(task_id)
        return None

    def open_task(self, kind: str, subject: str, bill: BillKey | None, facts: dict[str, Any]) -> str:
        """Open a task, or point to the one that is open already."""
        task_id = self.task(kind, subject)
        if task_id is None and kind != LIMIT and len(self.facts.tasks) >= TASKS_MAX:
            return self.open_task(LIMIT, "tasks", None, {"tasks_max": TASKS_MAX})
        if task_id is None:
            task_id, sequence = self.next_id(OPENED)
            self.facts.tasks[task_id] = {"kind": kind, "subject": subject, "bill": bill, **self.origin_mark()}
            self.outcome.opened.append(Opened(task_id, sequence, kind, bill, facts))
        self.outcome.tasks.append(task_id)
        return task_id

    def close_task(self, kind: str, subject: str, because: Literal["order", "cause_gone"]) -> None:
        """Close the task of this kind about this subject, if one is open."""
        task_id = self.task(kind, subject)
        if task_id is not None:
            self.close_task_id(task_id, because)

    def close_task_id(self, task_id: str, because: Literal["order", "cause_gone"]) -> None:
        task = self.facts.tasks.pop(task_id)
        _, sequence = self.next_id(CLOSED)
        bill = None if task["bill"] is None else (task["bill"][0], task["bill"][1])
        closed = Closed(task_id, sequence, task["kind"], bill, because)
        if because == "order" and self.order is not None:
            closed = closed._replace(order_id=self.order.order_id, document=self.order.document)
        self.outcome.closed.append(closed)

    @property
    def because(self) -> Literal["order", "cause_gone"]:
        """Why a task closes now: an order is being folded, or its cause is gone."""
        return "cause_gone" if self.order is None else "order"

    def was(self, topic: str, id_: str) -> bool:
        """True for an id that this person's outcomes in a topic have had. O(number of them): for orders only."""
        made = range(1, self.facts.seq.get(topic, 0) + 1)
        return any(outcome_id(self.facts.origin, topic, sequence) == id_ for sequence in made)

    def origin_mark(self) -> dict[str, str]:
        """What an entry notes of the key it came from: nothing where it is this one."""
        return {} if self.from_key is None else {"from": self.from_key}

    def answer(self, code: Code, bill: Bill | None = None) -> None:
        """Set the outcome; a bill's stored state is repeated, with its decision if this turn decided nothing."""
        outcome = self.outcome
        outcome.code = code
        outcome.decision_ids = [decision.decision_id for decision in outcome.decisions]
        self._answered = len(outcome.decisions)
        if bill is None:
            return
        outcome.bill, outcome.status, outcome.reason, outcome.layers = bill.key, bill.status, bill.reason, bill.layers
        outcome.payable, outcome.shadow = payable(bill), bool(bill.shadow)
        if bill.decision is not None:
            outcome.decision_id = bill.decision["id"]
            outcome.decision_ids = outcome.decision_ids or [bill.decision["id"]]

    def finish(self) -> Outcome:
        """Write the facts, if they changed, and hand over what was done."""
        if len(self.outcome.decisions) > self._answered:
            self.outcome.decision_ids = [decision.decision_id for decision in self.outcome.decisions]
        if self.arrival is not None and (self.facts.arrival is None or self.arrival > self.facts.arrival):
            self.facts.arrival = self.arrival
            self.changed = True
        if self.changed:
            self.packed.put(FACTS, self.facts.pack())
        return self.outcome


def outcome_id(origin: str, topic: str, sequence: int) -> str:
    """The deterministic id of a person's outcome in a topic (records.md §7), 32 characters of base32."""
    digest = sha256(b"%b\x00%b\x00%d" % (origin.encode(), topic.encode(), sequence)).digest()
    of, two = int.from_bytes, _TEN_BITS
    forty = (of(digest[:5], "big"), of(digest[5:10], "big"), of(digest[10:15], "big"), of(digest[15:20], "big"))
    return "".join([f"{two[n >> 30]}{two[n >> 20 & 1023]}{two[n >> 10 & 1023]}{two[n & 1023]}" for n in forty])


_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_TEN_BITS = [high + low for high in _BASE32 for low in _BASE32]
"""Two base32 digits (RFC 4648) at a time: `base64.b32encode` costs four times as much."""
