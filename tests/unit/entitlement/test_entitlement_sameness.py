"""Every row of records.md §3: what arrives under a key that is known, and what comes of it."""

from __future__ import annotations

import pytest

from tests.unit.entitlement.small_law import REGION, World, final, identity
from workers.entitlement.conflict import RIVALS_MAX, in_conflict
from workers.entitlement.records import Cancel, Order


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def test_a_new_bill_is_decided(world: World) -> None:
    outcome = world.say(final("S1", 1_000_00))
    assert (outcome.code, outcome.status, outcome.reason) == ("decided", "decided", "assisted")
    assert outcome.layers == {"ordinary": 700_00, "tilt": 0}
    (decision,) = outcome.decisions
    assert (decision.sequence, decision.supersedes) == (1, None)
    assert [(p.payee, p.kind, p.amount) for p in decision.postings] == [("hospital", "settle", 700_00)]
    assert world.year() == {"ordinary_used": 700_00}


def test_the_same_bill_again_is_answered_with_the_stored_decision(world: World) -> None:
    first = world.say(final("S1"))
    again = world.say(final("S1"))
    assert again.code == "repeat"
    assert again.decision_ids == first.decision_ids
    assert (again.layers, again.decisions, again.years) == (first.layers, [], [])
    assert world.year() == {"ordinary_used": 700_00}


def test_the_same_bill_by_another_channel_is_confirmed_and_pays_once(world: World) -> None:
    first = world.say(final("S1", channel="one_stop"))
    again = world.say(final("S1", channel="manual"))
    assert (again.code, again.decision_ids, again.decisions) == ("confirmed", first.decision_ids, [])


def test_a_body_with_fewer_facts_and_no_contradiction_is_a_repeat(world: World) -> None:
    world.say(final("S1", total_fee=2_000_00))
    assert world.say(final("S1")).code == "repeat"
    assert world.bill("S1").facts["total_fee"] == 2_000_00


def test_absent_facts_complete_a_held_bill_at_its_place(world: World) -> None:
    held = world.say(final("S1", None))
    assert (held.code, held.reason, held.decisions) == ("held", "fact_missing", [])
    world.say(final("S2", 3_900_00))
    completed = world.say(final("S1", 1_000_00))
    assert (completed.code, completed.status, completed.layers) == (
        "completed",
        "decided",
        {"ordinary": 700_00, "tilt": 0},
    )
    # S1 came first and takes the cap first: S2 goes from 2,730.00 down to 2,300.00
    by_bill = {decision.bill[1]: decision for decision in completed.decisions}
    assert by_bill["S2"].delta["ordinary"] == -430_00
    assert [(p.payee, p.amount) for p in by_bill["S2"].postings] == [("recovery", -430_00)]
    assert world.year() == {"ordinary_used": 3_000_00}


def test_a_completion_that_changes_no_amount_decides_nothing(world: World) -> None:
    world.say(final("S1"))
    outcome = world.say(final("S1", total_fee=2_000_00))
    assert (outcome.code, outcome.decisions) == ("completed", [])


def test_insurance_results_that_come_later_complete_the_bill(world: World) -> None:
    assert world.say(final("S1", insurance_settled=False)).reason == "insurance_result_missing"
    assert world.say(final("S1", insurance_settled=True)).code == "completed"
    assert world.bill("S1").status == "decided"
    assert world.say(final("S1", insurance_settled=False)).code == "repeat"


def test_a_changed_fact_is_a_conflict_without_effect_and_a_task(world: World) -> None:
    first = world.say(final("S1", 1_000_00))
    conflict = world.say(final("S1", 900_00))
    assert (conflict.code, conflict.decision_ids, conflict.layers) == ("conflict", first.decision_ids, first.layers)
    (task,) = conflict.opened
    assert (task.kind, task.bill, conflict.tasks) == ("conflict", (REGION, "S1"), [task.task_id])
    assert task.facts["kept"] == world.bill("S1").digest
    again = world.say(final("S1", 900_00))
    assert (again.code, again.tasks, again.opened) == ("conflict", [task.task_id], [])


