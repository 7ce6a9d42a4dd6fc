"""The clerk's page lists every word that the reader knows; the reader's arithmetic is exact and closed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from workers.cases import matters, words
from workers.cases.arithmetic import parts_of, value_of
from workers.errors import Usage

PAGE = Path("docs/clerks/worked-examples.zh.md").read_text(encoding="utf-8")
WORDS = [
    word
    for table in (
        words.REASONS, words.BILLS, words.APPLICATIONS, words.FUNDS, words.MEMBERS, words.TAGS,
        words.AMOUNT_TAGS, words.DATE_TAGS, words.ORDERED_TAGS,
        matters.KINDS, matters.REASONS, matters.FACTS, matters.STAYS, matters.FIELDS,
    )
    for word in table
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_each_word_stands_on_the_clerks_page(word: str) -> None:
    assert f"`{word}`" in PAGE or f"`{word} " in PAGE


def test_sums_are_exact() -> None:
    assert value_of("(8000.00 − 1000.00) × 60%") == 4200
    assert value_of("10.00 ÷ 3") == Fraction(10, 3)
    assert parts_of("(8.00 + 1.00) × 60%") == [9, Fraction(3, 5), Fraction(27, 5)]
    assert parts_of("(8.00 − 1.00) × 60%") == [8, 1, 7, Fraction(3, 5), Fraction(21, 5)]


@pytest.mark.parametrize("text", ["1.00 ÷ 0", "(1.00", "__import__('os')", "1.00 × × 2.00", "1" * 400, "×", ""])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(Usage):
        value_of(text)
