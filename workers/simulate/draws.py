"""Chance that is the same on every machine: one `random.Random`, reseeded per person, and integers only after it.

`random()` is specified to the bit; the library's `lognormvariate` and `gauss` go through the platform's libm and are
not. So distributions are tables of integers, computed once and rounded far from where a last bit could matter.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

MILLION = 1_000_000
QUANTILES = 512


@lru_cache(maxsize=8)
def lognormal_table(sigma_percent: int) -> tuple[int, ...]:
    """Per-mille factors around a median of 1000 at the quantiles of a lognormal distribution with this sigma."""
    normal = NormalDist()
    points = ((step + 0.5) / QUANTILES for step in range(QUANTILES))
    return tuple(round(1000 * math.exp(sigma_percent / 100 * normal.inv_cdf(point))) for point in points)


@lru_cache(maxsize=64)
def poisson_table(mean_ppm: int) -> tuple[int, ...]:
    """Cumulative chances, in parts per million, of 0, 1, 2 … events with this mean."""
    mean = mean_ppm / MILLION
    term, total, table = math.exp(-mean), 0.0, []
    for count in range(1, 1000):
        total += term
        table.append(round(total * MILLION))
        if table[-1] >= MILLION - 1 and count > mean:
            break
        term *= mean / count
    return tuple(table)


class Draws:
    """The draws of one person. `begin` makes them a function of (seed, person) alone, whoever was drawn before."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a simulator wants reproducible chance, not secrets

    def begin(self, person: int) -> None:
        """Start the person with this index."""
        self._random.seed((self._seed << 40) | person)

    def chance(self, ppm: int) -> bool:
        """True in `ppm` of a million draws."""
        return self._random.random() * MILLION < ppm

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1."""
        return int(self._random.random() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def weighted(self, options: Sequence[tuple[T, int]]) -> T:
        """One of (option, weight) pairs."""
        point = self.below(sum(weight for _, weight in options))
        for option, weight in options:
            point -= weight
            if point < 0:
                return option
        raise AssertionError("weights add up to their sum")

    def count(self, mean_ppm: int) -> int:
        """A Poisson-distributed number of events; the mean is given in millionths."""
        return bisect_right(poisson_table(mean_ppm), self.below(MILLION))

    def amount(self, median_fen: int, sigma_percent: int) -> int:
        """A lognormal amount in fen, at least 1.00 yuan."""
        table = lognormal_table(sigma_percent)
        step = self.below(QUANTILES - 1)
        low, high = table[step], table[step + 1]
        factor = low * 1000 + (high - low) * self.below(1000)
        return max(100, median_fen * factor // MILLION)
