"""Conditions on facts of a bill, compiled to tests with three answers: a fact that was not stated is not a no."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from workers.policy.types import BillFacts
from workers.policy.values import Condition

Test = Callable[[BillFacts], bool | None]


def compile_all(conditions: tuple[Condition, ...]) -> Test:
    """True when every condition holds, False when one does not, None while that rests on a fact that was not stated."""
    parts = tuple(
        (attrgetter(each.fact), frozenset(each.one_of) if each.one_of else None, frozenset(each.is_not))
        for each in conditions
    )

    def test(bill: BillFacts) -> bool | None:
        answer: bool | None = True
        for read, wanted, unwanted in parts:
            value = read(bill)
            if value is None:
                answer = None
            elif value not in wanted if wanted is not None else value in unwanted:
                return False
        return answer

    return test
