"""On every history: two numbers merged are one number from the start, and a merge that is split again was none.

Bills, facts and their undoings are said of either of two numbers at random; the same history said of one number is the
truth (amounts, states, counters of the union in order of arrival). Money is conserved on the way.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.entitlement import histories
from tests.unit.replay.two_numbers import Numbers
from workers.replay.report import result_of

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OWNER = {"S1": "A", "S2": "B", "S3": "A", "S4": "B", "I1": "A", "I2": "B", "A1": "A", "A2": "B", "E1": "A", "E2": "B"}

events = st.one_of(
    histories.finals(), histories.finals(), histories.identities(), histories.undoings(), histories.applications(),
    histories.enrolments(),
)  # fmt: skip
Said = list[tuple[str, dict[str, Any]]]


def owner(event: dict[str, Any]) -> str:
    """A bill and a fact belong to one number, so that no bill stands under both (that is another test's matter)."""
    for name in ("setl_id", "source_id", "application_id", "enrolment_id"):
        if name in event:
            return OWNER[event[name]]
    named = event.get("own_id") or event.get("msgid") or ""
    return OWNER[named[1:3]]


@st.composite
def histories_of_two(draw: st.DrawFn, astray: bool) -> Said:
    """`astray`: cancels and the like are said of either number."""
    said: Said = []
    for event in draw(st.lists(events, min_size=1, max_size=25)):
        event = {name: value for name, value in event.items() if name not in ("person_key", "region", "version")}
        psn_no = owner(event)
        if astray and event["type"].startswith("settlement.") and event["type"] != "settlement.final":
            psn_no = draw(st.sampled_from("AB"))
        said.append((psn_no, event))
    return said


def told(said: Said, number: str | None = None) -> Numbers:
    numbers = Numbers(partitions=2)
    for psn_no, event in said:
        numbers.say(number or psn_no, **event)
    return numbers


@SLOW
@given(said=histories_of_two(astray=True), after=histories_of_two(astray=True), into=st.sampled_from("AB"))
def test_merged_is_one_from_the_start(said: Said, after: Said, into: str) -> None:
    two = told(said)
    two.merge("B" if into == "A" else "A", into)
    for psn_no, event in after:  # of either number: what is said of the old one is forwarded
        two.say(psn_no, **event)
    one = told(said + after, into)
    assert two.amounts(into) == one.amounts(into)
    assert money_of(two) == money_of(one)
    assert_sound(two)


@SLOW
@given(said=histories_of_two(astray=False), into=st.sampled_from("AB"))
def test_merged_and_split_again_is_as_before(said: Said, into: str) -> None:
    two = told(said)
    other = "B" if into == "A" else "A"
    before = two.amounts("A", "B")
    lists = {psn_no: [s for s, o in OWNER.items() if o == psn_no and s in before] for psn_no in "AB"}
    lists = {psn_no: [s for s in bills if before[s][0] != "parked"] for psn_no, bills in lists.items()}
    two.merge(other, into)
    assert two.split(into, other, lists[other], lists[into])["outcome"] == "applied"
    assert two.amounts("A", "B") == before
    assert recognised(two) == recognised(told(said))
    assert_sound(two)


def recognised(numbers: Numbers) -> list[object]:
    """The identities of both numbers as they hold."""
    persons = result_of(numbers, numbers.collector).persons
    keys = [numbers.key(psn_no) for psn_no in "AB"]
    return [persons[key].recognitions if key in persons else [] for key in keys]


def money_of(numbers: Numbers) -> dict[tuple[str, str], int]:
    """What all postings of a bill sum to, in fen."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for posting in numbers.collector.postings:
        sums[posting.setl_id, posting.layer] += int(posting.amount.replace(".", ""))
    return {name: amount for name, amount in sums.items() if amount}


def assert_sound(numbers: Numbers) -> None:
    """One answer a record, sequences without a gap, ids once, nothing left on its way, a hospital never in debt."""
    assert len(numbers.values["journal.answered"]) == numbers.counts["journal_records"]
    for topic in ("assistance.decided", "task.opened", "task.closed"):
        last: dict[str, int] = defaultdict(int)
        for value in numbers.values[topic]:
            last[value["person_key"]] += 1
            assert value["sequence"] == last[value["person_key"]]
    ids = [value["decision_id"] for value in numbers.values["assistance.decided"]]
    assert len(ids) == len(set(ids))
    hospital: dict[str, int] = defaultdict(int)
    for posting in numbers.collector.postings:
        if posting.payee == "hospital":
            hospital[posting.setl_id] += int(posting.amount.replace(".", ""))
    assert min(hospital.values(), default=0) >= 0
    for partition in numbers.partitions:
        for group in partition.store.groups():
            assert not [name for name, _ in partition.store.names(group) if name.startswith("moving|")]
