"""The oracles against `tuodi replay` on random histories: a bounded run. The long one: `python -m tests.oracles`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracles import qiannan
from tests.oracles.compare import PROFILE, differences, histories
from tests.oracles.fold import back, events_of, judged

HISTORIES = 400
FIGURES = Path(__file__).with_name("figures.json")


EVERYWHERE = "assisted nothing_to_assist before_in_force no_identity identity_ended cancelled reversed waits_for_bill"
REACHED = {
    "qiannan": "within_deductible cap_used_up scope_not_covered not_designated uninsured fact_missing",
    "jieyang": "cap_used_up scope_not_covered not_designated not_member excluded fact_missing",
    "lanzhou": "within_deductible cap_used_up scope_not_covered application_missing after_expiry fact_missing",
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


def test_a_wrong_figure_in_the_law_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison has teeth: an oracle with another rate differs."""
    monkeypatch.setitem(qiannan.STANDARD, 2, (0, 71))
    assert differences(histories("qiannan", 1, 60)).wrong


def test_months_back_clamp_to_the_last_day() -> None:
    assert [back("2024-02-29", 12), back("2023-03-31", 1), back("2023-01-31", 2)] == [
        "2023-02-28", "2023-02-28", "2022-11-30",
    ]  # fmt: skip


def test_an_event_without_a_person_is_nobodys() -> None:
    assert judged(events_of([{"topic": "day.closed", "value": {"date": "2023-01-01"}}]), []) == {}
