"""Numbers as instruments write them, and the calendar of the windows."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from workers.policy.dates import month_end, months_before
from workers.policy.numbers import counts_in, dates_in, han_number, money_in, normal, rates_in
from workers.policy.rounding import half_even, half_up, ratio_text, truncate


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("三千元", 300_000), ("3000元", 300_000), ("3 000 元", 300_000), ("３０００元", 300_000), ("3,000元", 300_000),
        ("5万元", 5_000_000), ("五万元", 5_000_000), ("0.5万元", 500_000), ("一万二千元", 1_200_000),
            ("49500元", 4_950_000),
        ("十元", 1000), ("两千元", 200_000), ("1.5元", 150), ("一亿元", 10_000_000_000), ("二千零五十元", 205_000),
    ],
)  # fmt: skip
def test_amounts_in_any_spelling_are_the_same_fen(text: str, fen: int) -> None:
    assert money_in(normal(text)) == {Fraction(fen)}


def test_nothing_is_zero_and_other_numbers_are_not_money() -> None:
    assert money_in(normal("起付线 无")) == {0}
    assert money_in("不设年度救助起付标准") == {0}
    assert money_in("12个月内，70%，2023年") == set()


@pytest.mark.parametrize(
    ("text", "rate"),
    [("70%", "7/10"), ("７０％", "7/10"), ("百分之七十", "7/10"), ("10个百分点", "1/10"), ("百分之五十", "1/2"),
     ("12.5%", "1/8"), ("百分之二点五", "1/40"), ("降低十个百分点", "1/10")],
)  # fmt: skip
def test_rates_in_any_spelling_are_the_same_fraction(text: str, rate: str) -> None:
    assert rates_in(normal(text)) == {Fraction(rate)}


def test_counts_and_dates_need_their_unit() -> None:
    assert counts_in("结算后的12个月内", "months") == {12}
    assert counts_in("前十二个月", "months") == {12}
    assert counts_in("满60周岁", "months") == set()
    assert dates_in(normal("自 2023 年 1 月 1 日起施行")) == {date(2023, 1, 1)}


def test_chinese_numerals() -> None:
    assert [han_number(text) for text in ("三千", "一万二千", "十五", "二百零三", "二点五")] == [
        3000, 12000, 15, 203, Fraction(5, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "back", "result"),
    [("2024-02-29", 12, "2023-02-28"), ("2023-03-31", 1, "2023-02-28"), ("2024-01-15", 12, "2023-01-15"),
     ("2023-01-31", 2, "2022-11-30"), ("2023-08-31", 6, "2023-02-28")],
)  # fmt: skip
def test_months_back_clamp_to_the_last_day(day: str, back: int, result: str) -> None:
    assert months_before(date.fromisoformat(day), back) == date.fromisoformat(result)


def test_month_end_knows_leap_years() -> None:
    assert [month_end(date(year, 2, 1)).day for year in (2023, 2024, 2100)] == [28, 29, 28]


def test_rounding_modes_differ_only_at_the_half() -> None:
    halves = [(1, 2), (3, 2), (5, 2)]
    assert [half_up(*each) for each in halves] == [1, 2, 3]
    assert [half_even(*each) for each in halves] == [0, 2, 2]
    assert [truncate(*each) for each in halves] == [0, 1, 2]
    for numerator in range(200):
        exact = Fraction(numerator, 7)
        assert abs(half_up(numerator, 7) - exact) <= Fraction(1, 2)
        assert half_even(numerator, 7) == half_up(numerator, 7)


def test_quantities_stay_exact_in_steps() -> None:
    assert ratio_text(10, 5) == 2
    assert ratio_text(69_400, 6) == "34700/3"
