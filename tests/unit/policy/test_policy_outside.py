"""Outside figures: held without them, decided by itself with them, refused at load when they are of the wrong form."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from workers.cases.laws import sample_figures
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.problems import RulebookError
from workers.policy.types import BillFacts, Identity, PersonFacts

BILL = BillFacts(
    "440000", "S1", "440784", "inpatient", date(2023, 5, 6), date(2023, 5, 6), in_scope_personal=100_000,
    designated=True, insutype="390",
)  # fmt: skip
PERSON = PersonFacts((Identity("I", "低保对象", date(2023, 1, 1)),))


def test_a_bill_is_held_until_the_figures_are_adopted_and_then_decided() -> None:
    without, adopted = build_adoption(), build_adoption(figures=sample_figures())
    held = load_adoption(without).decide(BILL, PERSON, {})
    assert (held.status, held.reason, held.layers) == ("held", "figure_missing", {"ordinary": 0})
    decided = load_adoption(adopted).decide(BILL, PERSON, {})
    assert (decided.reason, decided.layers) == ("assisted", {"ordinary": 85_000})
    assert load_adoption(without).hash != load_adoption(adopted).hash


def test_a_part_of_the_figures_is_not_enough() -> None:
    part = {name: value for name, value in sample_figures()["HS"].items() if name != "allowance_cap"}
    verdict = load_adoption(build_adoption(figures={"HS": part})).decide(BILL, PERSON, {})
    assert (verdict.status, verdict.reason) == ("held", "figure_missing")


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("care_types", ["x_ray"], 'give a list such as ["inpatient"]'),
        ("care_types", "inpatient", 'give a list such as ["inpatient"]'),
        ("allowance_rate", 0.85, 'give a text such as "70%"'),
        ("allowance_rate", "185%", 'give a text such as "70%"'),
        ("allowance_cap", 50000, 'give a text in yuan such as "1000.00"'),
        ("allowance_cap", "-1.00", 'give a text in yuan such as "1000.00"'),
        ("special_retro_months", -1, "give a whole number from 0 to 120"),
        ("special_retro_months", True, "give a whole number from 0 to 120"),
    ],
)
def test_a_figure_of_the_wrong_form_is_refused_and_says_what_to_give(name: str, value: Any, fix: str) -> None:
    with pytest.raises(RulebookError) as error:
        build_adoption(figures={"HS": {name: value}})
    (finding,) = error.value.findings
    assert finding.fix == fix
    assert name in finding.message


def test_a_figure_that_no_rulebook_declares_is_refused() -> None:
    with pytest.raises(RulebookError, match="is not an outside figure"):
        build_adoption(figures={"HS": {"bonus": "1.00"}})
