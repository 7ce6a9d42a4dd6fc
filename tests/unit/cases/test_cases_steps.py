"""The first differing step is the one whose figure was changed, whatever the figure."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from workers.cases.compare import Fault, faults
from workers.cases.laws import changed, shipped_books
from workers.cases.timeline import read_all

BOOKS = shipped_books()
CASES = [timeline for timeline in read_all() if timeline.measure == "QN" and not timeline.readings]


def found(path: tuple[str | int, ...], value: Any) -> list[Fault]:
    books = BOOKS.with_book(changed(BOOKS.of("QN")[0].book, path, lambda _: value))
    return [fault for timeline in CASES for fault in faults(books.law(timeline), timeline)]


def rule(name: str) -> int:
    return next(number for number, each in enumerate(BOOKS.of("QN")[0].book.rule) if each.id == name)


@pytest.mark.parametrize(
    ("path", "value", "step"),
    [
        (("group", 2, "rate", "value"), Fraction(59, 100), "rate"),
        (("group", 2, "deductible", "value"), 99_900, "deductible"),
        (("group", 2, "cap", "value"), 4_999_999, "cap"),
        (("rule", rule("tilt"), "rate", "value"), Fraction(71, 100), "tilt"),
        (("rule", rule("tilt"), "limit", "value"), 4_999_999, "tilt"),
        (("rule", rule("base"), "fields"), ("in_scope_personal", "class_b_first_pay"), "base"),
    ],
)
def test_the_step_that_was_changed_is_named(path: tuple[str | int, ...], value: Any, step: str) -> None:
    faulty = [fault for fault in found(path, value) if fault.what in ("应救助", "第二层")]
    named = [fault.step.rule for fault in faulty if fault.step is not None]
    assert named
    assert named.count(step) * 2 > len(named), named
    assert all(fault.step is not None and fault.step.citations for fault in faulty)


def test_a_refusal_that_was_not_expected_names_the_rule_that_refused() -> None:
    changed_law = found(("rule", rule("scope"), "one_of"), ("inpatient",))
    faulty = [fault for fault in changed_law if fault.got == "范围外"]
    assert faulty
    assert {fault.step.rule for fault in faulty if fault.step is not None} == {"scope"}
    later = [fault for fault in changed_law if fault.got == "起付线内"]
    assert {fault.step.rule for fault in later if fault.step is not None} == {"deductible"}


def test_a_refusal_that_was_expected_names_the_rule_that_should_have() -> None:
    changed_law = found(("rule", rule("designated"), "one_of"), (True, False))
    faulty = [fault for fault in changed_law if fault.expected == "非定点"]
    assert faulty
    assert {fault.step.rule for fault in faulty if fault.step is not None} == {"designated"}
