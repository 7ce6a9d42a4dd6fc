"""Chance that is the same everywhere: tables rounded far from a last bit, draws that depend on (seed, person) alone."""

from __future__ import annotations

import math
from collections import Counter
from statistics import NormalDist

import pytest

from workers.simulate.bills import _ORDINARY_STAY
from workers.simulate.draws import MILLION, QUANTILES, Draws, lognormal_table, poisson_table
from workers.simulate.rates import PPM

SIGMAS = (15, 35, 60, 70, 75)
MEANS = (PPM["outpatient"], PPM["stay_assisted"], _ORDINARY_STAY)
NEAR = 1e-7
"""A libm that is off by some last bits moves a value of the tables by less than 1e-9."""


def _safe(value: float) -> bool:
    return abs(value - math.floor(value) - 0.5) > NEAR


@pytest.mark.parametrize("sigma", SIGMAS)
def test_no_machine_can_round_a_lognormal_factor_otherwise(sigma: int) -> None:
    points = [(step + 0.5) / QUANTILES for step in range(QUANTILES)]
    exact = [1000 * math.exp(sigma / 100 * NormalDist().inv_cdf(point)) for point in points]
    assert all(_safe(value) for value in exact)
    table = lognormal_table(sigma)
    assert list(table) == [round(value) for value in exact] == sorted(table)


@pytest.mark.parametrize("mean", MEANS)
def test_no_machine_can_round_a_poisson_step_otherwise(mean: int) -> None:
    for days in range(1, 367):
        expected = mean * days // 365
        total, term = 0.0, math.exp(-expected / MILLION)
        for count in range(1, len(poisson_table(expected)) + 1):
            total += term
            assert _safe(total * MILLION), (days, count)
            term *= expected / MILLION / count


def test_counts_have_their_mean() -> None:
    draws = Draws(5)
    draws.begin(0)
    found = [draws.count(2_200_000) for _ in range(20_000)]
    assert abs(sum(found) / len(found) - 2.2) < 0.05
    assert abs(found.count(0) / len(found) - math.exp(-2.2)) < 0.01


def test_amounts_have_their_median_and_spread() -> None:
    draws = Draws(5)
    draws.begin(0)
    found = sorted(draws.amount(380_000, 70) for _ in range(20_000))
    assert abs(found[10_000] / 380_000 - 1) < 0.03
    assert abs(found[16_826] / found[10_000] - math.exp(0.7)) < 0.1  # one sigma above the median
    assert found[0] >= 100


def test_a_person_draws_the_same_whoever_was_before() -> None:
    draws = Draws(5)
    draws.begin(7)
    alone = [draws.below(1000) for _ in range(20)]
    for person in (0, 3, 7):
        draws.begin(person)
        last = [draws.below(1000) for _ in range(20)]
    assert last == alone
    draws.begin(8)
    assert [draws.below(1000) for _ in range(20)] != alone


def test_weights_are_kept() -> None:
    draws = Draws(5)
    draws.begin(0)
    found = Counter(draws.weighted((("a", 1), ("b", 3))) for _ in range(8_000))
    assert abs(found["b"] / 8_000 - 0.75) < 0.02
    assert {draws.between(2, 4) for _ in range(200)} == {2, 3, 4}
