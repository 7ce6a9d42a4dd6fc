"""What a cancel says besides its bill: amounts that must be the bill's own (A8), and the message a 2601 may name."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.entitlement.small_law import REGION, World, final, identity
from workers.entitlement.cancels import carried_mark
from workers.entitlement.records import Cancel, Final, PersonRecord, Reverse

BILL = final("S1", total_fee=2_000_00)
FITS = Cancel(REGION, "S1", "C1", "M1", {"total_fee": 2_000_00, "in_scope_personal": 1_000_00})
MISFIT = Cancel(REGION, "S1", "C2", "M2", {"total_fee": 2_000_01})
FREES = Reverse(REGION, "V1", own_id="M1")


@pytest.fixture
def world() -> World:
    return fresh()


def fresh() -> World:
    world = World()
    world.say(identity())
    return world


def test_a_cancel_of_other_amounts_undoes_nothing_and_a_person_looks(world: World) -> None:
    world.say(BILL)
    outcome = world.say(MISFIT)
    assert (outcome.code, outcome.status, outcome.decisions) == ("conflict", "decided", [])
    assert [(task.kind, task.bill) for task in outcome.opened] == [("cancel_differs", (REGION, "S1"))]
    assert world.say(MISFIT).opened == []
    ended = world.say(FITS)
    assert (ended.code, ended.reason) == ("decided", "cancelled")
    assert [(task.kind, task.because) for task in ended.closed] == [("cancel_differs", "cause_gone")]
    late = world.say(MISFIT)
    assert (late.code, late.opened) == ("conflict", [])


def test_only_what_both_state_is_compared(world: World) -> None:
    world.say(BILL)
    assert world.say(Cancel(REGION, "S1", "C1", None, {"in_scope": 5_00, "total_fee": 2_000_00})).code == "decided"


def test_a_misfit_that_came_first_does_not_cancel_the_bill_when_it_comes(world: World) -> None:
    assert world.say(MISFIT).code == "parked"
    outcome = world.say(BILL)
    assert (outcome.status, outcome.layers) == ("decided", {"ordinary": 700_00, "tilt": 0})
    assert [task.kind for task in outcome.opened] == ["cancel_differs"]
    assert world.facts().parked == []


@pytest.mark.parametrize("order", list(permutations([BILL, MISFIT, FITS])))
def test_the_order_of_bill_fitting_and_misfitting_cancel_does_not_matter(order: tuple[PersonRecord, ...]) -> None:
    world = fresh()
    for record in order:
        world.say(record)
    bill = world.bill("S1")
    assert (bill.status, bill.reason, bill.cancels) == ("reversed", "cancelled", {"C1": None})
    assert world.facts().tasks == {}
    assert world.year() == {}


@pytest.mark.parametrize("order", list(permutations([BILL, FITS, FREES])))
def test_a_reversal_names_the_message_of_a_cancel_that_has_its_own_number(order: tuple[PersonRecord, ...]) -> None:
    world = fresh()
    for record in order:
        world.say(record)
    bill = world.bill("S1")
    assert (bill.status, bill.cancels) == ("decided", {"C1": "V1"})
    assert world.facts().parked == []


def test_a_retry_of_the_cancel_brings_the_message_that_a_reversal_waited_for(world: World) -> None:
    world.say(BILL)
    world.say(FITS)
    assert world.say(Reverse(REGION, "V1", own_id="M9")).code == "parked"
    freed = world.say(FITS._replace(msgid="M9"))
    assert (freed.code, freed.status) == ("decided", "decided")
    assert world.say(FITS._replace(msgid="M9")).code == "repeat"


def test_settle_cancel_reverse_the_cancel_cancel_again(world: World) -> None:
    world.say(BILL)
    statuses = [
        world.say(record).status for record in (FITS, FREES, FITS._replace(own_id="C3", msgid="M3"), FREES, FITS)
    ]
    assert statuses == ["reversed", "decided", "reversed", "reversed", "reversed"]
    assert world.bill("S1").cancels == {"C1": "V1", "C3": None}


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("gateway/H1", "platform/520000", "confirmed"),
        ("platform/520000", "platform/520000", "repeat"),
        (None, "platform/520000", "repeat"),
        ("unknown", "platform/520000", "repeat"),
        ("platform/520000", None, "repeat"),
    ],
)
def test_another_source_confirms_the_same_bill(world: World, first: str | None, second: str | None, code: str) -> None:
    said = world.say(Final(BILL.facts, "M1", first))
    again = world.say(Final(BILL.facts, "M2", second))
    assert (again.code, again.decision_ids, again.decisions) == (code, said.decision_ids, [])


def test_the_same_identity_twice_at_a_time_is_counted_and_taken(world: World) -> None:
    outcome = world.say(identity(name="低保对象", source_id="I2"))
    assert (outcome.code, outcome.warned) == ("applied", "A17")
    assert world.say(identity(name="低保对象", source_id="I1", revision=2, withdrawn=True)).warned is None


BY_GATEWAY = Cancel(REGION, "S1", "M1", "M1")
BY_PLATFORM = Cancel(REGION, "S1", "C1", "M1")


@pytest.mark.parametrize("order", list(permutations([BILL, BY_GATEWAY, BY_PLATFORM, FREES])))
def test_one_cancel_told_by_its_message_and_by_its_number_is_one_and_one_reversal_ends_it(
    order: tuple[PersonRecord, ...],
) -> None:
    world = fresh()
    for record in order:
        world.say(record)
    bill = world.bill("S1")
    assert (bill.status, bill.cancels) == ("decided", {"C1": "V1"})
    assert world.facts().parked == []


def test_a_cancel_told_again_by_another_name_is_a_repeat(world: World) -> None:
    world.say(BILL)
    assert [world.say(record).code for record in (BY_GATEWAY, BY_PLATFORM, BY_GATEWAY, BY_PLATFORM)] == [
        "decided",
        "repeat",
        "repeat",
        "repeat",
    ]


CARRIED = carried_mark([1, 2, 3])
PAID = Final(BILL.facts, "M1", "platform/520000", CARRIED)


def test_a_cancel_of_other_payments_by_funds_undoes_nothing(world: World) -> None:
    world.say(PAID)
    other = FITS._replace(carried=carried_mark([1, 3, 2]))
    assert world.say(other).code == "conflict"
    assert world.say(FITS._replace(carried=CARRIED)).code == "decided"


def test_payments_are_compared_with_what_any_source_said_of_them(world: World) -> None:
    elsewhere = carried_mark([3, 2, 1])
    for bill in (PAID, PAID._replace(source="gateway/H1", carried=elsewhere)):
        world.say(bill)
    assert world.say(FITS._replace(carried=elsewhere)).code == "decided"
    assert carried_mark([1, None, 3]) is None


def test_a_cancel_that_came_first_is_compared_when_its_bill_comes(world: World) -> None:
    assert world.say(FITS._replace(carried=carried_mark([9, 9, 9]))).code == "parked"
    assert world.say(PAID).status == "decided"
    assert world.facts().parked == []
