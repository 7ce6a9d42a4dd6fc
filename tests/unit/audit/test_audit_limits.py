"""The audit's own limits of the five cities: each is found when it is passed by a fen, and not before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.money import text_of
from tests.unit.audit.handmade import PERSON, decision_id
from workers.audit.account import Books
from workers.audit.decode import Decision, Unreadable
from workers.audit.findings import Findings
from workers.audit.limits import heshan_limit, over_counters, own_payment


def heard(setl_id: str, own: int, **facts: Any) -> dict[str, Any]:
    body = {"type": "settlement.final", "person_key": PERSON, "region": "1", "setl_id": setl_id}
    return body | {"in_scope_personal": text_of(own)} | facts


class Desk:
    """Books that decisions are laid before; amounts in fen."""

    def __init__(self) -> None:
        self.books = Books(0, Findings(), set())
        self.sequence = 0

    def bill(self, setl_id: str, own: int, measure: str, year: int = 2023, **layers: int) -> list[str]:
        """One bill and its decision; what the audit says against it (A4)."""
        self.books.hear(heard(setl_id, own))
        return self.decided(setl_id, measure, year, **layers)

    def decided(self, setl_id: str, measure: str, year: int = 2023, **layers: int) -> list[str]:
        self.sequence += 1
        given, before = sum(layers.values()), self.books.bills.get((PERSON, ("1", setl_id)))
        delta = {layer: amount - (before.layers.get(layer, 0) if before else 0) for layer, amount in layers.items()}
        figures = {"base": given, "deductible": 0, "own_share": 0, "over_cap": 0, "excluded": 0}
        decision = Decision(
            self.sequence, decision_id(self.sequence), self.sequence, PERSON, None, ("1", setl_id), (0, self.sequence),
            measure, year, "decided", layers, delta, figures, tuple(delta.items()),
        )  # fmt: skip
        self.books.take(decision)
        self.books.close_group([decision])
        found = [each.what for each in self.books.findings.listed if each.check == "A4"]
        self.books.findings.listed.clear()
        return found


@pytest.mark.parametrize(
    ("measure", "layer", "limit"),
    [
        ("QN", "ordinary", 5_000_000), ("QN", "tilt", 5_000_000), ("JY", "ordinary", 11_000_000),
        ("JY", "secondary", 3_000_000), ("LZ", "ordinary", 8_000_000),
    ],
)  # fmt: skip
def test_the_yearly_limit_of_a_layer(measure: str, layer: str, limit: int) -> None:
    desk = Desk()
    assert desk.bill("S1", limit, measure, **{layer: limit - 1}) == []
    assert desk.bill("S2", limit, measure, **{layer: 1}) == []
    assert any("the limit is" in what for what in desk.bill("S3", limit, measure, **{layer: 1}))
    assert desk.bill("S4", limit, measure, 2024, **{layer: 1}) == []


@pytest.mark.parametrize("measure", ["QN", "HS", "LZ"])
def test_a_bill_never_gets_more_than_was_paid(measure: str) -> None:
    desk = Desk()
    desk.books.heshan_cap = 9_000_000
    assert desk.bill("S1", 100, measure, ordinary=100) == []
    assert any("where the person paid 100" in what for what in desk.bill("S2", 100, measure, ordinary=101))


@pytest.mark.parametrize(("measure", "layer"), [("JY", "secondary"), ("DT", "resolution"), ("DT", "retro")])
def test_a_year_never_gets_more_than_was_paid(measure: str, layer: str) -> None:
    """One bill may, because the layer also pays on burden of earlier bills."""
    desk = Desk()
    assert desk.bill("S1", 1_000, measure, **{layer: 0}) == []
    assert desk.bill("S2", 100, measure, **{layer: 1_100}) == []
    assert any("where the person paid 1100" in what for what in desk.decided("S2", measure, **{layer: 1_101}))


def test_a_bill_that_moves_to_another_year_takes_its_own_payment_along() -> None:
    desk = Desk()
    assert desk.bill("S1", 1_000, "JY", 2023, ordinary=800) == []
    assert desk.bill("S2", 50, "JY", 2023, ordinary=50) == []
    assert desk.decided("S1", "JY", 2024, ordinary=1_000) == []
    assert any("where the person paid 50" in what for what in desk.decided("S2", "JY", 2023, ordinary=51))


def test_a_bill_without_a_journal_record_leaves_its_year_open() -> None:
    desk = Desk()
    assert desk.decided("S1", "JY", 2023, ordinary=800) == []


def test_of_two_bodies_the_dearer_counts_and_a_later_one_raises_the_year() -> None:
    desk = Desk()
    desk.bill("S1", 100, "JY", ordinary=100)
    desk.books.hear(heard("S1", 50))
    assert desk.decided("S1", "JY", ordinary=100) == []
    desk.books.hear(heard("S1", 60, out_of_scope="0.90"))
    assert desk.decided("S1", "JY", ordinary=150) == []
    assert any("paid 150" in what for what in desk.decided("S1", "JY", ordinary=151))


def test_own_payment_of_a_bill() -> None:
    assert own_payment(heard("S1", 100, class_b_first_pay="1.00", over_limit_price_pay="2.00")) == 400
    assert own_payment({"in_scope": "7.00", "insured": True}) == 0
    assert own_payment({"in_scope": "7.00", "insured": False, "out_of_scope": "1.00"}) == 800
    with pytest.raises(Unreadable):
        own_payment({"in_scope_personal": "7"})


def test_the_limit_of_heshan_is_the_adopted_one() -> None:
    desk = Desk()
    assert any("no figure of Heshan is adopted" in what for what in desk.bill("S1", 100, "HS", ordinary=1))
    assert desk.bill("S1b", 100, "HS", 2021, ordinary=0) == []
    figures = {"HS": {"orphan_cap": "60000.00", "allowance_cap": "50000.00", "orphan_rate": "100%"}}
    desk.books.hear({"type": "rulebook.adopted", "body": json.dumps({"figures": figures})})
    assert desk.bill("S2", 6_000_000, "HS", 2024, ordinary=6_000_000) == []
    assert any("the limit is 6000000" in what for what in desk.bill("S3", 100, "HS", 2024, ordinary=1))
    assert heshan_limit(json.dumps({"figures": {}})) is None
    with pytest.raises(Unreadable):
        heshan_limit("{")


@pytest.mark.parametrize(
    ("measure", "right", "name", "wrong"),
    [
        ("JY", {"outpatient_used": 3_000_000}, "outpatient_used", 3_000_001),
        ("JY", {"inpatient_used": 8_000_000}, "inpatient_used", 8_000_001),
        ("JY", {"secondary_burden": 999_999, "secondary_used": 0}, "secondary_used", 1),
        ("JY", {"secondary_burden": 1_000_000, "secondary_used": 500_000}, "secondary_used", 500_001),
        ("JY", {"secondary_burden": 4_999_999, "secondary_used": 1_000_000}, "secondary_used", 1_000_001),
        ("JY", {"secondary_burden": 5_000_000, "secondary_used": 2_000_000}, "secondary_used", 2_000_001),
        ("JY", {"secondary_burden": 10_000_000, "secondary_used": 3_000_000}, "secondary_used", 3_000_001),
        ("LZ", {"ordinary_general_used": 5_000_000}, "ordinary_general_used", 5_000_001),
        ("LZ", {"tilt_burden": 600_000, "tilt_used": 1}, "tilt_used", 2),
        ("LZ", {"tilt_burden": 700_000, "tilt_used": 30_001}, "tilt_used", 30_002),
        ("DT", {"retro_used": 5_000_000}, "retro_used", 5_000_001),
        ("DT", {"resolution_burden": 5_000_000, "resolution_used": 0}, "resolution_used", 1),
        ("DT", {"resolution_burden": 5_000_001, "resolution_used": 50_001}, "resolution_used", 50_002),
    ],
)
def test_what_a_years_counters_may_show(measure: str, right: dict[str, int], name: str, wrong: int) -> None:
    """One bill: the tilt of Lanzhou is rounded up by less than a fen."""
    assert list(over_counters(measure, right, 1)) == []
    assert [what.split()[0] for what in over_counters(measure, right | {name: wrong}, 1)] == [name]
