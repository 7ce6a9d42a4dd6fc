"""The closed list of verbs says what the five measures need; what cannot be executed yet is refused, never skipped."""

from __future__ import annotations

import tomllib
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.unit.policy.rulebook_files import NAME, SOURCE, TEXT, WORDS, findings_of
from workers.policy.verbs.registry import IMPLEMENTED
from workers.policy.verbs_schema import AnyRule

RULE: TypeAdapter[Any] = TypeAdapter(AnyRule)
HEAD = """
id = "sample"
name = "样例"
clauses = ["{clause}"]
cite = [{{ kind = "literal", article = "五", quote = "强化组织保障" }}]
do = "{verb}"
"""
CITE = 'cite = { kind = "literal", article = "五", quote = "强化组织保障" }'


def stated(value: str) -> str:
    return f'{{ value = "{value}", {CITE} }}'


BANDS = (
    f'bands = [{{ from_amount = "10000.00", amount = "5000.00", {CITE} }},'
    f' {{ from_amount = "20000.00", rate = "10%", {CITE} }}]'
)
WAITING: dict[str, tuple[str, str]] = {
    "offset": ("DT-3.3a", 'fields = ["supplementary_paid"]'),
    "marginal_bands": ("DT-3.3d", f'over = "year"\n{BANDS}'),
    "slab_bands": ("DT-3.3d", f'over = "window"\n{BANDS}'),
    "cap_event": ("JY-3.2.3b", f'layer = "secondary"\nlimit = {stated("30000.00")}'),
    "fund_figure": ("JY-4.2a", f'kind = "prepayment_quota"\nrate = {stated("25%")}\ndue = {stated("每年1月15日前")}'),
}


def all_verbs() -> set[str]:
    union = get_args(AnyRule)[0]
    return {get_args(model.model_fields["do"].annotation)[0] for model in get_args(union)}


def test_every_verb_is_executed_or_waits_with_a_sample() -> None:
    assert set(WAITING) | set(IMPLEMENTED) == all_verbs()
    assert not set(WAITING) & set(IMPLEMENTED)


@pytest.mark.parametrize("verb", sorted(WAITING))
def test_a_rule_of_each_verb_can_be_written(verb: str) -> None:
    clause, body = WAITING[verb]
    rule = RULE.validate_python(tomllib.loads(HEAD.format(verb=verb, clause=clause) + body))
    assert rule.do == verb


@pytest.mark.parametrize("verb", sorted(WAITING))
def test_a_verb_without_evaluator_is_refused_at_load(verb: str) -> None:
    clause, body = WAITING[verb]
    text = TEXT + "\n[[rule]]" + HEAD.format(verb=verb, clause=clause) + body + "\n"
    found = findings_of({NAME: text, SOURCE: WORDS})
    assert any(f"the verb {verb} exists, but this engine cannot execute it yet" in each.message for each in found)


@pytest.mark.parametrize("verb", sorted(WAITING))
def test_a_rule_is_closed(verb: str) -> None:
    clause, body = WAITING[verb]
    with pytest.raises(ValidationError, match="extra_forbidden"):
        RULE.validate_python(tomllib.loads(HEAD.format(verb=verb, clause=clause) + "surplus = 1\n" + body))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('like = "class_2"\n', "`like` names class_2, which has no outside figures"),
        ('outside = ["rate_40"]\n', "`outside` does not name rate, deductible and cap"),
        ('outside = ["class_3_rate"]\n', "class_3_rate is not a figure of this rulebook"),
        ('outside = ["class_3_rate"]\n', "its rate stands here and in another document"),
    ],
)
def test_outside_figures_are_declared_and_complete(line: str, message: str) -> None:
    found = findings_of({NAME: TEXT.replace("rank = 3\n", f"rank = 3\n{line}"), SOURCE: WORDS})
    assert any(message in each.message for each in found)


def test_pools_and_the_rule_that_chooses_among_them_go_together() -> None:
    pool = f"""[[group.pool]]
id = "inpatient"
name = "住院"
counter = "inpatient_used"
clauses = ["QN-T1"]
rate = {{ value = "60%", {CITE} }}
"""
    old = '[[group]]\nid = "class_4"'
    found = findings_of({NAME: TEXT.replace(old, pool + old), SOURCE: WORDS})
    assert any("三类人员: pools and the rule `choose_pool` go together" in each.message for each in found)


def test_a_running_claim_by_rates_is_refused() -> None:
    body = (
        'layer = "tilt"\ncounter = "claim_used"\nburden_counter = "burden"\n'
        f"burden = {stated('whole_own_payment')}\nstep = {stated('cumulative')}\nedge = {stated('at_or_above')}\n"
        + BANDS
    )
    text = TEXT + "\n[[rule]]" + HEAD.format(verb="running_claim", clause="JY-3.2.3b") + body + "\n"
    found = findings_of({NAME: text, SOURCE: WORDS})
    assert any("by bands of fixed amounts only" in each.message for each in found)


def test_one_fund_serves_everybody_else() -> None:
    found = findings_of(
        {NAME: TEXT.replace('order = ["assistance_fund"]', 'order = ["a"]\ngroups = ["class_1"]'), SOURCE: WORDS}
    )
    assert any("rules `route_fund` without groups" in each.message for each in found)


def test_a_group_without_a_rate_is_refused() -> None:
    rate = '[group.rate]\nvalue = "60%"\n'
    start = TEXT.index(rate)
    end = TEXT.index("[group.deductible]", start)
    found = findings_of({NAME: TEXT[:start] + TEXT[end:], SOURCE: WORDS})
    assert any("三类人员 has no rate" in each.message for each in found)