def test_rivals_are_bounded(world: World) -> None:
    world.say(final("S1", 1_000_00))
    for amount in range(RIVALS_MAX + 3):
        assert world.say(final("S1", amount)).code == "conflict"
    assert len(world.bill("S1").rivals) == RIVALS_MAX
    assert len(world.facts().tasks) == 1


def test_judged_rivals_make_room_so_that_a_task_always_has_its_rival(world: World) -> None:
    world.say(final("S1", 1_000_00))
    for amount in range(RIVALS_MAX):
        world.say(final("S1", amount))
    world.say(Cancel(REGION, "S1", "C1"))
    again = world.say(final("S1", 77_00))
    assert (again.code, len(again.opened), in_conflict(world.bill("S1"))) == ("conflict", 1, True)
    assert len(world.bill("S1").rivals) == RIVALS_MAX


def test_an_order_keeps_the_rival_and_the_hospital_gives_back_the_difference(world: World) -> None:
    world.say(final("S1", 1_000_00))
    task = world.say(final("S1", 900_00)).opened[0]
    order = _keep(task.facts["rival"], task.task_id)
    ended = world.say(order)
    assert (ended.code, ended.layers) == ("applied", {"ordinary": 630_00, "tilt": 0})
    assert [(p.payee, p.kind, p.amount) for p in ended.decisions[0].postings] == [("hospital", "adjust", -70_00)]
    assert [(end.task_id, end.because) for end in ended.closed] == [(task.task_id, "order")]
    assert world.say(order).code == "repeat"
    # the body that lost is known: a blind retry opens no second task
    retry = world.say(final("S1", 1_000_00))
    assert (retry.code, retry.opened, retry.tasks) == ("conflict", [], [])


def test_an_order_keeps_what_is_there(world: World) -> None:
    world.say(final("S1", 1_000_00))
    task = world.say(final("S1", 900_00)).opened[0]
    ended = world.say(_keep(task.facts["kept"]))
    assert (ended.code, ended.decisions, len(ended.closed)) == ("applied", [], 1)
    assert world.say(final("S1", 900_00)).tasks == []


def test_an_order_for_a_digest_nobody_states_is_stale(world: World) -> None:
    world.say(final("S1", 1_000_00))
    world.say(final("S1", 900_00))
    assert world.say(_keep("1:00")).code == "stale"
    assert len(world.facts().tasks) == 1


def test_an_order_without_conflict_or_with_an_unknown_task_has_no_effect(world: World) -> None:
    world.say(final("S1", 1_000_00))
    assert world.say(_keep(world.bill("S1").digest)).code == "no_effect"
    assert world.say(_keep(world.bill("S1").digest, "unknown")).code == "no_effect"


def test_a_cancel_ends_the_conflict(world: World) -> None:
    world.say(final("S1", 1_000_00))
    task = world.say(final("S1", 900_00)).opened[0]
    ended = world.say(Cancel(REGION, "S1", "C1"))
    assert [(end.task_id, end.because) for end in ended.closed] == [(task.task_id, "cause_gone")]
    assert world.facts().tasks == {}


def test_the_highest_revision_wins_whatever_the_arrival(world: World) -> None:
    assert world.say(identity(3, removed_on="2023-04-01")).code == "applied"
    assert world.say(identity(2)).code == "stale"
    assert world.say(final("S1")).reason == "no_identity"


def test_same_revision_same_body_is_a_repeat_other_body_a_conflict(world: World) -> None:
    assert world.say(identity(1)).code == "repeat"
    conflict = world.say(identity(1, removed_on="2023-04-01"))
    assert (conflict.code, len(conflict.opened)) == ("conflict", 1)
    assert world.say(final("S1")).reason == "assisted"
    ended = world.say(identity(2))
    assert (ended.code, [end.because for end in ended.closed]) == ("applied", ["cause_gone"])


def test_unknown_keys_are_processed_whatever_the_region(world: World) -> None:
    world.say(final("S1"))
    assert world.say(final("S1", region="440700")).code == "decided"
    assert world.year() == {"ordinary_used": 1_400_00}


def _keep(digest: object, task_id: str | None = None) -> Order:
    body = {"keep": digest, "task": task_id}
    return Order(f"O-{digest}-{task_id}", "conflict_resolved", task_id, REGION, "S1", str(digest), None, body)
