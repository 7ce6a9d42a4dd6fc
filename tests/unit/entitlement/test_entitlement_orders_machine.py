"""Office orders in random histories: the same amounts as the oracle, whatever is ordered and when (design §4, R9).

What officers rule is put beside the oracle: facts they found in place of what was stated, fraud after the law, a
refused application as none, an approved recognition as an identity until the list speaks. All invariants of the
history without orders hold, and each answer is one of three.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.oracles import fold as the_fold
from tests.oracles.qiannan import oracle
from tests.unit.entitlement import histories
from tests.unit.entitlement.test_entitlement_machine import PERSON, History, said_digest, shown
from workers.entitlement.office import outstanding, pending, read_word
from workers.entitlement.outcome import Outcome
from workers.entitlement.state import Bill

DAYS = ("2023-05-01", "2023-06-01", "2023-07-01")
FOUND = (
    {"designated": False},
    {"designated": True, "emergency_rescue": True},
    {"referral": "missing", "referral_missing_by": "person"},
    {"referral": "referred", "place": "in_county"},
)
NOT_SUBSTANCE = ("revision", "withdrawn")


class OrderedHistory(History):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, Any]] = {}
        self.fraud: set[str] = set()
        self.ruled: dict[str, dict[str, Any]] = {}
        self.ordering = 0

    @rule(
        application=st.sampled_from(["A5", "A6"]),
        revision=st.integers(1, 2),
        identity=st.sampled_from(["低保对象", "因病致贫重病患者"]),
        day=histories.days,
        withdrawn=histories.rarely(True, False),
    )
    def applies_for_recognition(self, application: str, revision: int, day: str, **body: Any) -> None:
        fields = {"application_id": application, "revision": revision, "applied_on": day, "setl_ids": [], **body}
        self.say(histories.stated(type="application.filed", kind="class_recognition", **fields))

    @rule(
        revision=st.integers(1, 4),
        identity=st.sampled_from(["低保对象", "因病致贫重病患者"]),
        days=st.sampled_from([("2022-12-31", "2023-05-06"), ("2023-05-31", None), ("2023-11-30", "2024-01-01")]),
        withdrawn=st.booleans(),
    )
    def the_list_speaks(self, revision: int, identity: str, days: tuple[str, str | None], withdrawn: bool) -> None:
        says = {"source_id": "L1", "identity": identity, "revision": revision, "withdrawn": withdrawn}
        recognised_on, removed_on = days
        self.say(histories.stated(type="identity.changed", recognised_on=recognised_on, removed_on=removed_on, **says))

    @rule(application=st.sampled_from(["A1", "A2", "A5", "A6"]), approved=st.booleans(), day=st.sampled_from(DAYS))
    def ruling(self, application: str, approved: bool, day: str) -> None:
        """An approval or refusal of the application as it stands now."""
        says = {"application_id": application, "approval": "approved" if approved else "refused"}
        outcome = self.order("application", ordered_on=day, **says)
        newest = next((e for e in self.newest_applications() if e["application_id"] == application), None)
        before = self.ruled.get(application)
        if newest is None or newest.get("withdrawn"):
            assert outcome.code == ("no_effect" if newest is None else "stale")
        elif before is not None and before["asks"] == asks(newest):
            later = before["on"] < day and before["approved"] is not approved
            assert outcome.code == ("applied" if later else "stale")
        else:
            assert outcome.code == "applied"
        if outcome.code == "applied":
            assert newest is not None
            self.ruled[application] = {"approved": approved, "on": day, "asks": asks(newest)}

    @precondition(lambda self: self.living())
    @rule(data=st.data(), lifts=st.booleans())
    def found_to_be_fraud(self, data: st.DataObject, lifts: bool) -> None:
        bill = data.draw(st.sampled_from(self.living()))
        says = {"approval": "refused"} if lifts else {}
        outcome = self.order("fraud", setl_id=bill.key[1], **says)
        assert outcome.code == ("applied" if lifts == (bill.key[1] in self.fraud) else "no_effect")
        if outcome.code == "applied":
            self.fraud ^= {bill.key[1]}

    @precondition(lambda self: self.living())
    @rule(data=st.data(), found=st.sampled_from(FOUND))
    def objection_is_right(self, data: st.DataObject, found: dict[str, Any]) -> None:
        """The objection and its answer; a bill that has changed since would make the answer stale."""
        bill = data.draw(st.sampled_from(self.living()))
        number = f"B{self.offset}"
        fields = {"application_id": number, "revision": 1, "applied_on": "2023-06-01", "setl_ids": [bill.key[1]]}
        self.say(histories.stated(type="application.filed", kind="objection", **fields))
        says = {"application_id": number, "approval": "approved", "setl_id": bill.key[1], "found": found}
        assert self.order("objection", **says, keep_digest="1:other").code == "stale"
        news = {**read_word(bill).get("found", {}), **found} != read_word(bill).get("found", {})
        outcome = self.order("objection", **says)
        assert outcome.code == ("applied" if news else "no_effect")
        if news:
            self.found[bill.key[1]] = self.found.get(bill.key[1], {}) | found
        self.order("objection", application_id=number, approval="refused")

    @precondition(lambda self: any(pending(bill) for bill in self.bills()))
    @rule(data=st.data(), approval=st.sampled_from(["approved", "waived", "refused"]))
    def word_on_money_back(self, data: st.DataObject, approval: str) -> None:
        bill = data.draw(st.sampled_from([bill for bill in self.bills() if pending(bill)]))
        before = self.amounts(), self.years()
        assert bill.decision is not None
        assert self.order("recovery", decision_id=bill.decision["id"], approval=approval).code == "applied"
        assert (self.amounts(), self.years()) == before
        (after,) = (other for other in self.bills() if other.key == bill.key)
        assert pending(after) == {}

    @precondition(lambda self: self.bills())
    @rule(data=st.data(), kind=st.sampled_from(["fraud", "needs_person", "exclusion", "insured_place", "recovery"]))
    def a_wrong_order_moves_nothing(self, data: st.DataObject, kind: str) -> None:
        """One officer alone, or a decision that nobody ever made."""
        bill = data.draw(st.sampled_from(self.bills()))
        before = self.amounts(), self.years(), [bill.paid for bill in self.bills()]
        says: dict[str, Any] = {"setl_id": bill.key[1], "exclusion": "self_harm", "county": "522701"}
        says |= {"decision": {"amounts": {"ordinary": "1.00"}}, "approval": "approved", "decision_id": "a" * 32}
        alone = data.draw(st.booleans())
        outcome = self.order(kind, **says, **({"second_signer": "E1"} if alone else {}))
        assert outcome.code in ({"no_effect"} if alone else {"stale", "no_effect"})
        assert (outcome.decisions, outcome.opened, outcome.closed) == ([], [], [])
        assert (self.amounts(), self.years(), [bill.paid for bill in self.bills()]) == before

    @invariant()
    def agrees_with_the_oracle(self) -> None:
        settle, newest = the_fold.settled, the_fold.newest

        def settled(city: Any, setl_id: str, bill: Any, facts: Any, used: dict[str, int]) -> dict[str, Any]:
            found = {**bill, **self.found.get(setl_id, {})}
            if setl_id not in self.fraud:
                return settle(city, setl_id, found, facts, used)
            row = settle(city, setl_id, found, facts, defaultdict(int, used))
            governed = row["status"] == "decided" and row["reason"] not in the_fold.REFUSALS[:2]
            return the_fold.row("decided", "fraud") if governed else row

        def as_ruled(events: list[Any], kind: str) -> list[Any]:
            standing = newest(events, kind)
            if kind == "application.filed":
                return [e for e in standing if not self.stands(e, approved=False)]
            return standing + self.by_order(standing) if kind == "identity.changed" else standing

        with patch.object(the_fold, "settled", settled), patch.object(the_fold, "newest", as_ruled):
            expected = oracle(self.said, said_digest).get(PERSON, {"bills": {}, "years": {}})
        bills = {key: shown(**row) for key, row in expected["bills"].items() if row["status"] != "parked"}
        assert {bill.key: shown(bill.status, bill.reason, **bill.layers) for bill in self.bills()} == bills
        assert self.years() == {
            year: {f"{name}_used": used for name, used in counters.items() if used}
            for year, counters in expected["years"].items()
        }

    @invariant()
    def what_was_left_with_a_person_is_never_more_than_what_he_owes(self) -> None:
        for bill in self.bills():
            if bill.undone or bill.window is None:
                continue
            for layer, owed in pending(bill).items():
                assert 0 < owed <= outstanding(bill)[layer]

    @invariant()
    def open_tasks_have_a_cause(self) -> None:
        super().open_tasks_have_a_cause()
        standing = {(e["application_id"]) for e in self.newest_applications() if e["kind"] == "class_recognition"}
        tasks = [task for task in self.tasks() if task["kind"] == "application"]
        assert {task["subject"].rpartition("|")[2] for task in tasks} <= standing

    def order(self, kind: str, **says: Any) -> Outcome:
        self.ordering += 1
        signed = {"author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-06-01"}
        value = {"order_id": f"R{self.ordering}", "kind": kind, **signed, **says}
        outcome = self.say(histories.stated(type="office.ordered", **value))
        assert outcome.code in {"applied", "stale", "no_effect"}
        return outcome

    def newest_applications(self) -> list[dict[str, Any]]:
        """The newest revision of each application, withdrawn ones too."""
        best: dict[str, dict[str, Any]] = {}
        for e in self.said:
            if (
                e["type"] == "application.filed"
                and e["revision"] > best.get(e["application_id"], {"revision": 0})["revision"]
            ):
                best[e["application_id"]] = e
        return list(best.values())

    def stands(self, e: dict[str, Any], *, approved: bool) -> bool:
        """A ruling of that kind stands on the application: it asks for what it asked for then."""
        ruled = self.ruled.get(e["application_id"])
        return ruled is not None and ruled["approved"] is approved and ruled["asks"] == asks(e)

    def by_order(self, listed: list[Any]) -> list[dict[str, Any]]:
        """Identities that rest on approved applications: the list has not spoken of the name since."""
        found = []
        for e in self.newest_applications():
            if e["kind"] != "class_recognition" or e.get("withdrawn") or not self.stands(e, approved=True):
                continue
            same = [i for i in listed if i["identity"] == e["identity"]]
            if not any(i.get("removed_on") is None or i["removed_on"] > e["applied_on"] for i in same):
                on = self.ruled[e["application_id"]]["on"]
                found.append({"identity": e["identity"], "recognised_on": on, "applied_on": e["applied_on"]})
        return found

    def tasks(self) -> list[dict[str, Any]]:
        from workers.entitlement.state import FACTS, Facts

        raw = self.memory.get(FACTS)
        return [] if raw is None else list(Facts.unpack(raw).tasks.values())


def asks(e: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in e.items() if name not in NOT_SUBSTANCE}


def test_bills_keep_what_was_ruled_in_their_bytes() -> None:
    bill = Bill(arrival=(1, 0, 1), facts={"region": "1", "setl_id": "S"}, digest="1:a", ordered={"fraud": "O1"})  # type: ignore[arg-type]
    assert Bill.unpack(bill.pack()).ordered == {"fraud": "O1"}


TestOrderedHistory = OrderedHistory.TestCase
TestOrderedHistory.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
