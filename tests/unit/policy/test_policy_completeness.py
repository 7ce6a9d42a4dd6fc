"""Lists of a rulebook that must be whole are refused at load when they are not."""

from __future__ import annotations

from typing import Any

import pytest

from workers.cases.laws import changed, shipped
from workers.policy.compiler import executable_findings


def rule(measure: str, name: str) -> int:
    return next(number for number, each in enumerate(shipped(measure).book.rule) if each.id == name)


@pytest.mark.parametrize(
    ("measure", "path", "value", "says"),
    [
        ("QN", ("rule", "base", "outside"), (), "out_of_scope is neither assisted nor outside"),
        ("QN", ("rule", "base", "outside"), ("out_of_scope", "class_b_first_pay"), "class_b_first_pay is named twice"),
        ("JY", ("rule", "pool", "serves", 1, "care_types"), ("inpatient", "emergency"), "served by two pools"),
        ("JY", ("rule", "pool", "special_care_types"), ("pharmacy",), "pharmacy is none of the outpatient pool's"),
        ("QN", ("rule", "unreferred", "when", 0, "one_of"), (), "the condition on referral names no value"),
        ("HS", ("group", 0, "outside"), ("destitute_rate", "destitute_deductible", "destitute_cap"), "care_types"),
        ("HS", ("group", 6, "outside"), (), "special_retro_months"),
    ],
)
def test_what_is_forgotten_or_stands_twice_is_refused(
    measure: str, path: tuple[Any, ...], value: tuple[str, ...], says: str
) -> None:
    loaded = shipped(measure)
    where = ("rule", rule(measure, path[1]), *path[2:]) if path[0] == "rule" else path
    assert executable_findings(loaded) == []
    found = executable_findings(loaded._replace(book=changed(loaded.book, where, lambda _: value)))
    assert any(says in finding.message for finding in found), found
    assert all(finding.line > 1 and finding.fix for finding in found)
