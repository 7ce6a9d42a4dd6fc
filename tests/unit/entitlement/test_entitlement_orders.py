"""What each order does to a bill, and that a wrong or outdated one moves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.entitlement.order_words import order
from tests.unit.entitlement.small_law import REGION, SmallLaw, World, final, identity
from workers.entitlement.office import pending
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Cancel, Final, Reinstate
from workers.policy.types import Status


class StrictLaw(SmallLaw):
    """The small law with an exclusion: what people found takes a bill out; no receipt known: held."""

    def decide(self, bill: Any, person: Any, counters: Any) -> Any:
        if bill.exclusion == "illegal_act":
            return self._verdict(bill, "excluded", {"ordinary": 0}, {}, 0, excluded=bill.in_scope_personal)
        if bill.channel == "manual" and bill.formal_receipt is None:
            return self._open(bill, Status.HELD, "fact_missing")
        return super().decide(bill, person, counters)


@pytest.fixture
def world() -> World:
    world = World(StrictLaw())
    world.say(identity())
    return world


def posted(outcome: Outcome) -> list[tuple[str, int, bool]]:
    return [(p.payee, p.amount, p.pending) for decision in outcome.decisions for p in decision.postings]


def test_one_officer_alone_decides_nothing(world: World) -> None:
    world.say(final("S1"))
    alone = order("O1", "exclusion", "S1", exclusion="illegal_act", second_signer="U1")
    assert (world.say(alone).code, world.bill("S1").layers["ordinary"]) == ("no_effect", 700_00)


def test_a_task_that_is_over_makes_an_order_stale_and_an_invented_one_says_nothing(world: World) -> None:
    task = world.say(final("S1", exclusion="other")).opened[0]
    world.say(Cancel(REGION, "S1", "C1"))
    world.say(Reinstate(REGION, "S1", "C1", "R1"))
    amounts = {"ordinary": 1_00}
    over = order("O1", "needs_person", "S1", amounts=amounts, task_id=task.task_id)
    assert world.say(over).code == "stale"
    assert world.say(over._replace(order_id="O2", task_id="invented")).code == "no_effect"


def test_an_order_names_the_task_of_its_bill_and_of_its_kind(world: World) -> None:
    first, second = (world.say(final(setl_id, exclusion="other")).opened[0] for setl_id in ("S1", "S2"))
    amounts = {"ordinary": 1_00}
    other = order("O1", "needs_person", "S1", amounts=amounts, task_id=second.task_id)
    assert world.say(other).code == "no_effect"
    closing = order("O2", "task_closed", task_id=first.task_id)
    assert world.say(closing).code == "no_effect"
    right = order("O3", "needs_person", "S1", amounts=amounts, task_id=first.task_id)
    outcome = world.say(right)
    assert (outcome.code, [(end.order_id, end.document) for end in outcome.closed]) == (
        "applied",
        [("O3", "黔南医保〔2023〕5号")],
    )


def test_what_was_answered_once_never_acts_later(world: World) -> None:
    world.say(final("S1"))
    early = order("O1", "needs_person", "S1", amounts={"ordinary": 1_00})
    assert world.say(early).code == "stale"
    world.say(final("S1", exclusion="other"))
    world.say(order("O2", "exclusion", "S1", exclusion="other"))
    assert world.bill("S1").status == "needs_person"
    assert (world.say(early).code, world.bill("S1").status) == ("repeat", "needs_person")


def test_amounts_above_the_own_payment_or_of_a_foreign_layer_have_no_effect(world: World) -> None:
    world.say(final("S1"))
    world.say(order("O1", "exclusion", "S1", exclusion="other"))
    assert world.say(order("O2", "needs_person", "S1", amounts={"ordinary": 1_000_01})).code == "no_effect"
    assert world.say(order("O3", "needs_person", "S1", amounts={"gift": 1_00})).code == "no_effect"
    assert world.say(order("O4", "needs_person", "S1", amounts={"ordinary": 1_000_00})).code == "applied"


def test_facts_that_people_found_let_the_law_decide(world: World) -> None:
    held = world.say(final("S1", channel="manual"))
    assert (held.status, held.reason) == ("held", "fact_missing")
    digest = world.bill("S1").digest
    other_body = order("O1", "needs_person", "S1", found={"formal_receipt": True}, keep_digest="1:other")
    assert world.say(other_body).code == "stale"
    outcome = world.say(order("O2", "needs_person", "S1", found={"formal_receipt": True}, keep_digest=digest))
    assert (outcome.code, outcome.status, posted(outcome)) == ("applied", "decided", [("person", 700_00, False)])
    assert world.say(order("O3", "needs_person", "S1", found={"formal_receipt": False})).code == "stale"


def test_an_exclusion_takes_the_money_back_and_waits_for_a_word(world: World) -> None:
    world.say(final("S1"))
    found = world.say(order("O1", "exclusion", "S1", exclusion="illegal_act"))
    assert (found.status, found.reason, posted(found)) == ("decided", "excluded", [("recovery", -700_00, True)])
    (task,) = found.opened
    assert (task.kind, task.facts["amount"], task.facts["decision_id"]) == (
        "recovery",
        "700.00",
        found.decisions[0].decision_id,
    )
    assert world.say(order("O2", "exclusion", "S1", exclusion="illegal_act")).code == "no_effect"
    assert world.year() == {}


def test_a_finding_that_was_wrong_is_taken_back(world: World) -> None:
    world.say(final("S1"))
    world.say(order("O1", "exclusion", "S1", exclusion="illegal_act"))
    assert world.say(order("O2", "exclusion", "S1", exclusion="self_harm", approval="refused")).code == "no_effect"
    back = world.say(order("O3", "exclusion", "S1", exclusion="illegal_act", approval="refused"))
    assert (back.layers, posted(back)) == ({"ordinary": 700_00, "tilt": 0}, [("person", 700_00, False)])


def test_an_order_on_an_older_decision_is_stale(world: World) -> None:
    first = world.say(final("S1")).decisions[0].decision_id
    world.say(identity(2, removed_on="2023-04-01"))
    outdated = order("O1", "exclusion", "S1", exclusion="illegal_act", decision_id=first)
    assert world.say(outdated).code == "stale"
    assert world.say(order("O2", "exclusion", "S9", exclusion="illegal_act")).code == "no_effect"


def test_a_cancelled_bill_is_not_ruled_on(world: World) -> None:
    world.say(final("S1"))
    world.say(Cancel(REGION, "S1", "C1"))
    for number, kind in enumerate(("exclusion", "fraud"), 1):
        assert world.say(order(f"O{number}", kind, "S1", exclusion="illegal_act")).code == "stale"


def test_fraud_is_recovered_on_the_same_order(world: World) -> None:
    world.say(final("S1", 4_000_00))
    world.say(final("S2", 4_000_00))
    assert world.bill("S2").layers["ordinary"] == 200_00
    outcome = world.say(order("O1", "fraud", "S1"))
    assert (outcome.reason, outcome.opened, world.bill("S1").ordered) == (
        "fraud",
        [],
        {"fraud": "O1", "orders": ["O1"], "approved": {"ordinary": 2_800_00}},
    )
    assert posted(outcome) == [("recovery", -2_800_00, False), ("person", 2_600_00, False)]
    assert world.bill("S2").layers["ordinary"] == 2_800_00
    assert world.bill("S1").figures["excluded"] == 4_000_00
    assert world.say(order("O2", "fraud", "S1")).code == "no_effect"
    lifted = world.say(order("O3", "fraud", "S1", approval="refused"))
    assert (lifted.reason, world.bill("S2").layers["ordinary"]) == ("assisted", 200_00)


@pytest.mark.parametrize("approval", ["approved", "waived", "refused"])
def test_a_recovery_ends_with_a_word_and_the_decision_stands(world: World, approval: str) -> None:
    world.say(final("S1"))
    taken = world.say(identity(2, removed_on="2023-04-01"))
    (task,) = taken.opened
    says = {"approval": approval, "decision_id": task.facts["decision_id"], "task_id": task.task_id}
    outcome = world.say(order("O1", "recovery", **says))
    assert (outcome.code, outcome.decisions, [end.because for end in outcome.closed]) == ("applied", [], ["order"])
    assert (pending(world.bill("S1")), world.bill("S1").ordered[approval]) == ({}, {"ordinary": 700_00})
    again = order("O2", "recovery", approval="approved", decision_id=task.facts["decision_id"])
    assert world.say(again).code == "no_effect"


def test_a_word_on_money_back_that_has_changed_is_stale(world: World) -> None:
    world.say(final("S1"))
    (old,) = world.say(identity(2, removed_on="2023-04-01")).opened
    world.say(identity(3, removed_on="2023-08-01"))
    (new,) = world.say(identity(4, removed_on="2023-03-01")).opened
    late = order("O1", "recovery", approval="approved", decision_id=old.facts["decision_id"])
    assert world.say(late).code == "stale"
    assert new.facts["amount"] == "1400.00"  # 700.00 was paid to the person meanwhile: both are owed
    assert world.say(late._replace(order_id="O2", decision_id="a" * 32)).code == "no_effect"


def test_what_was_waived_is_not_paid_a_second_time(world: World) -> None:
    world.say(final("S1"))
    (task,) = world.say(identity(2, removed_on="2023-04-01")).opened
    world.say(order("O1", "recovery", approval="waived", decision_id=task.facts["decision_id"]))
    again = world.say(identity(3, removed_on="2023-08-01"))
    assert posted(again) == [("recovery", 700_00, False)]
    third = world.say(identity(4, removed_on="2023-04-01"))
    assert (posted(third), [task.kind for task in third.opened]) == ([("recovery", -700_00, True)], ["recovery"])


def test_a_recovery_that_is_undone_with_its_bill_closes_and_comes_back(world: World) -> None:
    world.say(final("S1"))
    world.say(identity(2, removed_on="2023-04-01"))
    gone = world.say(Cancel(REGION, "S1", "C1"))
    assert [(end.kind, end.because) for end in gone.closed] == [("recovery", "cause_gone")]
    back = world.say(Reinstate(REGION, "S1", "C1", "R1"))
    assert [task.kind for task in back.opened] == ["recovery"]


def test_the_place_whose_measure_holds_is_named_for_a_manual_claim(world: World) -> None:
    world.say(final("S1", channel="manual", formal_receipt=True, county="999999"))
    assert world.bill("S1").reason == "no_instrument"
    outcome = world.say(order("O1", "insured_place", "S1", county="522701"))
    assert (outcome.status, outcome.decisions[0].county, world.bill("S1").facts["county"]) == (
        "decided",
        "522701",
        "999999",
    )
    world.say(final("S2"))
    assert world.say(order("O2", "insured_place", "S2", county="522702")).code == "no_effect"


def test_an_appended_bill_after_an_order_is_what_a_settle_gives(world: World) -> None:
    world.say(final("S1", 4_000_00))
    world.say(order("O1", "fraud", "S1"))
    bill: Final = final("S2", 4_000_00)
    assert world.say(bill).layers == {"ordinary": 2_800_00, "tilt": 0}
    assert world.year() == {"ordinary_used": 2_800_00}
