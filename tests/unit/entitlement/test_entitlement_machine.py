"""`advance` ≡ `settle` ≡ the oracle on every history, and money is conserved (design §4).

The law is Qiannan's own rulebook, the oracle is written from the law text and shares no line with the workers. After
each record: the same states, amounts and counters as the oracle; a `settle` of everything finds nothing to correct; the
postings of each bill sum to what it has; sequences have no gap; a record said again changes nothing. Which of several
missing facts a held bill is said to wait for is left to the law.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from schemas.money import fen_of
from tests.oracles.qiannan import oracle
from tests.unit.entitlement import histories
from tests.unit.entitlement.small_law import Bounds, Memory
from workers.entitlement.advance import advance, resettle
from workers.entitlement.conflict import RIVALS_MAX
from workers.entitlement.known import bill_facts
from workers.entitlement.law import InForce
from workers.entitlement.office import pending
from workers.entitlement.outcome import Decision, Outcome
from workers.entitlement.records import Final
from workers.entitlement.sameness import Sameness, compare, digest_of
from workers.entitlement.state import FACTS, Bill, Facts, unpack_year
from workers.journal.record import canonical_json
from workers.ledger.decode import arrival_of, decode
from workers.log.port import Record
from workers.policy.adoption import build_adoption, load_adoption

LAW = load_adoption(build_adoption())
IN_FORCE = InForce(LAW, 1)
PERSON = histories.PERSON
BOUNDS = Bounds()
WITHOUT_DECISIONS = {"repeat", "confirmed", "conflict", "stale", "no_effect", "parked"}
NOTHING_BUT_ITS_ARRIVAL = {FACTS}


class History(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.said: list[dict[str, Any]] = []
        self.offset = 0
        self.postings: dict[tuple[str, str], int] = defaultdict(int)
        self.hospital: dict[tuple[str, str], int] = defaultdict(int)
        self.sequence = 0
        self.last: dict[tuple[str, str], Decision] = {}

    @rule(value=histories.finals())
    def bill(self, value: dict[str, Any]) -> None:
        self.say(value)

    @rule(value=histories.identities())
    def identity(self, value: dict[str, Any]) -> None:
        self.say(value)

    @rule(value=histories.undoings())
    def undo(self, value: dict[str, Any]) -> None:
        self.say(value)

    @rule(value=histories.applications() | histories.enrolments())
    def other_fact(self, value: dict[str, Any]) -> None:
        self.say(value)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        """A retry has no effect, whatever happened since."""
        before = dict(self.memory.state)
        value = data.draw(st.sampled_from(self.said))
        first_message = value.get("msgid") and not any(value["msgid"] in bill.msgids for bill in self.bills())
        outcome = self.say(value)
        if first_message and value["type"] == "settlement.final":
            return  # the body that an order kept: only now its message number is known, and a reversal may wait for it
        if outcome.code == "conflict" and outcome.opened:
            (bill,) = (bill for bill in self.open_conflicts() if bill.key == outcome.bill)
            assert len(bill.rivals) == RIVALS_MAX or states_less_than_a_judged_body(bill)  # one had to make room
            return
        assert outcome.code in {"repeat", "confirmed", "conflict", "stale", "no_effect"}
        assert (outcome.decisions, outcome.opened, outcome.closed, outcome.years) == ([], [], [], [])
        changed = {name for name, raw in self.memory.state.items() if before.get(name) != raw}
        assert changed <= NOTHING_BUT_ITS_ARRIVAL

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def cancel_and_reinstate(self, data: st.DataObject) -> None:
        """Whatever happened before, the two together leave amounts, counters and the bill's accounts as they were.

        A bill that was decided and is held now is paid to the hospital again only when it is decided again.
        """
        bill = data.draw(st.sampled_from(self.living()))
        if bill.status != "decided" and bill.paid:
            return
        before = self.money(bill.key)
        own_id, key = f"X{self.offset}", {"setl_id": bill.key[1]}
        self.say(histories.stated(type="settlement.cancel", own_id=own_id, **key))
        assert sum(next(b for b in self.bills() if b.key == bill.key).layers.values()) == 0
        self.say(histories.stated(type="settlement.reinstate", cancel_own_id=own_id, own_id=f"Y{own_id}", **key))
        assert self.money(bill.key) == before

    @rule(value=histories.identities())
    def recognise_and_withdraw(self, value: dict[str, Any]) -> None:
        """An identity that never was valid leaves amounts and counters as they were; the accounts tell of it."""
        before = self.amounts(), self.years()
        mistaken = value | {"source_id": f"Z{self.offset}", "withdrawn": False}
        self.say(mistaken)
        self.say(mistaken | {"revision": 9, "withdrawn": True})
        assert (self.amounts(), self.years()) == before

    @precondition(lambda self: self.open_conflicts())
    @rule(data=st.data())
    def resolve(self, data: st.DataObject) -> None:
        """An officer keeps one of the contradicting bodies."""
        bill = data.draw(st.sampled_from(self.open_conflicts()))
        unsettled = [digest for digest, rival in bill.rivals.items() if not rival["settled"]]
        keep = data.draw(st.sampled_from([*unsettled, bill.digest]))
        order = {"order_id": f"O{self.offset}", "kind": "conflict_resolved", "setl_id": bill.key[1]}
        signed = {"author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-06-01"}
        value = histories.stated(type="office.ordered", keep_digest=keep, **order, **signed)
        assert self.say(value).code == "applied"

    @invariant()
    def agrees_with_the_oracle(self) -> None:
        expected = oracle(self.said, said_digest).get(PERSON, {"bills": {}, "years": {}})
        bills = {key: shown(**row) for key, row in expected["bills"].items() if row["status"] != "parked"}
        assert {bill.key: shown(bill.status, bill.reason, **bill.layers) for bill in self.bills()} == bills
        assert self.years() == {
            year: {f"{name}_used": used for name, used in counters.items() if used}
            for year, counters in expected["years"].items()
        }

    @invariant()
    def a_settle_of_everything_corrects_nothing(self) -> None:
        copy = Memory(self.memory.state)
        outcome = resettle(PERSON, copy, InForce(LAW, 2), BOUNDS)
        assert (outcome.decisions, outcome.years, outcome.opened, outcome.closed) == ([], [], [], [])
        assert {name for name, raw in copy.state.items() if self.memory.state[name] != raw} <= {FACTS}

    @invariant()
    def money_is_conserved(self) -> None:
        for bill in self.bills():
            for layer, amount in bill.layers.items():
                assert self.postings[(bill.key[1], layer)] == amount
                assert sum(account.get(layer, 0) for account in bill.paid.values()) == amount
            if bill.status == "decided":
                rest = (bill.figures[name] for name in ("deductible", "own_share", "over_cap"))
                assert bill.figures["base"] == sum(bill.layers.values()) + sum(rest)
        assert min(self.hospital.values(), default=0) >= 0

    @invariant()
    def the_last_decision_of_a_bill_is_true(self) -> None:
        for bill in self.bills():
            last = self.last.get(bill.key)
            if last is None:
                assert bill.decision is None
                assert bill.status == "held" or bill.measure is None
                continue
            assert bill.decision == {"id": last.decision_id, "sequence": last.sequence}
            assert (bill.status, bill.reason, bill.layers) == (last.status, last.reason, last.layers)
            assert (bill.figures, bill.measure, bill.year) == (last.figures, last.measure, last.year)

    @invariant()
    def open_tasks_have_a_cause(self) -> None:
        raw = self.memory.get(FACTS)
        if raw is None:
            return
        tasks = [task for task in Facts.unpack(raw).tasks.values() if task["bill"]]
        about = sorted((task["kind"], *task["bill"]) for task in tasks)
        conflicts = [("conflict", *bill.key) for bill in self.open_conflicts()]
        assert about == sorted(conflicts + [("recovery", *bill.key) for bill in self.bills() if pending(bill)])

    def say(self, value: dict[str, Any]) -> Outcome:
        self.offset += 1
        record = Record("j", 0, self.offset, self.offset, PERSON.encode(), canonical_json(value), [])
        decoded = decode(record)
        assert decoded.person is not None
        if isinstance(decoded.person, Final):
            assert decoded.person.read == bill_facts(decoded.person.facts)
        arrival = arrival_of(record, decoded.headers, self.offset)
        outcome = advance(PERSON, self.memory, decoded.person, IN_FORCE, arrival, BOUNDS, "2023-06-01")
        if value["type"] != "office.ordered" or value not in self.said:  # the oracle knows no repeated orders
            self.said.append(value)
        if outcome.code in WITHOUT_DECISIONS:
            assert outcome.decisions == []
        for decision in outcome.decisions:
            self.sequence += 1
            self.last[decision.bill] = decision
            assert decision.sequence == self.sequence
            for posting in decision.postings:
                self.postings[(decision.bill[1], posting.layer)] += posting.amount
                if posting.payee == "hospital":
                    self.hospital[(decision.bill[1], posting.layer)] += posting.amount
            posted = sum(posting.amount for posting in decision.postings)
            assert posted == sum(decision.delta.values())
        return outcome

    def bills(self) -> list[Bill]:
        return [Bill.unpack(raw) for name, raw in self.memory.state.items() if name.startswith("bill|")]

    def living(self) -> list[Bill]:
        return [bill for bill in self.bills() if bill.status != "reversed"]

    def amounts(self) -> dict[object, object]:
        return {bill.key: (bill.status, bill.reason, bill.layers, bill.figures) for bill in self.bills()}

    def money(self, key: tuple[str, str]) -> tuple[object, ...]:
        """All amounts and counters, and the accounts of one bill without their zeros."""
        (bill,) = (bill for bill in self.bills() if bill.key == key)
        accounts = ((payee, layer, net) for payee, account in bill.paid.items() for layer, net in account.items())
        return self.amounts(), self.years(), sorted(account for account in accounts if account[2])

    def open_conflicts(self) -> list[Bill]:
        return [bill for bill in self.bills() if any(not rival["settled"] for rival in bill.rivals.values())]

    def years(self) -> dict[int, dict[str, int]]:
        found = {}
        for name, raw in self.memory.state.items():
            if name.startswith("year|"):
                used = {counter: amount for counter, amount in unpack_year(raw).items() if amount}
                if used:
                    found[int(name.split("|")[1])] = used
        return found


def states_less_than_a_judged_body(bill: Bill) -> bool:
    """The newest rival once agreed with a body that an order turned down: by its own digest nobody has judged it."""
    *_, newest = bill.rivals.values()
    judged = [rival["facts"] for rival in bill.rivals.values() if rival["settled"]]
    return any(compare(facts, newest["facts"]) is Sameness.SAME for facts in judged)


def shown(status: str, reason: str, ordinary: int = 0, tilt: int = 0) -> dict[str, Any]:
    reason = "a missing fact" if reason in ("fact_missing", "insurance_result_missing") else reason
    return {"status": status, "reason": reason, "ordinary": ordinary, "tilt": tilt}


def said_digest(said: Any) -> str:
    """Our digest of what the oracle says a bill states."""
    money = {"in_scope", "in_scope_personal", "class_b_first_pay", "over_limit_price_pay", "out_of_scope"}
    money |= {"assistance_paid_upstream", "supplementary_paid"}
    return digest_of({name: fen_of(value) if name in money else value for name, value in said.items()})


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
