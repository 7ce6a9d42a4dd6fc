"""Applications that only an officer can answer: their tasks, what an answer does, and when it is over."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.unit.entitlement.order_words import application, order
from tests.unit.entitlement.small_law import REGION, World, final, identity, tilt_application
from workers.entitlement.records import Cancel, PersonRecord
from workers.entitlement.state import KNOWN, Known


@pytest.fixture
def world() -> World:
    return World()


def kinds(world: World) -> list[str]:
    return [task["kind"] for task in world.facts().tasks.values()]


def test_an_application_for_recognition_opens_a_task_that_says_what_is_asked(world: World) -> None:
    (task,) = world.say(application("class_recognition", identity="低保对象")).opened
    assert (task.kind, task.bill, dict(task.facts)) == (
        "application",
        None,
        {
            "region": REGION,
            "application_id": "A9",
            "asks": "class_recognition",
            "applied_on": "2023-06-01",
            "revision": 1,
            "identity": "低保对象",
        },
    )
    assert world.say(application("class_recognition", 2, identity="低保对象", withdrawn=True)).closed[0].because == (
        "cause_gone"
    )


def test_an_approved_recognition_counts_from_the_day_of_the_order(world: World) -> None:
    task = world.say(application("class_recognition", identity="低保对象")).opened[0]
    world.say(final("S1", discharged_on="2023-06-30"))
    world.say(final("S2", discharged_on="2023-07-01"))
    approved = order("O1", "application", application_id="A9", approval="approved", task_id=task.task_id)
    outcome = world.say(approved)
    assert (outcome.code, [end.because for end in outcome.closed]) == ("applied", ["order"])
    assert [world.bill(setl_id).reason for setl_id in ("S1", "S2")] == ["no_identity", "assisted"]


def test_the_list_itself_takes_the_place_of_an_approval(world: World) -> None:
    world.say(application("class_recognition", identity="低保对象"))
    world.say(final("S1", discharged_on="2023-07-02"))
    world.say(order("O1", "application", application_id="A9", approval="approved"))
    assert world.bill("S1").reason == "assisted"
    outcome = world.say(identity(recognised_on="2023-08-01"))
    assert (outcome.decisions[0].reason, kinds(world)) == ("no_identity", ["recovery"])


def test_a_list_that_comes_first_leaves_nothing_to_approve(world: World) -> None:
    world.say(identity(recognised_on="2023-06-15"))
    assert world.say(application("class_recognition", identity="低保对象")).opened == []


def test_a_refused_application_gives_nothing(world: World) -> None:
    world.say(identity())
    world.say(final("S1", 6_000_00))
    world.say(tilt_application())
    assert world.bill("S1").layers["tilt"] == 500_00
    assert world.say(order("O1", "application", application_id="A1", approval="refused")).code == "applied"
    assert world.bill("S1").layers["tilt"] == 0
    assert world.say(order("O2", "application", application_id="A1", approval="approved")).code == "stale"


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ({"fact_revision": 1}, "stale"),
        ({"fact_revision": 3}, "no_effect"),
        ({"fact_revision": 2}, "applied"),
        ({"application_id": "A8"}, "no_effect"),
        ({"approval": "waived"}, "no_effect"),
    ],
)
def test_an_order_speaks_of_the_revision_the_officer_read(world: World, says: dict[str, Any], code: str) -> None:
    world.say(application("class_recognition", 2, identity="低保对象"))
    outcome = world.say(order("O1", "application", **{"application_id": "A9", "approval": "approved", **says}))
    assert (outcome.code, kinds(world)) == (code, [] if code == "applied" else ["application"])


def test_a_ruling_outlives_a_revision_that_asks_the_same_and_no_other(world: World) -> None:
    world.say(application("class_recognition", identity="低保对象"))
    world.say(order("O1", "application", application_id="A9", approval="refused"))
    assert world.say(application("class_recognition", 2, identity="低保对象")).opened == []
    reopened = world.say(application("class_recognition", 3, identity="低保边缘家庭人口"))
    assert [task.kind for task in reopened.opened] == ["application"]


def test_a_manual_claim_waits_for_its_bill_or_for_an_officer(world: World) -> None:
    world.say(identity())
    opened = world.say(application("manual_claim", setl_ids=["S1", "S2"])).opened
    assert [(task.kind, task.facts["setl_ids"]) for task in opened] == [("manual_claim", "S1,S2")]
    world.say(final("S1", channel="manual"))
    assert kinds(world) == ["manual_claim"]
    world.say(final("S2", channel="manual"))
    assert kinds(world) == []


def test_a_refused_manual_claim_pays_nothing(world: World) -> None:
    world.say(identity())
    world.say(application("manual_claim", setl_ids=["S1"]))
    world.say(order("O1", "application", application_id="A9", approval="refused"))
    assert kinds(world) == []
    assert world.say(final("S1", channel="manual")).reason == "claim_refused"
    assert (world.bill("S1").figures["excluded"], world.year()) == (1_000_00, {})
    world.say(application("manual_claim", key="A10", setl_ids=["S1"]))
    assert world.bill("S1").reason == "assisted"


def test_a_claim_that_was_refused_and_then_withdrawn_bars_nothing(world: World) -> None:
    world.say(identity())
    world.say(application("manual_claim", setl_ids=["S1"]))
    world.say(order("O1", "application", application_id="A9", approval="refused"))
    assert world.say(final("S1", channel="manual")).reason == "claim_refused"
    world.say(application("manual_claim", 2, setl_ids=["S1"], withdrawn=True))
    assert world.bill("S1").reason == "assisted"


def test_a_proof_ends_the_task_of_an_application_for_what_was_not_assisted_elsewhere(world: World) -> None:
    (task,) = world.say(application("elsewhere")).opened
    assert task.facts["wants"] == "not_assisted_proof"
    says = {"application_id": "A9", "not_assisted_proof": True}
    assert world.say(order("O1", "proof", task_id=task.task_id, **says)).code == "applied"
    assert world.say(order("O2", "proof", **says)).code == "stale"
    assert kinds(world) == []
    assert world.say(order("O3", "proof", application_id="A1", not_assisted_proof=True)).code == "no_effect"


def objected(world: World) -> tuple[str, str]:
    """A bill and an objection against its decision: task and decision."""
    world.say(identity())
    decision = world.say(final("S1")).decisions[0].decision_id
    (task,) = world.say(application("objection", setl_ids=["S1"])).opened
    assert (task.kind, task.facts["decision_id"]) == ("objection", decision)
    return task.task_id, decision


def test_an_objection_is_upheld(world: World) -> None:
    task_id, _ = objected(world)
    outcome = world.say(order("O1", "objection", task_id=task_id, application_id="A9", approval="refused"))
    assert (outcome.code, outcome.decisions, kinds(world)) == ("applied", [], [])
    assert world.bill("S1").layers["ordinary"] == 700_00


def test_an_objection_is_answered_with_amounts_that_stand_against_the_law(world: World) -> None:
    _, decision_id = objected(world)
    says = {"application_id": "A9", "approval": "approved", "decision_id": decision_id}
    assert world.say(order("O1", "objection", "S1", amounts={"ordinary": 1_000_01}, **says)).code == "no_effect"
    assert world.say(order("O2", "objection", "S7", amounts={"ordinary": 1_00}, **says)).code == "no_effect"
    outcome = world.say(order("O3", "objection", "S1", amounts={"ordinary": 800_00}, **says))
    (decision,) = outcome.decisions
    assert [(p.payee, p.amount) for p in decision.postings] == [("person", 100_00)]
    assert (kinds(world), world.year()) == ([], {"ordinary_used": 800_00})
    world.say(final("S2"))
    assert world.bill("S1").layers["ordinary"] == 800_00


def test_an_objection_is_answered_with_what_was_found(world: World) -> None:
    objected(world)
    world.say(order("O0", "exclusion", "S1", exclusion="other"))
    outdated = order("O1", "objection", "S1", application_id="A9", approval="approved", found={"designated": True})
    stale = outdated._replace(decision_id="a" * 32)
    assert world.say(stale).code == "stale"
    assert world.say(outdated._replace(order_id="O2")).code == "applied"
    assert world.bill("S1").said["designated"] is True


def test_an_order_that_contradicts_itself_or_a_cancelled_bill_says_nothing(world: World) -> None:
    objected(world)
    says = {"application_id": "A9", "amounts": {"ordinary": 1_00}}
    assert world.say(order("O1", "objection", "S1", approval="refused", **says)).code == "no_effect"
    world.say(Cancel(REGION, "S1", "C1"))
    assert world.say(order("O2", "objection", "S1", approval="approved", **says)).code == "stale"
    assert kinds(world) == ["objection"]


def test_what_another_office_answered_closes_a_task(world: World) -> None:
    world.say(identity())
    (task,) = world.say(identity(removed_on="2023-04-01")).opened
    assert world.say(order("O1", "follow_up", task_id=task.task_id)).code == "applied"
    assert kinds(world) == []


def test_the_order_of_independent_facts_does_not_matter() -> None:
    """An approval commutes with bills and lists that come around it."""
    around: list[PersonRecord] = [
        order("O1", "application", application_id="A9", approval="approved"),
        identity(1, "低保边缘家庭人口", "I2", removed_on="2023-06-20"),
        application("manual_claim", key="A10", setl_ids=["S5"]),
    ]
    found = set()
    for sequence in permutations(around):
        world = World()
        world.say(application("class_recognition", identity="低保对象"))
        world.say(final("S1", discharged_on="2023-07-01"))
        for record in sequence:
            world.say(record)
        known = Known.unpack(world.memory.state[KNOWN])
        amounts = world.bill("S1").layers, world.bill("S1").reason, world.year()
        found.add((str(amounts), str(sorted(known.others.items())), tuple(sorted(kinds(world)))))
    assert len(found) == 1


@pytest.mark.parametrize(
    "spoken", [{"recognised_on": "2023-01-01", "removed_on": "2023-06-01"}, {"revision": 2, "withdrawn": True}]
)
def test_a_list_that_spoke_before_or_took_its_word_back_does_not_replace_an_approval(
    world: World, spoken: dict[str, Any]
) -> None:
    world.say(application("class_recognition", identity="低保对象"))
    world.say(final("S1", discharged_on="2023-07-02"))
    world.say(order("O1", "application", application_id="A9", approval="approved"))
    world.say(identity(**spoken))
    assert world.bill("S1").reason == "assisted"


def test_a_ruling_is_changed_by_an_order_of_a_later_day_only(world: World) -> None:
    world.say(application("class_recognition", identity="低保对象"))
    says = {"application_id": "A9"}
    assert world.say(order("O1", "application", approval="refused", **says)).code == "applied"
    same_day = order("O2", "application", approval="approved", **says)
    assert world.say(same_day).code == "stale"
    assert world.say(order("O3", "application", approval="refused", **{**says, "ordered_on": "2023-07-02"})).code == (
        "stale"
    )
    assert world.say(order("O4", "application", approval="approved", **{**says, "ordered_on": "2023-07-02"})).code == (
        "applied"
    )
