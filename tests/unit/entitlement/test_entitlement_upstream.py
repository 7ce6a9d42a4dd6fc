"""What the platform paid on a bill itself is never paid again, whatever happens to the bill afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.entitlement.order_words import order
from tests.unit.entitlement.small_law import REGION, SmallLaw, World, final, identity, tilt_application
from workers.entitlement.judge import Judged
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Cancel, Reinstate, Reverse
from workers.entitlement.state import Bill
from workers.entitlement.upstream import UPSTREAM_MORE, covered


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def paid(fen: int, setl_id: str = "S1", **facts: Any) -> Any:
    """A bill of which the law gives 700.00, where the platform has paid this much."""
    return final(setl_id, assistance_paid_upstream=fen, **facts)


def posted(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(p.payee, p.kind, p.amount) for decision in outcome.decisions for p in decision.postings]


def ours(world: World, setl_id: str = "S1") -> int:
    """What all postings of the bill have moved from us."""
    return sum(
        p.amount
        for outcome in world.outcomes
        for decision in outcome.decisions
        for p in decision.postings
        if decision.bill == (REGION, setl_id) and p.payee != "upstream"
    )


def test_only_what_is_left_is_paid(world: World) -> None:
    outcome = world.say(paid(500_00))
    assert posted(outcome) == [("upstream", "settle", 500_00), ("hospital", "settle", 200_00)]
    (decision,) = outcome.decisions
    assert (decision.layers["ordinary"], decision.delta["ordinary"]) == (700_00, 700_00)
    assert decision.upstream == {"stated": 500_00, "counted": 500_00, "beyond": 0}
    assert decision.payable == {"ordinary": 200_00, "tilt": 0}
    assert outcome.payable == decision.payable
    assert decision.steps[-1] == ("paid_upstream", "counted", (500_00, 700_00, 500_00, 200_00, 0))
    assert world.year()["ordinary_used"] == 700_00  # the limit counts the whole layer, whoever paid it
    assert outcome.opened == []


def test_a_bill_without_it_says_nothing_of_it(world: World) -> None:
    (decision,) = world.say(final("S1")).decisions
    assert (decision.upstream, decision.payable, len(decision.steps)) == ({}, None, 1)


def test_what_the_platform_paid_beyond_the_law_is_a_task_and_no_debt(world: World) -> None:
    outcome = world.say(paid(900_00))
    assert posted(outcome) == [("upstream", "settle", 700_00)]
    (task,) = outcome.opened
    assert (task.kind, task.facts["beyond"], task.facts["counted"]) == (UPSTREAM_MORE, "200.00", "700.00")
    assert world.say(order("O1", "task_closed", task_id=task.task_id)).code == "applied"
    assert ours(world) == 0


def test_the_task_follows_the_difference(world: World) -> None:
    """An identity that ends before the bill: the law gives nothing, the platform's 500.00 stay where they are."""
    world.say(paid(500_00))
    ended = world.say(identity(2, removed_on="2023-02-01"))
    assert posted(ended) == [("upstream", "adjust", -500_00), ("recovery", "adjust", -200_00)]
    assert [(task.kind, task.facts["beyond"]) for task in ended.opened if task.kind == UPSTREAM_MORE] == [
        (UPSTREAM_MORE, "500.00")
    ]
    restored = world.say(identity(3))
    assert [end.kind for end in restored.closed if end.kind == UPSTREAM_MORE] == [UPSTREAM_MORE]
    assert ours(world) == 200_00


def test_later_money_is_what_the_platform_has_not_paid(world: World) -> None:
    """Nothing is recognised at first: the platform paid 500.00; later the law gives 700.00, the person gets 200.00."""
    late = World()
    assert [task.facts["beyond"] for task in late.say(paid(500_00)).opened] == ["500.00"]
    outcome = late.say(identity())
    assert posted(outcome) == [("upstream", "adjust", 500_00), ("person", "adjust", 200_00)]
    assert [end.because for end in outcome.closed] == ["cause_gone"]


