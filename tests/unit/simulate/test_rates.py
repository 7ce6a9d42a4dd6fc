"""Every stated rate is met by what is written, within 20 %; the document says the same as the code."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.unit.simulate.counting import count
from workers.simulate.document import DOCUMENT, rendered
from workers.simulate.rates import RATES, Rate
from workers.simulate.year import Plan, simulate

ROOT = Path(__file__).parents[3]
TOLERANCE = 0.20


@pytest.fixture(scope="module")
def counts() -> dict[str, Counter[str]]:
    """Two files: everybody, and only the assisted of a larger county (their rare events need more of them)."""
    everybody = simulate(Plan(seed=7, persons=16_000))
    assisted = simulate(Plan(seed=7, persons=400_000, only_assisted=True))
    return {"all": count(everybody, 2023), "assisted": count(assisted, 2023)}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.key)
def test_rate_is_met(rate: Rate, counts: dict[str, Counter[str]]) -> None:
    found = counts[rate.people]
    assert found[rate.counted] >= 5, "too few to say anything: enlarge the run"
    measured = found[rate.counted] / found[rate.per]
    stated = rate.ppm / 1_000_000
    assert abs(measured / stated - 1) <= TOLERANCE, f"stated {stated:g}, measured {measured:g}"


def test_document_says_what_the_code_says() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert rendered(text) == text


def test_rates_have_distinct_names_and_reasons() -> None:
    assert len({rate.key for rate in RATES}) == len(RATES)
    assert all(rate.why for rate in RATES)
