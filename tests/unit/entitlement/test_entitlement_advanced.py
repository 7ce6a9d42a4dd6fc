"""Who bore the assistance until it is paid: said at first, said later, said by several; nothing is paid twice."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.entitlement.small_law import REGION, World, final, identity
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Cancel, Final, Reinstate

WINDOW_CLOSED = {"source": "hospital:H52270100001", "advanced_by": "person"}


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def platform() -> Final:
    """The bill as the platform reports it: it does not say who bore the assistance."""
    return final("S1")._replace(source="platform/520000")


def hospital(**said: str) -> Final:
    return final("S1")._replace(**{"source": "hospital:H52270100001", **said})


def posted(outcome: Outcome) -> list[tuple[str, str, int]]:
    return [(p.payee, p.kind, p.amount) for decision in outcome.decisions for p in decision.postings]


def accounts(world: World) -> dict[str, int]:
    net: dict[str, int] = defaultdict(int)
    for outcome in world.outcomes:
        for payee, _, amount in posted(outcome):
            net[payee] += amount
    return {payee: amount for payee, amount in net.items() if amount}


def test_a_bill_that_the_person_paid_whole_pays_the_person(world: World) -> None:
    outcome = world.say(hospital(**WINDOW_CLOSED))

    assert posted(outcome) == [("person", "settle", 700_00)]


def test_what_the_hospital_was_paid_is_handed_over_once(world: World) -> None:
    first = world.say(platform())
    assert posted(first) == [("hospital", "settle", 700_00)]

    said = world.say(hospital(**WINDOW_CLOSED))
    assert said.code == "completed"
    assert posted(said) == [("hospital", "adjust", -700_00), ("person", "adjust", 700_00)]
    (decision,) = said.decisions
    assert (decision.supersedes, decision.layers["ordinary"]) == (first.decision_ids[0], 700_00)
    assert set(decision.delta.values()) == {0}

    again = world.say(hospital(**WINDOW_CLOSED))
    assert (again.code, posted(again)) == ("confirmed", [])
    assert accounts(world) == {"person": 700_00}


def test_the_platform_confirms_what_the_hospital_said(world: World) -> None:
    world.say(hospital(**WINDOW_CLOSED))
    outcome = world.say(platform())

    assert (outcome.code, posted(outcome)) == ("confirmed", [])


def test_that_the_hospital_bore_it_is_not_believed_afterwards(world: World) -> None:
    world.say(hospital(**WINDOW_CLOSED))
    outcome = world.say(hospital(advanced_by="hospital"))

    assert posted(outcome) == []
    assert accounts(world) == {"person": 700_00}


def test_a_manual_claim_of_which_the_hospital_bore_the_assistance_pays_the_hospital(world: World) -> None:
    outcome = world.say(final("S1", channel="manual")._replace(advanced_by="hospital"))

    assert posted(outcome) == [("hospital", "settle", 700_00)]


def test_a_cancel_asks_the_person_not_the_hospital(world: World) -> None:
    world.say(platform())
    world.say(hospital(**WINDOW_CLOSED))
    outcome = world.say(Cancel(REGION, "S1", "C1"))

    assert posted(outcome) == [("recovery", "undo", -700_00)]
    back = world.say(Reinstate(REGION, "S1", "C1", "R1"))
    assert posted(back) == [("recovery", "undo", 700_00)]


def test_said_before_anything_was_decided() -> None:
    held = World(adopted=False)
    held.say(identity())
    held.say(platform())
    held.say(hospital(**WINDOW_CLOSED))

    assert held.bill("S1").advanced_by == "person"
    assert accounts(held) == {}


def test_said_while_the_bill_is_cancelled(world: World) -> None:
    world.say(platform())
    world.say(Cancel(REGION, "S1", "C1"))
    world.say(hospital(**WINDOW_CLOSED))
    world.say(Reinstate(REGION, "S1", "C1", "R1"))

    assert accounts(world) == {"person": 700_00}


STORIES = st.permutations(
    [platform(), platform(), hospital(), hospital(**WINDOW_CLOSED), hospital(**WINDOW_CLOSED), identity(),
     Cancel(REGION, "S1", "C1"), Reinstate(REGION, "S1", "C1", "R1")]
)  # fmt: skip


@settings(max_examples=400)
@given(STORIES, st.integers(0, 8))
def test_in_whatever_order_it_comes_it_is_paid_once_and_to_the_right_one(story: list[object], length: int) -> None:
    world = World()
    for record in story[:length]:
        world.say(record)  # type: ignore[arg-type]
    net = accounts(world)
    said = any(isinstance(record, Final) and record.advanced_by == "person" for record in story[:length])
    bills = any(isinstance(record, Final) for record in story[:length])

    assert sum(net.values()) == (sum(world.bill("S1").layers.values()) if bills else 0)
    assert net.get("hospital", 0) >= 0
    if said:
        assert net.get("hospital", 0) == 0
