"""Records of a move that come again, or with others in between: the person is what one move at once would have made."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events.header import MOVED_FROM
from tests.unit.replay.test_replay_union import SLOW, Said, assert_sound, histories_of_two, money_of, told
from tests.unit.replay.two_numbers import REGION, Numbers, bill, identity
from workers.errors import Stop
from workers.journal.record import Source
from workers.log.port import Record
from workers.replay.derived import Sent

MOVES = (b'"type":"bill.moved"', b'"type":"person.moved"')


def is_move(sent: Sent) -> bool:
    return any(type_ in (sent.value or b"") for type_ in MOVES)


class Stuttering(Numbers):
    """Its log repeats records of a move (`again`: which earlier one after each) and lets others come in between."""

    def __init__(self, again: list[int], between: list[Sent] | None = None) -> None:
        self.again, self.between = again, between or []
        self.on = False
        super().__init__(partitions=2)

    def _fold(self, partition: Any, record: Record) -> list[Sent]:
        derived = super()._fold(partition, record)
        moves = [sent for sent in derived if is_move(sent)]
        if not self.on or not moves:
            return derived
        self.on = False
        told_out: list[Sent] = []
        for place, sent in enumerate(moves):
            told_out += [sent, *self.between[place : place + 1]]
            told_out += [moves[n % (place + 1)] for n in self.again[place : place + 1]]
        told_out += [moves[n % len(moves)] for n in self.again]  # and after the closing record, in any order
        return [*told_out, *(sent for sent in derived if not is_move(sent))]

    def sent(self, psn_no: str, **event: Any) -> Sent:
        """The journal record of an event, for another moment."""
        made = self._journal.person_record({"version": 1, "region": REGION, "psn_no": psn_no, **event}, Source("x", 1))
        return Sent(made.partition, made.key, made.value, made.headers)


AGAIN = st.lists(st.integers(0, 9), max_size=12)


@SLOW
@given(said=histories_of_two(astray=True), again=AGAIN, into=st.sampled_from("AB"))
def test_a_move_whose_records_come_again_is_the_move_at_once(said: Said, again: list[int], into: str) -> None:
    other = "B" if into == "A" else "A"
    once, twice = told(said), Stuttering(again)
    for psn_no, event in said:
        twice.say(psn_no, **event)
    once.merge(other, into)
    twice.on = True
    twice.merge(other, into)
    assert twice.amounts(into) == once.amounts(into)
    assert money_of(twice) == money_of(once)
    assert_sound(twice)


def full() -> dict[str, Any]:
    """What intake spells of a bill."""
    names = "class_b_first_pay over_limit_price_pay out_of_scope assistance_paid_upstream supplementary_paid".split()
    return {"insured": True, "insurance_settled": True, "channel": "one_stop", **dict.fromkeys(names, "0.00")}


def test_what_comes_between_the_records_of_a_move_is_decided_once_and_ends_the_same() -> None:
    """Bills of the receiving number and of a third one lie between the records, and each record comes twice."""
    wild, plain = Stuttering([0, 0, 1, 2, 3]), Numbers(partitions=2)
    coming = [("B", full() | bill("S8", "30000.00")), ("C", full() | bill("S9"))]
    wild.between = [wild.sent(psn_no, **event) for psn_no, event in coming]
    for numbers in (wild, plain):
        numbers.say("A", **identity())
        for n in range(4):
            numbers.say("A", **bill(f"S{n}", "9000.00"))
        numbers.say("B", **bill("S7", "9000.00"))
    wild.on = True
    wild.merge("A", "B")
    plain.merge("A", "B")
    for psn_no, event in coming:
        plain.say(psn_no, **event)
    assert wild.amounts("B", "C") == plain.amounts("B", "C")
    assert money_of(wild) == money_of(plain)
    assert_sound(wild)
    outcomes = [answer["outcome"] for answer in wild.values["journal.answered"]]
    assert outcomes.count("repeat") == 10


def test_a_repeated_move_does_not_hinder_a_second_one_or_a_split() -> None:
    numbers = Stuttering([0, 1, 0, 1])
    for n in (1, 2):
        numbers.say("A", **bill(f"S{n}"))
    for _ in range(2):
        numbers.on = True
        assert numbers.merge("A", "B")["outcome"] == "repeat"  # the last record that came again
        numbers.on = True
        numbers.split("B", "A", ["S1", "S2"], [])
        assert set(numbers.amounts("A")) == {"S1", "S2"}


def test_after_the_receiving_number_moved_on_a_repeat_stays_where_it_was_complete() -> None:
    numbers = Stuttering([])
    numbers.say("A", **bill("S1"))
    kept: list[Sent] = []
    fold = numbers._fold

    def note(partition: Any, record: Record) -> list[Sent]:
        derived = fold(partition, record)
        kept.extend(sent for sent in derived if is_move(sent))
        return derived

    numbers._fold = note  # type: ignore[method-assign]
    numbers.merge("A", "B")
    first = list(kept)
    numbers.merge("B", "C")
    for sent in first:
        numbers.append(sent, 1)  # type: ignore[arg-type]
        assert numbers.values["journal.answered"][-1]["outcome"] == "repeat"
    assert set(numbers.amounts("C")) == {"S1"}


def test_one_bill_twice_with_two_states_stops_the_partition() -> None:
    numbers = Stuttering([])
    numbers.say("A", **bill("S1"))
    numbers.say("A", **bill("S2"))
    fold = numbers._fold

    def spoil(partition: Any, record: Record) -> list[Sent]:
        derived = fold(partition, record)
        if not any(is_move(sent) for sent in derived):
            return derived
        other = (derived[0].value or b"").replace(b"1000", b"2000").replace(b"100000", b"200000")
        assert any(name == MOVED_FROM for name, _ in derived[0].headers)
        return [derived[0], derived[0]._replace(value=other), *derived[1:]]

    numbers._fold = spoil  # type: ignore[method-assign]
    with pytest.raises(Stop, match="brings one bill twice"):
        numbers.merge("A", "B")
