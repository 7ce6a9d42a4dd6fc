"""The oracles against `tuodi replay` on random histories: a bounded run. The long one: `python -m tests.oracles`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracles import qiannan
from tests.oracles.compare import PROFILE, differences, histories, replayed
from tests.oracles.fold import back, events_of, judged

HISTORIES = 300
FIGURES = Path(__file__).with_name("figures.json")


@pytest.mark.parametrize("city", PROFILE)
def test_two_programs_that_share_no_line_agree(city: str) -> None:
    said = histories(city, 1, HISTORIES)
    bills, wrong = differences(said)
    assert wrong == []
    assert bills > HISTORIES


def test_heshan_with_adopted_figures() -> None:
    bills, wrong = differences(histories("heshan", 2, HISTORIES), FIGURES)
    assert wrong == []
    assert bills > HISTORIES


def test_histories_reach_what_they_are_for() -> None:
    """Random histories that never meet a cap, a window or a wait would prove nothing."""
    reasons = set()
    for city in PROFILE:
        lines = [line for history in histories(city, 1, HISTORIES).values() for line in history]
        figures = FIGURES if city == "heshan" else None
        found = replayed(lines, figures)["persons"].values()
        reasons |= {f"{city} {b['reason']}" for p in found for b in p["settlements"].values()}
    wanted = "assisted within_deductible nothing_to_assist cap_used_up before_in_force no_identity identity_ended"
    wanted += " scope_not_covered fact_missing insurance_result_missing cancelled reversed waits_for_bill"
    everywhere = {f"{city} {reason}" for city in PROFILE for reason in wanted.split()}
    everywhere -= {"jieyang within_deductible"}  # no deductible there
    everywhere |= {"qiannan uninsured", "jieyang excluded", "jieyang not_member", "lanzhou after_expiry"}
    everywhere |= {"lanzhou application_missing", "heshan application_missing", "heshan figure_missing"}
    assert everywhere <= reasons


def test_a_wrong_figure_in_the_law_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison has teeth: an oracle with another rate differs."""
    monkeypatch.setitem(qiannan.STANDARD, 2, (0, 71))
    assert differences(histories("qiannan", 1, 60))[1]


def test_months_back_clamp_to_the_last_day() -> None:
    assert [back("2024-02-29", 12), back("2023-03-31", 1), back("2023-01-31", 2)] == [
        "2023-02-28", "2023-02-28", "2022-11-30",
    ]  # fmt: skip


def test_an_event_without_a_person_is_nobodys() -> None:
    assert judged(events_of([{"topic": "day.closed", "value": {"date": "2023-01-01"}}]), []) == {}
