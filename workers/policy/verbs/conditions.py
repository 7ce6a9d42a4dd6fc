"""Conditions on facts of a bill, compiled to plain tests. An exception counts only when its facts were stated."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from workers.policy.types import BillFacts
from workers.policy.values import Condition

Test = Callable[[BillFacts], bool]


def compile_all(conditions: tuple[Condition, ...]) -> Test:
    """True when every condition is shown to hold; a fact that was not stated shows nothing."""
    parts = tuple(
        (attrgetter(each.fact), frozenset(each.one_of) if each.one_of else None, frozenset(each.is_not))
        for each in conditions
    )

    def test(bill: BillFacts) -> bool:
        for read, wanted, unwanted in parts:
            value = read(bill)
            if value is None or (value not in wanted if wanted is not None else value in unwanted):
                return False
        return True

    return test
