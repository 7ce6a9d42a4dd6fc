"""Business dates in a partition: monotonic, in slices, from an index that follows commits (records.md §5)."""

from __future__ import annotations

import pytest

from tests.unit.ledger.ledger_world import PERSON, LedgerWorld


def keys(number: int) -> list[str]:
    return [f"{n:064x}" for n in range(number)]


@pytest.fixture
def world() -> LedgerWorld:
    world = LedgerWorld(slice_persons_max=2)
    world.adopt()
    world.say("day.closed", person=None, date="2023-05-31")
    return world


def cancel(world: LedgerWorld, person: str = PERSON) -> dict[str, object]:
    return world.say("settlement.cancel", person=person, setl_id="S1", own_id="C1")


def test_a_day_is_closed_once_and_a_later_one_closes_those_between(world: LedgerWorld) -> None:
    assert world.say("day.closed", person=None, date="2023-06-03")["outcome"] == "applied"
    for date in ("2023-06-03", "2023-06-01", "2023-05-31"):
        assert world.say("day.closed", person=None, date=date)["outcome"] == "repeat"
    assert world.state()[("!day", "")] == b'{"date":"2023-06-03"}'


def test_the_deadline_counts_from_the_open_business_date(world: LedgerWorld) -> None:
    assert cancel(world)["status"] == "parked"
    world.say("day.closed", person=None, date="2023-06-30")
    assert world.of("task.opened") == []
    world.say("day.closed", person=None, date="2023-07-01")
    (task,) = world.of("task.opened")
    assert (task["kind"], task["bill"]["setl_id"]) == ("cancel_without_bill", "S1")
    assert task["cause"]["type"] == "day.closed"


def test_a_day_that_jumps_over_the_deadline_finds_it(world: LedgerWorld) -> None:
    cancel(world)
    world.say("day.closed", person=None, date="2024-01-01")
    assert len(world.of("task.opened")) == 1


def test_persons_due_are_worked_in_slices(world: LedgerWorld) -> None:
    for key in keys(5):
        cancel(world, key)
    world.say("day.closed", person=None, date="2023-07-01")
    assert len(world.of("task.opened")) == 2
    assert world.run_derived() == 2
    assert [task["person_key"] for task in world.of("task.opened")] == keys(5)
    assert [task["cause"]["type"] for task in world.of("task.opened")] == ["day.closed"] * 2 + ["day.sliced"] * 3
    assert world.say("day.closed", person=None, date="2023-07-02")["outcome"] == "applied"
    assert len(world.of("task.opened")) == 5


def test_a_slice_that_is_read_twice_opens_nothing_again(world: LedgerWorld) -> None:
    for key in keys(3):
        cancel(world, key)
    world.say("day.closed", person=None, date="2023-07-01")
    (record,) = world.journal
    world.run_derived()
    world.fold_one(record._replace(offset=9_999))
    assert len(world.of("task.opened")) == 3


def test_the_index_survives_a_restart(world: LedgerWorld) -> None:
    cancel(world)
    again = LedgerWorld(store=world.store)
    again.say("day.closed", person=None, date="2023-07-01")
    assert len(again.of("task.opened")) == 1


def test_the_index_forgets_a_dropped_batch(world: LedgerWorld) -> None:
    world.commit_each = False
    cancel(world)
    world.drop()
    world.say("day.closed", person=None, date="2023-07-01")
    assert world.of("task.opened") == []


def test_the_index_sees_its_own_batch(world: LedgerWorld) -> None:
    world.commit_each = False
    cancel(world)
    world.say("day.closed", person=None, date="2023-07-01")
    assert len(world.of("task.opened")) == 1
    world.commit()
    assert world.fold.take_counts().outcomes["parked"] == 1


def test_a_bill_before_the_deadline_takes_the_person_off_the_index(world: LedgerWorld) -> None:
    cancel(world)
    world.final("S1")
    world.say("day.closed", person=None, date="2023-07-01")
    assert world.of("task.opened") == []


def test_the_task_closes_when_the_bill_comes_late(world: LedgerWorld) -> None:
    cancel(world)
    world.say("day.closed", person=None, date="2023-07-01")
    answer = world.final("S1")
    assert (answer["outcome"], answer["status"], answer["reason"]) == ("decided", "reversed", "cancelled")
    (closed,) = world.of("task.closed")
    assert closed["task_id"] == world.of("task.opened")[0]["task_id"]
