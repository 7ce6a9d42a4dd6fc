"""Two numbers of one person: merged, moved, split. The result is that of one number from the start."""

from __future__ import annotations

import pytest

from tests.unit.replay.two_numbers import SIGNED, Numbers, bill, identity
from workers.errors import Stop
from workers.log.port import Record
from workers.replay.derived import Derived, Sent


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


def test_the_bills_of_both_numbers_are_decided_as_those_of_one(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1"))
    numbers.say("B", **bill("S2", "2000.00"))
    assert numbers.amounts("B")["S2"] == ("decided", "no_identity", {})
    numbers.merge("A", "B")
    assert numbers.amounts("B") == {
        "S1": ("decided", "assisted", {"ordinary": "1000.00"}),
        "S2": ("decided", "assisted", {"ordinary": "2000.00"}),
        "2023|QN|": {"ordinary_used": "3000.00"},
    }
    assert (numbers.person("A").settlements, numbers.person("A").years) == ({}, {})
    assert numbers.person("A").forwarded_to == numbers.key("B")
    assert [posting.payee for posting in numbers.collector.postings] == ["hospital", "person"]


def test_a_cap_is_used_once_by_two_numbers(numbers: Numbers) -> None:
    """The later bill of the two gives back what no longer fits under the yearly limit of 50,000 (annex, column 3)."""
    for psn_no, setl_id in (("A", "S1"), ("B", "S2")):
        numbers.say(psn_no, **identity(source_id=f"I{psn_no}"))
        numbers.say(psn_no, **bill(setl_id, "40000.00", in_scope="90000.00"))
    numbers.merge("B", "A")
    assert numbers.amounts("A")["S2"][2]["ordinary"] == "10000.00"
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "50000.00"
    last = numbers.collector.postings[-1]
    assert (last.payee, last.kind, last.amount) == ("recovery", "adjust", "-30000.00")
    assert numbers.values["person.accumulated"][-1]["person_key"] == numbers.key("A")


def test_what_is_said_of_the_old_number_goes_on_and_keeps_its_place(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.merge("A", "B")
    assert numbers.say("A", **bill("S1"))["outcome"] == "decided"
    outcomes = [(a["outcome"], a["person_key"]) for a in numbers.values["journal.answered"][-2:]]
    assert outcomes == [("forwarded", numbers.key("A")), ("decided", numbers.key("B"))]
    assert numbers.say("A", **bill("S1"))["outcome"] == "repeat"
    cancel = {"type": "settlement.cancel", "setl_id": "S1", "own_id": "C1"}
    assert numbers.say("A", **cancel)["outcome"] == "decided"
    assert numbers.amounts("B") == {"S1": ("reversed", "cancelled", {})}


def test_a_chain_of_merges_leads_to_the_last_key(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1"))
    numbers.merge("A", "B")
    numbers.merge("B", "C")
    numbers.say("A", **bill("S2"))
    assert set(numbers.amounts("C")) == {"S1", "S2", "2023|QN|"}
    assert [a["outcome"] for a in numbers.values["journal.answered"][-3:]] == ["forwarded", "forwarded", "decided"]


def test_a_return_to_a_key_that_was_passed_opens_a_task(numbers: Numbers) -> None:
    numbers.say("A", **bill("S1"))
    numbers.merge("A", "B")
    numbers.merge("B", "C")
    for last, back in (("C", "A"), ("C", "B")):
        assert numbers.merge(last, back)["outcome"] == "needs_person"
        assert numbers.values["task.opened"][-1]["facts"]["obstacle"] == "return"
    assert set(numbers.amounts("C")) == {"S1"}
    assert numbers.merge("A", "D")["outcome"] == "needs_person"
    assert numbers.values["task.opened"][-1]["facts"]["obstacle"] == "already_moved"


def test_a_serial_has_its_effect_once(numbers: Numbers) -> None:
    numbers.say("A", **bill("S1"))
    numbers.merge("A", "B", serial=7, order_id="O7")
    assert numbers.merge("A", "B", serial=7, order_id="O7")["outcome"] == "repeat"
    assert numbers.merge("A", "C", serial=7, order_id="O7")["outcome"] == "conflict"
    assert set(numbers.amounts("B")) == {"S1"}


def test_another_province_is_another_key(numbers: Numbers) -> None:
    """The number may even be the same: a province issues its own."""
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1"))
    numbers.merge("A", "A", to_region="440000")
    there = numbers.key("A", "440000")
    assert numbers.person("A").forwarded_to == there != numbers.key("A")
    numbers.say("A", **bill("S2", region="440000"))
    assert numbers.values["journal.answered"][-1]["person_key"] == there
    assert numbers.values["assistance.decided"][-1]["sequence"] == 1


def test_a_move_between_counties_of_a_pool_changes_no_key_and_no_cap(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1", "40000.00", in_scope="90000.00", county="522701"))
    numbers.say("A", **bill("S2", "40000.00", in_scope="90000.00", county="522702", day="2023-06-06"))
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "50000.00"


def test_a_split_gives_each_number_its_own_again(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1"))
    numbers.say("B", **identity("防止返贫监测对象", source_id="I2"))
    numbers.say("B", **bill("S2", "2000.00"))
    numbers.say("B", type="settlement.cancel", setl_id="S9", own_id="C9")
    before = numbers.amounts("A", "B")
    numbers.merge("A", "B")
    assert numbers.amounts("A", "B") != before
    assert numbers.split("B", "A", ["S1"], ["S2"])["outcome"] == "applied"
    assert numbers.amounts("A", "B") == before
    assert numbers.person("A").forwarded_to is None
    assert numbers.say("A", **bill("S3"))["person_key"] == numbers.key("A")
    sequences = [d["sequence"] for d in numbers.values["assistance.decided"] if d["person_key"] == numbers.key("A")]
    assert sequences == list(range(1, len(sequences) + 1))
    ids = [d["decision_id"] for d in numbers.values["assistance.decided"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("go", "stay", "obstacle"),
    [
        (["S1"], [], "unlisted_bill"),
        (["S1", "S2"], ["S2"], "listed_twice"),
        (["S1", "S3"], ["S2"], "unknown_bill"),
    ],
)
def test_a_split_lists_every_bill_once(numbers: Numbers, go: list[str], stay: list[str], obstacle: str) -> None:
    numbers.say("A", **bill("S1"))
    numbers.say("A", **bill("S2"))
    assert numbers.split("A", "B", go, stay)["outcome"] == "needs_person"
    (task,) = numbers.values["task.opened"]
    assert (task["kind"], task["facts"]["obstacle"]) == ("transfer", obstacle)
    assert set(numbers.amounts("A")) == {"S1", "S2"}
    assert numbers.split("A", "B", ["S1"], ["S2"], serial=1)["outcome"] == "applied"
    assert [closed["because"] for closed in numbers.values["task.closed"]] == ["cause_gone"]


def test_one_bill_under_two_numbers_is_paid_once(numbers: Numbers) -> None:
    for psn_no in ("A", "B"):
        numbers.say(psn_no, **identity(source_id=f"I{psn_no}"))
        numbers.say(psn_no, **bill("S1"))
    numbers.merge("A", "B")
    assert numbers.amounts("B") == {
        "S1": ("decided", "assisted", {"ordinary": "1000.00"}),
        "2023|QN|": {"ordinary_used": "1000.00"},
    }
    assert [task["kind"] for task in numbers.values["task.opened"]] == ["second_owner", "recovery"]
    assert sum(float(posting.amount) for posting in numbers.collector.postings) == 1000
    numbers.say("B", type="settlement.cancel", setl_id="S1", own_id="C1")
    assert sum(float(posting.amount) for posting in numbers.collector.postings) == 0


def test_contradicting_facts_of_two_numbers_are_a_conflict(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("B", **identity(removed_on="2023-04-01"))
    numbers.say("A", **bill("S1"))
    numbers.say("B", **bill("S1", "900.00"))
    numbers.merge("A", "B")
    kinds = sorted(str(task["kind"]) for task in result_tasks(numbers))
    assert kinds == ["conflict", "conflict", "recovery", "second_owner"]
    assert numbers.amounts("B")["S1"] == ("decided", "identity_ended", {})  # at a tie the fact of the living key holds


def result_tasks(numbers: Numbers) -> list[dict[str, object]]:
    return list(numbers.collector.tasks.values())


def test_more_than_a_transaction_holds_is_left_to_a_person(numbers: Numbers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.leave.BILLS_MOVED_MAX", 1)
    for psn_no in ("A", "B"):
        numbers.say(psn_no, **bill(f"S1{psn_no}"))
        numbers.say(psn_no, **bill(f"S2{psn_no}"))
    assert numbers.merge("A", "B")["outcome"] == "needs_person"
    assert numbers.values["task.opened"][-1]["facts"]["obstacle"] == "too_many_bills"
    monkeypatch.undo()
    monkeypatch.setattr("workers.entitlement.leave.STATE_BYTES_MAX", 100)
    assert numbers.merge("A", "B")["outcome"] == "needs_person"
    assert numbers.values["task.opened"][-1]["facts"]["obstacle"] == "too_large"


def test_where_too_many_would_move_the_other_number_is_given_up_instead(
    numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.entitlement.leave.BILLS_MOVED_MAX", 1)
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1"))
    numbers.say("A", **bill("S2"))
    numbers.say("B", **bill("S3"))
    order = {"order_id": "O-1", "serial": 7, "type": "office.ordered", "kind": "person_merged", "to_psn_no": "B"}
    numbers.say("A", **order, **SIGNED)
    assert [each["outcome"] for each in numbers.values["journal.answered"]][-4:].count("forwarded") == 1
    assert {name for name in numbers.amounts("A") if name.startswith("S")} == {"S1", "S2", "S3"}
    assert numbers.amounts("A")["S3"] == ("decided", "assisted", {"ordinary": "1000.00"})
    assert numbers.person("B").forwarded_to == numbers.key("A")
    assert numbers.say("A", **order, **SIGNED)["outcome"] == "repeat"
    assert numbers.say("B", **bill("S3"))["outcome"] == "repeat"
    assert numbers.say("A", **bill("S1"))["outcome"] == "repeat"


def test_open_work_moves_with_its_id(numbers: Numbers) -> None:
    numbers.say("A", **bill("S1"))
    task_id = numbers.say("A", **bill("S1", "7.00"))["tasks"][0]
    numbers.merge("A", "B")
    kept = numbers.values["task.opened"][-1]["facts"]["rival"]
    answer = numbers.order("conflict_resolved", "A", setl_id="S1", keep_digest=kept, task_id=task_id)
    assert (answer["outcome"], answer["person_key"]) == ("applied", numbers.key("B"))
    assert numbers.values["task.closed"][-1]["task_id"] == task_id


MOVED = Record("j", 1, 9, 1, b"k", b"v", [("derived", b"1"), ("moved_from", b"0,4")])


def test_derived_records_are_held_against_what_the_fold_wants_in_either_order() -> None:
    for first in (True, False):
        derived = Derived()
        if first:
            derived.wanted(0, 4, Sent(1, b"k", b"v", MOVED.headers))
            derived.stands(MOVED, "f:1")
            derived.stands(MOVED, "f:2")
            with pytest.raises(Stop, match="f:2: this record was derived"):
                derived.end([5, 10])
        else:
            derived.stands(MOVED, "f:1")
            with pytest.raises(Stop, match="f:1: this record was derived"):
                derived.wanted(0, 4, Sent(1, b"k", b"w", MOVED.headers))


def test_an_export_may_end_between_a_cause_and_what_it_sent() -> None:
    derived = Derived()
    derived.stands(MOVED, "f:1")
    derived.end([4, 10])  # the cause at offset 4 lies behind the end
    with pytest.raises(Stop, match="f:1: this record was derived"):
        derived.end([5, 10])
    ahead = Derived()
    ahead.wanted(0, 4, Sent(1, b"k", b"v", MOVED.headers))
    ahead.end([5, 9])
