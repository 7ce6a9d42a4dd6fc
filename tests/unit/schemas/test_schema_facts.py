"""The table of facts is green, and red where it should be: no fact, unknown fact, field that is not there."""

from __future__ import annotations

import pytest

from schemas.facts.table import Clause, Fact, Table, load, problems, render

MUST_HAVE = {
    "check-up": "checkup.recorded.amount",
    "disability certificate": "person.described.disability_certificate",
    "supplementary premium": "premium.paid.kind",
    "family doctor": "person.described.family_doctor",
    "member type": "identity.changed.member_type",
    "allowance sub-class": "identity.changed.sub_class",
    "registration county": "person.described.registration_county",
    "rural flag": "person.described.rural",
    "mental disorder": "person.described.mental_disorder",
    "formal receipt": "settlement.final.formal_receipt",
    "major disease": "settlement.final.major_disease",
    "primary-care first visit": "admission.registered.primary_care_first",
    "county list closed": "identity.snapshot_closed.count",
    "county list entries": "office.ordered.entries",
    "population": "fund.reported.population",
    "office order": "office.ordered.decision",
    "approval": "office.ordered.approval",
}


def _with(**changed: object) -> Table:
    return load()._replace(**changed)


def test_the_register_is_whole_and_green() -> None:
    table = load()
    letters = [clause.sw for clause in table.clauses.values()]
    assert (len(letters), letters.count("Y"), letters.count("P"), letters.count("N")) == (226, 149, 50, 27)
    assert problems(table) == []
    assert {k for k, clause in table.clauses.items() if clause.sw in "YP"} == set(table.needs)


@pytest.mark.parametrize("field", MUST_HAVE.values(), ids=MUST_HAVE)
def test_facts_that_the_measures_ask_for_by_name_stand_in_the_table(field: str) -> None:
    assert any(field in fact.fields for fact in load().facts.values())
    assert f"`{field}`" in render(load())


def test_red_without_a_fact() -> None:
    needs = {k: v for k, v in load().needs.items() if k != "QN-T2"}
    assert problems(_with(needs=needs)) == ["needs.toml: QN-T2 (Y) names no fact"]
    assert "needs.toml: QN-T2 (Y) names no fact" in problems(_with(needs=load().needs | {"QN-T2": ()}))
    with pytest.raises(ValueError, match="QN-T2"):
        render(_with(needs=needs))


def test_red_when_a_fact_names_a_field_that_is_not_there() -> None:
    facts = load().facts
    wrong = facts | {"rural": facts["rural"]._replace(fields=("person.described.farmer",))}
    assert problems(_with(facts=wrong)) == ["facts.toml: rural: no feed event has person.described.farmer"]
    wrong = facts | {"decided": facts["decided"]._replace(outputs=("assistance.decided.layer",))}
    assert problems(_with(facts=wrong)) == ["facts.toml: decided: we publish no assistance.decided.layer"]


def test_red_for_names_that_lead_nowhere() -> None:
    table = load()
    assert problems(_with(needs=table.needs | {"QN-9": ("identity",)})) == ["needs.toml: QN-9 is not in clauses.toml"]
    unknown = table.needs | {"QN-T1": (*table.needs["QN-T1"], "wealth")}
    assert problems(_with(needs=unknown)) == ["needs.toml: QN-T1 needs wealth, which is not in facts.toml"]
    idle = table.facts | {"wealth": Fact("wealth", ("settlement.final.total_fee",), (), ())}
    assert problems(_with(facts=idle)) == ["facts.toml: no clause needs wealth"]
    empty = table.facts | {"rural": Fact("rural", (), (), ())}
    assert problems(_with(facts=empty)) == ["facts.toml: rural names neither field nor figure nor output"]
    odd = dict(table.clauses) | {"QN-4.1a": Clause("X", "四(一)", "…")}
    assert problems(_with(clauses=odd)) == ["clauses.toml: QN-4.1a has sw 'X'; it is Y, P or N"]
