"""A law of ten lines and a memory of one person, so that the fold can be tested without a rulebook.

70 % of the own payment in scope for who has 低保对象 at discharge, after a yearly deductible of 100.00 for who has
低保边缘家庭人口, at most 3,000.00 a year; what does not fit may be tilted at 50 % on application, at most 500.00.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workers.entitlement.advance import advance, resettle
from workers.entitlement.law import InForce
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Arrival, Final, PersonRecord, Revision
from workers.entitlement.state import FACTS, Bill, Facts, bill_name, unpack_year, year_name
from workers.policy.matters.plan import City
from workers.policy.matters.situation import Result, Situation
from workers.policy.matters.wanted import NOTHING_WATCHED, Alert, Wanted, Watched
from workers.policy.types import BillFacts, PersonFacts, Status, Step, Verdict

REGION = "520000"
PERSON = "a" * 64
CAP, TILT_CAP, DEDUCTIBLE = 3_000_00, 500_00, 100_00


class SmallLaw:
    """See the module; `percent` makes a second edition of the same law. Counts how often it was asked."""

    def __init__(self, percent: int = 70) -> None:
        self.percent = percent
        self.asked = 0

    def benefit_key(self, bill: BillFacts, person: PersonFacts) -> tuple[str, int] | None:
        return ("QN", bill.discharged_on.year) if bill.county.startswith("5227") else None

    def decide(self, bill: BillFacts, person: PersonFacts, counters: Mapping[str, int]) -> Verdict:
        self.asked += 1
        if not bill.county.startswith("5227"):
            return self._open(bill, Status.HELD, "no_instrument", measure="")
        if not bill.insurance_settled:
            return self._open(bill, Status.HELD, "insurance_result_missing")
        if bill.in_scope_personal is None:
            return self._open(bill, Status.HELD, "fact_missing")
        if bill.exclusion == "other":
            return self._open(bill, Status.NEEDS_PERSON, "needs_person")
        names = {i.identity for i in person.identities if _holds(i, bill)}
        if not names:
            return self._verdict(bill, "no_identity", {"ordinary": 0}, {}, 0, excluded=bill.in_scope_personal)
        return self._assist(bill, person, counters, "低保对象" in names)

    def watch(self, bill: BillFacts, person: PersonFacts, result: Result) -> Watched:
        return NOTHING_WATCHED

    def matters(self, situation: Situation) -> Wanted:
        return Wanted()

    def ordered(
        self, bill: BillFacts, person: PersonFacts, counters: Mapping[str, int], amounts: Mapping[str, int]
    ) -> Verdict:
        """An officer's ordinary amount, within the cap."""
        given = min(amounts.get("ordinary", 0), CAP - counters.get("ordinary_used", 0))
        layers = {**dict.fromkeys(amounts, 0), "ordinary": given}
        return self._verdict(bill, "assisted", layers, {"ordinary_used": given}, given)

    def foresee(self, bills: Iterable[BillFacts], person: PersonFacts) -> PersonFacts:
        return person

    def city(self, city: City) -> tuple[Alert, ...]:
        return ()

    def _assist(self, bill: BillFacts, person: PersonFacts, used: Mapping[str, int], full: bool) -> Verdict:
        base = bill.in_scope_personal or 0
        withheld = 0 if full else min(base, DEDUCTIBLE - used.get("deductible_used", 0))
        due = (base - withheld) * self.percent // 100
        ordinary = min(due, CAP - used.get("ordinary_used", 0))
        asked = any(a.kind == "tilt" and a.stands for a in person.applications)
        tilt = min((due - ordinary) // 2, TILT_CAP - used.get("tilt_used", 0)) if asked else 0
        uses = {"ordinary_used": ordinary, "deductible_used": withheld, "tilt_used": tilt}
        reason = "assisted" if ordinary + tilt else "within_deductible" if withheld == base else "cap_used_up"
        own = base - withheld - due
        over = due - ordinary - tilt
        layers = {"ordinary": ordinary, "tilt": tilt}
        return self._verdict(bill, reason, layers, uses, base, deductible=withheld, own_share=own, over_cap=over)

    def _verdict(
        self, bill: BillFacts, reason: str, layers: dict[str, int], uses: dict[str, int], base: int, **figures: int
    ) -> Verdict:
        year, steps = bill.discharged_on.year, (Step("small", reason, (base,)),)
        return Verdict(
            Status.DECIDED,
            reason,
            layers,
            {name: amount for name, amount in uses.items() if amount},
            "QN",
            year,
            bill.discharged_on,
            base,
            **figures,
            clauses=("QN-T2",),
            steps=steps,
            funding=("assistance_fund",),
        )

    def _open(self, bill: BillFacts, status: Status, reason: str, measure: str = "QN") -> Verdict:
        return Verdict(status, reason, {}, {}, measure, bill.discharged_on.year, bill.discharged_on)


def _holds(identity: Any, bill: BillFacts) -> bool:
    until = identity.removed_on
    started = identity.recognised_on <= bill.discharged_on
    return not identity.withdrawn and started and (until is None or bill.discharged_on < until)


class Memory:
    """One person's packed state in a dict."""

    def __init__(self, state: Mapping[str, bytes] | None = None) -> None:
        self.state = dict(state or {})
        self.scans = 0

    def get(self, name: str) -> bytes | None:
        return self.state.get(name)

    def put(self, name: str, value: bytes | None) -> None:
        if value is None:
            self.state.pop(name, None)
        else:
            self.state[name] = value

    def names(self) -> Iterator[tuple[str, bytes]]:
        self.scans += 1
        return iter(list(self.state.items()))


class Bounds:
    bills_per_person_max: int = 5_000
    parked_days_max: int = 30


class World:
    """One person, a law, and a journal of one partition: say what happens, look what came out."""

    def __init__(self, law: SmallLaw | None = None, *, adopted: bool = True) -> None:
        self.memory = Memory()
        self.law = law or SmallLaw()
        self.in_force = InForce(self.law, 1) if adopted else None
        self.offset = 0
        self.outcomes: list[Outcome] = []
        self.open_day: str | None = "2023-06-01"
        self.bounds = Bounds()

    def say(self, record: PersonRecord, arrival: Arrival | None = None) -> Outcome:
        self.offset += 1
        arrival = arrival or Arrival(1_000 + self.offset, 0, self.offset)
        outcome = advance(PERSON, self.memory, record, self.in_force, arrival, self.bounds, self.open_day)
        self.outcomes.append(outcome)
        return outcome

    def adopt(self, law: SmallLaw) -> Outcome:
        self.law = law
        self.in_force = InForce(law, 1 if self.in_force is None else self.in_force.number + 1)
        outcome = resettle(PERSON, self.memory, self.in_force, self.bounds)
        self.outcomes.append(outcome)
        return outcome

    def bill(self, setl_id: str) -> Bill:
        return Bill.unpack(self.memory.state[bill_name((REGION, setl_id))])

    def facts(self) -> Facts:
        return Facts.unpack(self.memory.state[FACTS])

    def year(self, year: int = 2023) -> dict[str, int]:
        raw = self.memory.state.get(year_name(year, "QN"))
        return {} if raw is None else {name: used for name, used in unpack_year(raw).items() if used}


def final(setl_id: str, own_payment: int | None = 1_000_00, msgid: str | None = None, **facts: Any) -> Final:
    """A bill with this own payment in scope (fen); other facts by name, None leaves one out."""
    stated: dict[str, Any] = {
        "region": REGION,
        "setl_id": setl_id,
        "county": "522701",
        "care_type": "inpatient",
        "discharged_on": "2023-05-06",
        "settled_on": "2023-05-06",
        "channel": "one_stop",
        "in_scope_personal": own_payment,
        **facts,
    }
    return Final({name: value for name, value in stated.items() if value is not None}, msgid)


def identity(revision: int = 1, name: str = "低保对象", source_id: str = "I1", **body: Any) -> Revision:
    stated = {"source_id": source_id, "identity": name, "revision": revision, "recognised_on": "2023-01-01", **body}
    return Revision("identities", f"{REGION}|{source_id}|{name}", revision, stated)


def tilt_application(revision: int = 1, **body: Any) -> Revision:
    stated = {"application_id": "A1", "kind": "tilt", "applied_on": "2023-05-01", "setl_ids": [], **body}
    return Revision("applications", f"{REGION}|A1", revision, {**stated, "revision": revision})
