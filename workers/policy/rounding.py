"""Rounding of exact fractions to whole fen. Nothing else in this project rounds money."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

Rounding = Callable[[int, int], int]


def half_up(numerator: int, denominator: int) -> int:
    """四舍五入: 1/2 becomes 1. Both arguments are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def truncate(numerator: int, denominator: int) -> int:
    """The part of a fen is dropped."""
    return numerator // denominator


def half_even(numerator: int, denominator: int) -> int:
    """四舍六入五成双: a half goes to the even neighbour."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


MODES: dict[str, Rounding] = {"half_up": half_up, "truncate": truncate, "half_even": half_even}


def ratio_text(numerator: int, denominator: int) -> int | str:
    """A quantity as a step keeps it: whole numbers as int, others as "n/d" in lowest terms."""
    whole, rest = divmod(numerator, denominator)
    if not rest:
        return whole
    common = gcd(numerator, denominator)
    return f"{numerator // common}/{denominator // common}"