def test_cancel_and_reinstatement_undo_both_parts(world: World) -> None:
    world.say(paid(500_00))
    taken = world.say(Cancel(REGION, "S1", "C1"))
    assert posted(taken) == [("upstream", "undo", -500_00), ("hospital", "undo", -200_00)]
    back = world.say(Reinstate(REGION, "S1", "C1", "R1"))
    assert posted(back) == [("upstream", "undo", 500_00), ("hospital", "undo", 200_00)]
    assert posted(world.say(Reverse(REGION, "V1", setl_id="S1")))[0] == ("upstream", "undo", -500_00)


def test_layers_are_covered_the_ordinary_one_first(world: World) -> None:
    world.say(tilt_application())
    outcome = world.say(paid(3_100_00, in_scope_personal=5_000_00))  # 3,000.00 under the cap, 250.00 tilted
    assert world.bill("S1").layers == {"ordinary": 3_000_00, "tilt": 250_00}
    assert world.bill("S1").paid == {"upstream": {"ordinary": 3_000_00, "tilt": 100_00}, "hospital": {"tilt": 150_00}}
    assert outcome.decisions[0].payable == {"ordinary": 0, "tilt": 150_00}


def test_an_officers_amounts_pay_what_the_platform_has_not(world: World) -> None:
    world.say(paid(100_00, exclusion="other"))
    outcome = world.say(order("O1", "needs_person", "S1", amounts={"ordinary": 300_00}))
    assert posted(outcome) == [("upstream", "settle", 100_00), ("hospital", "settle", 200_00)]


def test_a_corrected_statement_moves_money_between_the_payers(world: World) -> None:
    """The hospital first said that the platform paid nothing; an officer keeps the body that says 500.00."""
    world.say(paid(0))
    conflict = world.say(paid(500_00))
    assert conflict.code == "conflict"
    (digest,) = world.bill("S1").rivals
    outcome = world.say(order("O1", "conflict_resolved", "S1", keep_digest=digest))
    assert posted(outcome) == [("upstream", "adjust", 500_00), ("hospital", "adjust", -500_00)]
    assert outcome.decisions[0].delta == {"ordinary": 0, "tilt": 0}


def test_another_law_that_holds_for_the_bill_leaves_no_task() -> None:
    bill = Bill.unpack(_packed(900_00))
    judged = Judged("decided", "before_in_force", {"ordinary": 0}, {}, {}, "QN", 2022, "2022-05-06")
    assert covered(bill, judged, {"ordinary": 0}).told == {"stated": 900_00, "counted": 0, "beyond": 0}


def test_a_layer_of_another_policy_covers_itself_alone() -> None:
    """DT-A10: the ordinary layer is what the province paid; our own layers begin behind it."""
    bill = Bill.unpack(_packed(900_00))
    judged = Judged("decided", "assisted", {}, {}, {}, "DT", 2023, "2023-05-06", reported=("ordinary",), reports=True)
    found = covered(bill, judged, {"ordinary": 900_00, "retro": 100_00})
    assert (found.layers, found.told) == ({"ordinary": 900_00}, {"stated": 900_00, "counted": 900_00, "beyond": 0})


def _packed(fen: int) -> bytes:
    world = World()
    world.say(paid(fen))
    return world.bill("S1").pack()


@given(
    st.lists(
        st.tuples(st.integers(0, 4_000_00), st.integers(0, 4_000_00), st.sampled_from("abc")), min_size=1, max_size=6
    ),
    st.sampled_from([70, 35, 0]),
)
def test_we_never_pay_what_the_platform_paid(bills: list[tuple[int, int, str]], percent: int) -> None:
    """Over every history: what we moved for a bill is its layers less the platform's part, and never less than zero."""
    world = World()
    for number, (own, stated, then) in enumerate(bills):
        world.say(paid(stated, f"S{number}", in_scope_personal=own))
        if then == "a":
            world.say(identity(number + 1))
        elif then == "b":
            world.say(Cancel(REGION, f"S{number}", "C1"))
    world.adopt(SmallLaw(percent))
    for number, (_, stated, _) in enumerate(bills):
        bill = world.bill(f"S{number}")
        law = sum(bill.layers.values())
        assert ours(world, f"S{number}") == law - min(law, stated)
