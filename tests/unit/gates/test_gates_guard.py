"""Every figure, list, option, flag and rule of every rulebook is guarded by a worked example; the gate has teeth."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.cases.laws import changed, shipped, shipped_books
from workers.cases.timeline import Timeline, read_all
from workers.errors import Usage
from workers.gates.guard import Guards, equivalents, unguarded
from workers.gates.mutations import Mutant, mutants, place_of, readings
from workers.policy.loader import Loaded, walk
from workers.policy.values import CountValue, DateValue, MoneyValue, RateValue

BOOKS = shipped_books()
TIMELINES = read_all()


@pytest.mark.parametrize("loaded", BOOKS.loaded, ids=lambda each: each.file)
def test_no_fault_survives_the_examples(loaded: Loaded) -> None:
    left, idle = unguarded(BOOKS, loaded, TIMELINES)
    assert not left, "\n".join(map(str, left))
    assert not idle, "remove what an example notices after all: " + ", ".join(idle)


@pytest.mark.parametrize("loaded", BOOKS.loaded, ids=lambda each: each.file)
def test_every_figure_has_its_faults(loaded: Loaded) -> None:
    faulty = {mutant.path for mutant in mutants(loaded.book)}
    figures = [
        (*path, "value")
        for path, node in walk(loaded.book)
        if isinstance(node, RateValue | MoneyValue | CountValue | DateValue)
    ]
    assert figures
    assert set(figures) <= faulty


def of(file: str) -> list[Timeline]:
    return [each for each in TIMELINES if each.file == file]


def group(number: int, name: str) -> tuple[str | int, ...]:
    return ("group", number, name, "value")


def test_a_figure_without_its_examples_survives_and_is_named_with_its_line() -> None:
    loaded = shipped("QN")
    mutant = Mutant(group(2, "rate"), "60% → 61%", Fraction(61, 100))
    without = [each for each in TIMELINES if each.measure == "QN" and each.file.startswith(("01", "02"))]
    assert not list(Guards(BOOKS, loaded, TIMELINES).survivors([mutant]))
    (survivor,) = Guards(BOOKS, loaded, without).survivors([mutant])
    line = loaded.lines[("group", 2, "rate", "value")]
    assert str(survivor).startswith(f"qiannan/2022-26.toml:{line} group.class_3.rate.value: 60% → 61%: no worked")


def test_examples_that_fail_already_guard_nothing() -> None:
    loaded = shipped("QN")
    wrong = BOOKS.with_book(changed(loaded.book, group(2, "rate"), lambda _: Fraction(61, 100)))
    with pytest.raises(Usage, match="fails already"):
        Guards(wrong, loaded, TIMELINES)


def test_a_rule_less_a_list_entry_less_and_another_rank_are_faults() -> None:
    said = {mutant.what for mutant in mutants(shipped("QN").book)}
    assert "without the rule grace_month" in said
    assert "one_of without chronic_outpatient" in said
    assert "one_of with pharmacy" in said
    assert "insured_only False" in said
    assert "counties without 522722" in said
    assert "一类人员 below 二类人员" in said


def test_what_is_excused_says_why_and_once() -> None:
    listed = equivalents()
    assert all(len(each.because) > 20 for each in listed)
    assert len({each[:3] for each in listed}) == len(listed)


def test_a_place_is_named_in_words_that_last() -> None:
    book = shipped("QN").book
    number = next(number for number, rule in enumerate(book.rule) if rule.id == "scope")
    assert place_of(book, ("rule", number, "one_of")) == "rule.scope.one_of"
    assert place_of(book, group(0, "rate")) == "group.class_1.rate.value"


def test_readings_are_those_the_engine_can_execute() -> None:
    found = readings(shipped("QN").book)
    assert ("QN-A2", "all_residual") in found
    assert ("X-A1", "split_by_days") not in found
    assert all(
        reading != question.chosen
        for question in shipped("QN").book.question
        for _, reading in found
        if _ == question.id
    )


def test_an_example_without_rows_guards_nothing() -> None:
    empty = [replace(each, rows=[]) for each in of("03-三类.md")]
    mutant = Mutant(group(2, "deductible"), "1000 → 999", 99_900)
    assert list(Guards(BOOKS, shipped("QN"), empty).survivors([mutant]))
