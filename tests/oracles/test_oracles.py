"""The oracles against `tuodi replay` on random histories: a bounded run. The long one: `python -m tests.oracles`."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest

from tests.oracles import (
    arrived,
    beside,
    cities,
    county_lists,
    dongtou,
    fold,
    heshan,
    jieyang,
    lanzhou,
    payees,
    premiums,
    qiannan,
    qiannan_premium,
    spans,
    tasks,
    told,
)
from tests.oracles.compare import PROFILE, differences, histories, replayed
from tests.oracles.fold import back, events_of, judged
from tests.oracles.histories import Line, Writer
from workers.policy.county_lists import Term

HISTORIES = 300
ALL = (
    fold,
    arrived,
    county_lists,
    payees,
    qiannan,
    qiannan_premium,
    jieyang,
    lanzhou,
    heshan,
    dongtou,
    premiums,
    beside,
    cities,
    spans,
    tasks,
    told,
)
FIGURES = Path(__file__).with_name("figures.json")


EVERYWHERE = "assisted nothing_to_assist before_in_force no_identity identity_ended cancelled reversed waits_for_bill"
REACHED = {
    "qiannan": "within_deductible cap_used_up scope_not_covered not_designated uninsured fact_missing",
    "jieyang": "scope_not_covered not_designated not_member excluded fact_missing",
    "lanzhou": "within_deductible scope_not_covered application_missing after_expiry fact_missing",
    "heshan": "within_deductible cap_used_up scope_not_covered application_missing figure_missing",
    "dongtou": "not_designated uninsured after_expiry needs_person fact_missing",
}


@pytest.mark.parametrize("city", PROFILE)
def test_two_programs_that_share_no_line_agree(city: str) -> None:
    """And histories reach what they are for: random ones that never meet a cap or a wait would prove nothing."""
    bills, wrong, told = differences(histories(city, 1, HISTORIES), FIGURES)
    assert wrong == []
    assert bills > HISTORIES
    assert {*EVERYWHERE.split(), *REACHED[city].split()} - told == set()


def test_heshan_waits_until_its_figures_are_adopted() -> None:
    bills, wrong, told = differences(histories("heshan", 2, HISTORIES // 2))
    assert wrong == []
    assert bills > HISTORIES // 2
    assert "figure_missing" in told


def test_a_refused_claim_or_a_fraud_tells_nothing_of_a_bill_of_another_law() -> None:
    """Qiannan begins on 2023-01-01 (QN-6a): what lies before keeps its reason, and no warning counts it (QN-A22)."""
    writer = Writer(PROFILE["qiannan"], "1", "X")
    own = dict(setl_id="S1.X", county="522701", care_type="inpatient", in_scope_personal="99999.99", channel="manual")
    bill = writer.event("settlement.final", **own, discharged_on="2022-12-31", settled_on="2022-12-31")
    claim = dict(application_id="A1.X", revision=1, kind="manual_claim", setl_ids=["S1.X"])
    signed = dict(author="O1", second_signer="O2", document="D1", ordered_on="2023-02-01")
    lines = [
        bill,
        writer.event("application.filed", **claim, applied_on="2023-01-05", rejected_on="2023-01-06"),
        writer.event("office.ordered", order_id="O-1", kind="fraud", setl_id="S1.X", **signed),
    ]
    result = replayed(lines, FIGURES)
    (person,) = result["persons"].values()
    assert result["rejected"] == []
    assert person["settlements"]["S1.X"]["reason"] == "before_in_force"
    assert (person["burdens"], result["alerts"]) == ({}, [])


def test_a_wrong_figure_in_the_law_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison has teeth: an oracle with another rate differs."""
    monkeypatch.setitem(qiannan.STANDARD, 2, (0, 71))
    assert differences(histories("qiannan", 1, 60)).wrong


def test_a_hospital_that_keeps_what_the_person_bore_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random histories say who bore the assistance, at first and later (docs/adr/0010)."""
    monkeypatch.setattr("workers.entitlement.bills._note_person", lambda known, record: False)
    found = differences(histories("qiannan", 1, 120), FIGURES).wrong
    assert any("its hospital has" in each.what for each in found)


def left_out_and_named_again(prefix: str) -> list[Line]:
    """A name on a county's first and third list; the law of each order is cached by its bytes, so ids are new ones."""
    writer, name = Writer(PROFILE["jieyang"], "1", "X"), "麻风病康复人员"
    says = dict(kind="county_list", county="445202", list_kind="identities", region="440000", document="D1")
    says |= dict(author="U1", second_signer="U2", type="office.ordered", version=1)
    lists = (("2021-01-01", [name]), ("2022-01-01", ["其他"]), ("2023-01-01", [f"premium:{name}"]))
    values = [dict(order_id=prefix + day, ordered_on=day, entries=entries, **says) for day, entries in lists]
    lines: list[Line] = [{"topic": "office.ordered", "key": each["order_id"], "value": each} for each in values]
    known = dict(source_id="I1.X", revision=1, identity=name, recognised_on="2020-10-01", county="445202")
    lines.append(writer.event("identity.changed", **known))
    facts = dict(care_type="inpatient", insutype="390", designated=True, place="in_county", in_scope_personal="9.00")
    for n, day in enumerate(("2021-06-01", "2022-06-01", "2023-06-01")):
        own = dict(setl_id=f"S{n}.X", county="445202", admitted_on=day, discharged_on=day, settled_on=day)
        lines.append(writer.event("settlement.final", **own, **facts))
    return lines


def test_a_list_that_is_not_ended_by_the_next_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both programs know lists of counties; a name that a list left out is off until one names it again (JY-3.1f)."""
    assert differences({"X": left_out_and_named_again("A")}, FIGURES).wrong == []
    monkeypatch.setattr("workers.policy.county_lists._terms_of", lambda name, lists: [Term(lists[0].first, date.max)])
    assert "identity_ended" in differences({"X": left_out_and_named_again("B")}, FIGURES).wrong[0].what


def test_months_back_clamp_to_the_last_day() -> None:
    assert [back("2024-02-29", 12), back("2023-03-31", 1), back("2023-01-31", 2)] == [
        "2023-02-28", "2023-02-28", "2022-11-30",
    ]  # fmt: skip


def test_an_event_without_a_person_is_nobodys() -> None:
    assert judged(events_of([{"topic": "day.closed", "value": {"date": "2023-01-01"}}]), []) == {}


def test_an_oracle_is_small_and_imports_nothing_of_ours() -> None:
    for module in ALL:
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        tree, prose = ast.parse(source), set[int]()
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                prose |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
                assert not any(name.startswith(("workers", "schemas")) for name in names)
        code = [line for n, line in enumerate(source.splitlines(), 1) if n not in prose and line.split("#")[0].strip()]
        assert len(code) <= 190, module.__name__
