"""Properties of whole histories, on random people of every city through `tuodi replay` (rules: docs/gates.md).

P2 what was posted is what stands; P4 a record said twice changes nothing, facts may come in any order, bills may not;
P5 a bill that was cancelled stays so when it comes again; P6 what is all reversed leaves no money, but its history;
P7 a recognition that never was valid leaves nothing; P12 the same lines give the same bytes.
"""

from __future__ import annotations

from random import Random
from typing import Any

from tests.oracles.compare import replayed
from tests.unit.gates.histories import (
    FACTS,
    FIGURES,
    Line,
    base,
    batch,
    changed,
    key,
    kind,
    like,
    outcome,
    own_bills,
)


def test_the_batch_is_worth_looking_at() -> None:
    """Money in every layer of every city, refusals, waiting, and bills that were taken back."""
    states = [state for bills in base().bills.values() for state in bills.values()]
    layers = {layer for _, _, amounts in states for layer in amounts}
    assert {"ordinary", "tilt", "secondary"} <= layers
    assert {"decided", "held", "reversed"} <= {status for status, _, _ in states}
    assert len({reason for _, reason, _ in states}) > 8


def test_p2_what_was_posted_is_what_stands() -> None:
    standing = {bill: amounts for bills in base().bills.values() for bill, (_, _, amounts) in bills.items() if amounts}
    assert base().posted == standing
    assert sum(sum(amounts.values()) for amounts in standing.values()) > 0


def _twice(r: Random, lines: list[Line]) -> list[Line]:
    for line in r.sample(lines, k=(len(lines) + 1) // 2):
        lines.insert(r.randrange(lines.index(line) + 1, len(lines) + 1), line)
    return lines


def test_p4_a_record_that_comes_again_changes_nothing() -> None:
    assert outcome(changed(_twice, "twice")).state == base().state


def _facts_in_any_order(r: Random, lines: list[Line]) -> list[Line]:
    """Facts get new places among the lines; those of one id and revision keep their order, and bills keep theirs."""
    places = list(range(len(lines)))
    moving = [number for number, line in enumerate(lines) if kind(line) in FACTS]
    for number in moving:
        places[number] = r.randrange(len(lines))
    together: dict[Any, list[int]] = {}
    for number in moving:
        together.setdefault(key(lines[number]), []).append(number)
    for numbers in together.values():
        for number, place in zip(numbers, sorted(places[each] for each in numbers), strict=True):
            places[number] = place
    fixed = [number for number in range(len(lines)) if number not in moving]
    order = sorted(moving, key=lambda number: (places[number], number))
    result = [lines[number] for number in fixed]
    for number in order:
        result.insert(min(places[number], len(result)), lines[number])
    return _with_order_kept(result, [lines[number] for number in order])


def _with_order_kept(result: list[Line], facts: list[Line]) -> list[Line]:
    """Inserting one by one may have turned two facts round: put them back in their drawn order."""
    at = sorted(number for number, line in enumerate(result) if kind(line) in FACTS)
    for number, line in zip(at, facts, strict=True):
        result[number] = line
    return result


def test_p4_facts_may_come_in_any_order() -> None:
    moved = changed(_facts_in_any_order, "order")
    assert any(moved[number] != lines for number, lines in batch().items())
    assert outcome(moved).state == base().state


def test_p4_bills_may_not() -> None:
    """Arrival decides who uses up the deductible: of some people other bills are paid when their bills turn round."""

    def turned(r: Random, lines: list[Line]) -> list[Line]:
        at = [number for number, line in enumerate(lines) if kind(line) == "settlement.final"]
        for number, line in zip(at, [lines[each] for each in reversed(at)], strict=True):
            lines[number] = line
        return lines

    after = outcome(changed(turned, "turned"))
    assert after.state != base().state


def test_p5_a_cancelled_bill_stays_cancelled_when_it_comes_again() -> None:
    cancelled: dict[str, str] = {}

    def cancel(r: Random, lines: list[Line]) -> list[Line]:
        known = [line for line in lines if kind(line) == "settlement.final"]
        if not known:
            return lines
        bill = r.choice(known)
        setl_id = bill["value"]["setl_id"]
        cancelled[bill["key"]] = setl_id
        return [*lines, like(bill, "settlement.cancel", setl_id=setl_id, own_id=f"X.{setl_id}"), bill, bill]

    after = outcome(changed(cancel, "cancel"))
    assert len(cancelled) > len(batch()) // 2
    for number, setl_id in cancelled.items():
        status, reason, amounts = after.bills[number][setl_id]
        assert (status, amounts) == ("reversed", {}), setl_id
        assert reason in ("cancelled", "reversed")
        assert setl_id not in after.posted


def test_p6_what_is_all_reversed_leaves_no_money_but_its_history() -> None:
    def reverse(r: Random, lines: list[Line]) -> list[Line]:
        if not lines:
            return lines
        first = next((line for line in lines if "psn_no" in line["value"]), lines[0])
        return lines + [
            like(first, "settlement.reverse", setl_id=setl_id, reversal_id=f"Z.{setl_id}")
            for setl_id in own_bills(lines)
        ]

    after = outcome(changed(reverse, "reverse"))
    assert after.posted == {}
    assert all(years == {} for years in after.years.values())
    assert {status for bills in after.bills.values() for status, _, _ in bills.values()} <= {"reversed", "parked"}
    assert after.decisions > base().decisions


def test_p7_a_recognition_that_never_was_valid_leaves_nothing() -> None:
    def mistaken(r: Random, lines: list[Line]) -> list[Line]:
        known = [line for line in lines if kind(line) == "identity.changed"]
        if not known:
            return lines
        facts = {**r.choice(known)["value"], "source_id": f"Z.{known[0]['key']}", "removed_on": None}
        facts = {name: value for name, value in facts.items() if name not in ("removal_reason", "removed_on")}
        for revision, withdrawn in ((1, False), (2, True)):
            line = {**known[0], "value": {**facts, "revision": revision, "withdrawn": withdrawn}}
            lines.insert(r.randrange(len(lines) + 1) if revision == 1 else len(lines), line)
        return lines

    assert outcome(changed(mistaken, "mistaken")).state == base().state


def test_p12_the_same_lines_give_the_same_bytes() -> None:
    lines = [line for lines in batch().values() for line in lines]
    assert replayed(lines, FIGURES) == replayed(lines, FIGURES)
