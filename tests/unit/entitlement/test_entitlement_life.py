"""The life cycle of records.md §4: cancel, reverse, reinstate, whichever comes first, and who gets the money back."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.unit.entitlement.small_law import REGION, SmallLaw, World, final, identity
from workers.entitlement.advance import end_of_day
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Cancel, Reinstate, Reverse

PERSON = "a" * 64


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def postings(outcome: Outcome) -> list[tuple[str, str, str, int]]:
    return [(d.bill[1], p.payee, p.kind, p.amount) for d in outcome.decisions for p in d.postings]


def accounts(world: World) -> dict[str, int]:
    """Net of all postings so far by payee."""
    net: dict[str, int] = defaultdict(int)
    for outcome in world.outcomes:
        for _, payee, _, amount in postings(outcome):
            net[payee] += amount
    return {payee: amount for payee, amount in net.items() if amount}


def cancel(setl_id: str = "S1", own_id: str = "C1") -> Cancel:
    return Cancel(REGION, setl_id, own_id)


def reinstate(setl_id: str = "S1", cancel_own_id: str = "C1", own_id: str = "R1") -> Reinstate:
    return Reinstate(REGION, setl_id, cancel_own_id, own_id)


def reverse(**names: str) -> Reverse:
    return Reverse(REGION, names.pop("reversal_id", "V1"), **names)


def test_a_cancel_takes_everything_back_from_the_hospital(world: World) -> None:
    first = world.say(final("S1"))
    outcome = world.say(cancel())
    assert (outcome.code, outcome.status, outcome.reason) == ("decided", "reversed", "cancelled")
    assert outcome.layers == {"ordinary": 0, "tilt": 0}
    (decision,) = outcome.decisions
    assert (decision.supersedes, decision.delta) == (first.decision_ids[0], {"ordinary": -700_00, "tilt": 0})
    assert set(decision.figures.values()) == {0}
    assert postings(outcome) == [("S1", "hospital", "undo", -700_00)]
    assert world.year() == {}
    assert [year.counters for year in outcome.years] == [{"ordinary_used": 0}]


def test_the_same_cancel_again_is_a_repeat_and_another_one_has_no_effect(world: World) -> None:
    world.say(final("S1"))
    taken = world.say(cancel())
    again = world.say(cancel())
    assert (again.code, again.decision_ids, again.decisions) == ("repeat", taken.decision_ids, [])
    second = world.say(cancel(own_id="C2"))
    assert (second.code, second.decisions) == ("no_effect", [])
    # the second one was remembered: reinstating the first is not enough
    assert world.say(reinstate()).code == "no_effect"
    assert world.bill("S1").status == "reversed"
    assert world.say(reinstate(cancel_own_id="C2", own_id="R2")).code == "decided"
    assert world.bill("S1").layers["ordinary"] == 700_00


def test_the_same_bill_after_a_cancel_stays_cancelled_and_is_answered_so(world: World) -> None:
    world.say(final("S1"))
    taken = world.say(cancel())
    again = world.say(final("S1"))
    assert (again.code, again.status, again.reason) == ("repeat", "reversed", "cancelled")
    assert (again.decision_ids, again.decisions) == (taken.decision_ids, [])


def test_a_cancelled_bill_may_be_cancelled_again_after_its_reinstatement(world: World) -> None:
    world.say(final("S1"))
    world.say(cancel())
    world.say(reinstate())
    assert world.say(cancel(own_id="C2")).code == "decided"
    assert (world.bill("S1").status, accounts(world)) == ("reversed", {})


def test_a_reinstated_bill_returns_to_its_first_place(world: World) -> None:
    world.say(final("S1", 4_000_00))  # 2,800.00 of the cap of 3,000.00
    world.say(final("S2", 1_000_00))  # 200.00 are left
    freed = world.say(cancel())
    assert postings(freed) == [("S1", "hospital", "undo", -2_800_00), ("S2", "person", "adjust", 500_00)]
    back = world.say(reinstate())
    assert (back.code, back.status) == ("decided", "decided")
    assert postings(back) == [("S1", "hospital", "undo", 2_800_00), ("S2", "recovery", "adjust", -500_00)]
    assert (world.bill("S1").layers["ordinary"], world.bill("S2").layers["ordinary"]) == (2_800_00, 200_00)
    assert world.year() == {"ordinary_used": 3_000_00}


def test_cancel_and_reinstatement_restore_the_accounts_exactly(world: World) -> None:
    world.say(final("S1", 1_000_00))
    world.adopt(SmallLaw(80))  # +100.00 to the person
    before = accounts(world)
    assert before == {"hospital": 700_00, "person": 100_00}
    undone = world.say(cancel())
    assert postings(undone) == [("S1", "hospital", "undo", -700_00), ("S1", "recovery", "undo", -100_00)]
    world.say(reinstate())
    assert accounts(world) == before


def test_a_cancel_after_a_withdrawn_identity_lets_the_recovery_lapse(world: World) -> None:
    world.say(final("S1", 1_000_00))
    withdrawn = world.say(identity(2, withdrawn=True))
    assert postings(withdrawn) == [("S1", "recovery", "adjust", -700_00)]
    assert (world.bill("S1").status, world.bill("S1").reason) == ("decided", "no_identity")
    outcome = world.say(cancel())
    assert postings(outcome) == [("S1", "hospital", "undo", -700_00), ("S1", "recovery", "undo", 700_00)]
    assert accounts(world) == {}


def test_a_reinstatement_repeated_or_by_another_id(world: World) -> None:
    world.say(final("S1"))
    world.say(cancel())
    world.say(reinstate())
    assert world.say(reinstate()).code == "repeat"
    assert world.say(reinstate(own_id="R2")).code == "no_effect"


def test_a_reversal_of_the_bill_is_final(world: World) -> None:
    world.say(final("S1"))
    outcome = world.say(reverse(setl_id="S1"))
    assert (outcome.code, outcome.reason) == ("decided", "reversed")
    assert postings(outcome) == [("S1", "hospital", "undo", -700_00)]
    assert world.say(reverse(setl_id="S1", reversal_id="V2")).code == "repeat"
    assert world.say(cancel()).code == "no_effect"
    assert world.say(reinstate()).code == "no_effect"
    assert world.bill("S1").reason == "reversed"


def test_a_reversal_of_a_cancelled_bill_changes_only_the_reason(world: World) -> None:
    world.say(final("S1"))
    world.say(cancel())
    outcome = world.say(reverse(setl_id="S1"))
    assert (outcome.code, outcome.reason, postings(outcome)) == ("decided", "reversed", [])
    assert world.say(reinstate()).code == "no_effect"


def test_a_reversal_by_the_message_number_of_a_retry(world: World) -> None:
    world.say(final("S1", msgid="M1"))
    world.say(final("S1", msgid="M2"))
    assert world.say(reverse(msgid="M2")).reason == "reversed"


@pytest.mark.parametrize("names", [{"own_id": "C1"}, {"setl_id": "C1"}, {"msgid": "C1"}])
def test_a_reversal_that_names_a_cancel_reinstates(world: World, names: dict[str, str]) -> None:
    world.say(final("S1"))
    world.say(cancel())
    outcome = world.say(reverse(**names))
    assert (outcome.code, outcome.bill, outcome.status) == ("decided", (REGION, "S1"), "decided")
    assert world.year() == {"ordinary_used": 700_00}


def test_a_reversal_of_a_cancel_may_name_the_bill_too(world: World) -> None:
    world.say(final("S1"))
    world.say(cancel())
    assert world.say(reverse(setl_id="S1", own_id="C1")).status == "decided"
    assert world.bill("S1").reversed_by is None


def test_a_cancel_that_comes_first_waits_and_takes_the_bill(world: World) -> None:
    waits = world.say(cancel())
    assert (waits.code, waits.status, waits.reason) == ("parked", "parked", "waits_for_bill")
    assert waits.next_deadline == "2023-07-01"  # 30 business dates after the open one
    assert world.say(cancel()).code == "repeat"
    outcome = world.say(final("S1"))
    assert (outcome.code, outcome.status, outcome.reason) == ("decided", "reversed", "cancelled")
    (decision,) = outcome.decisions
    assert (decision.measure, decision.year, decision.status) == ("QN", 2023, "reversed")
    assert (sum(decision.layers.values()), decision.postings) == (0, ())
    assert (world.facts().parked, outcome.deadlines_changed, outcome.next_deadline) == ([], True, None)
    assert world.law.asked == 0


def test_a_bill_that_came_after_its_cancel_is_paid_when_reinstated(world: World) -> None:
    world.say(cancel())
    world.say(final("S1"))
    outcome = world.say(reinstate())
    assert postings(outcome) == [("S1", "hospital", "settle", 700_00)]


def test_at_the_deadline_a_task_opens_and_the_cancel_stays(world: World) -> None:
    world.say(cancel())
    before = end_of_day(PERSON, world.memory, "2023-06-30", world.bounds)
    assert (before.opened, before.deadlines_changed) == ([], False)
    due = end_of_day(PERSON, world.memory, "2023-07-01", world.bounds)
    assert [(task.kind, task.bill) for task in due.opened] == [("cancel_without_bill", (REGION, "S1"))]
    assert due.next_deadline is None
    assert end_of_day(PERSON, world.memory, "2023-07-02", world.bounds).opened == []
    late = world.say(final("S1"))
    assert (late.status, [end.because for end in late.closed]) == ("reversed", ["cause_gone"])
    assert world.facts().tasks == {}


def test_what_was_parked_before_any_day_closed_gets_its_deadline_with_the_first(world: World) -> None:
    world.open_day = None
    assert world.say(cancel()).next_deadline == ""
    first = end_of_day(PERSON, world.memory, "2023-05-31", world.bounds)
    assert (first.opened, first.next_deadline) == ([], "2023-06-30")


def test_a_reinstatement_may_come_before_its_cancel_and_both_before_the_bill(world: World) -> None:
    assert world.say(reinstate()).code == "parked"
    assert world.say(cancel()).code == "parked"
    assert world.say(final("S1")).status == "decided"
    assert world.facts().parked == []


def test_a_reinstatement_that_waits_makes_its_cancel_powerless(world: World) -> None:
    world.say(final("S1"))
    assert world.say(reinstate()).code == "parked"
    outcome = world.say(cancel())
    assert (outcome.code, outcome.status, outcome.decisions) == ("no_effect", "decided", [])
    assert world.facts().parked == []


@pytest.mark.parametrize("names", [{"setl_id": "S1"}, {"msgid": "M1"}])
def test_a_reversal_that_comes_first(world: World, names: dict[str, str]) -> None:
    assert world.say(reverse(**names)).code == "parked"
    assert world.say(reverse(**names, reversal_id="V2")).code == "repeat"
    assert world.say(final("S1", msgid="M1")).reason == "reversed"


def test_a_parked_reversal_is_met_by_the_message_number_of_a_retry(world: World) -> None:
    world.say(final("S1", msgid="M1"))
    world.say(reverse(msgid="M2"))
    outcome = world.say(final("S1", msgid="M2"))
    assert (outcome.code, outcome.reason, len(outcome.decisions)) == ("decided", "reversed", 1)
    assert accounts(world) == {}


def test_a_parked_reversal_of_a_cancel(world: World) -> None:
    world.say(final("S1"))
    assert world.say(reverse(own_id="C1")).code == "parked"
    assert world.say(cancel()).status == "decided"


def test_a_cancel_of_another_region_is_another_cancel(world: World) -> None:
    world.say(final("S1"))
    assert world.say(Cancel("440700", "S1", "C1")).code == "parked"


def test_a_held_bill_that_is_cancelled_leaves_no_money_trace(world: World) -> None:
    assert world.say(final("S1", None)).code == "held"
    outcome = world.say(cancel())
    assert (outcome.code, outcome.status) == ("decided", "reversed")
    assert [(d.status, d.supersedes, d.postings) for d in outcome.decisions] == [("reversed", None, ())]
    back = world.say(reinstate())
    assert (back.code, back.status, back.reason) == ("held", "held", "fact_missing")
    assert postings(world.say(final("S1", 1_000_00))) == [("S1", "hospital", "settle", 700_00)]


def test_a_manual_claim_pays_the_person_and_is_recovered_when_cancelled(world: World) -> None:
    assert postings(world.say(final("S1", channel="manual"))) == [("S1", "person", "settle", 700_00)]
    assert postings(world.say(cancel())) == [("S1", "recovery", "undo", -700_00)]
    assert postings(world.say(reinstate())) == [("S1", "recovery", "undo", 700_00)]
    assert accounts(world) == {"person": 700_00}
