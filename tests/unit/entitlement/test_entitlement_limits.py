"""Every bound of a person's state has its own answer; a law that breaks its promises stops before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.entitlement.small_law import REGION, SmallLaw, World, final, identity
from workers.entitlement.records import Cancel, Order, Reverse
from workers.errors import Stop
from workers.policy.types import BillFacts, PersonFacts, Verdict


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def test_cancels_of_one_bill(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.undo.CANCELS_MAX", 2)
    world.say(final("S1"))
    codes = [world.say(Cancel(REGION, "S1", f"C{number}")).code for number in range(4)]
    assert codes == ["decided", "no_effect", "needs_person", "needs_person"]
    assert [task["kind"] for task in world.facts().tasks.values()] == ["limit"]


def test_parked_records_of_one_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.parked.PARKED_MAX", 2)
    codes = [world.say(Cancel(REGION, f"S{number}", "C1")).code for number in (1, 2, 3, 1)]
    assert codes == ["parked", "parked", "needs_person", "repeat"]
    assert len(world.facts().parked) == 2


def test_message_numbers_of_one_bill(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.bills.MSGIDS_MAX", 2)
    for number in range(4):
        world.say(final("S1", msgid=f"M{number}"))
    assert world.bill("S1").msgids == ["M0", "M1"]
    assert world.say(Reverse(REGION, "V1", msgid="M3")).code == "parked"


def test_orders_of_one_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.orders.ORDERS_MAX", 1)
    for revision, expected in ((1, "applied"), (2, "needs_person")):
        world.say(identity(revision))
        task = world.say(identity(revision, removed_on="2023-04-01")).opened[0]
        assert world.say(Order(f"O{revision}", "task_closed", task.task_id, body={})).code == expected


class BrokenLaw(SmallLaw):
    """Gives a verdict in which some fields are wrong."""

    def __init__(self, **wrong: object) -> None:
        super().__init__()
        self.wrong = wrong

    def decide(self, bill: BillFacts, person: PersonFacts, counters: Mapping[str, int]) -> Verdict:
        return super().decide(bill, person, counters)._replace(**self.wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"layers": {"ordinary": -1, "tilt": 0}}, "negative"),
        ({"own_share": 1}, "base is not the sum"),
        ({"measure": ""}, "no measure or year"),
    ],
)
def test_a_law_that_breaks_its_promise_stops(wrong: dict[str, object], says: str) -> None:
    world = World(BrokenLaw(**wrong))
    world.say(identity())
    before = dict(world.memory.state)
    with pytest.raises(Stop, match=says):
        world.say(final("S1"))
    assert {name for name in world.memory.state if name.startswith("year|")} == set()
    assert world.memory.state["facts"] == before["facts"]
