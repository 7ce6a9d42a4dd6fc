"""Every row of every worked example, the coverage of the clauses, and the guard of every reading."""

from __future__ import annotations

from functools import lru_cache

import pytest

from workers.cases.compare import faults
from workers.cases.laws import law_of, measures, shipped, with_readings
from workers.cases.timeline import Timeline, read_all
from workers.gates.mutations import readings
from workers.policy.law import Law
from workers.policy.loader import walk
from workers.policy.rounding import half_up

TIMELINES = read_all()
STAGE_CLAUSES = (
    "QN-T1", "QN-T2", "QN-T3", "QN-T4", "QN-N3", "QN-1.1a", "QN-1.1b", "QN-1.1c", "QN-1.2f", "QN-1.2g", "QN-1.3a",
    "QN-1.3b", "QN-1.3c", "QN-1.3d", "QN-1.4a", "QN-1.4b", "QN-1.4c", "QN-2.1b", "QN-2.1c", "QN-2.1d", "QN-2.1e",
    "QN-4.2d", "QN-6a",
    "JY-0", "JY-3.1a", "JY-3.1b", "JY-3.1c", "JY-3.1d", "JY-3.1e", "JY-3.1f", "JY-3.2.1a", "JY-3.2.1b", "JY-3.2.1c",
    "JY-3.2.1d", "JY-3.2.2a", "JY-3.2.2b", "JY-3.2.2c", "JY-3.2.2d", "JY-3.2.2e", "JY-3.2.3a", "JY-3.2.3b",
    "JY-5.1.2a", "JY-5.1.2b", "JY-6b", "JY-7.1b", "JY-7.2a", "JY-7.2b", "JY-7.2c", "JY-8.1a", "JY-8.1b", "JY-8.1c",
    "JY-8.1d", "JY-8.1e",
    "LZ-3a", "LZ-5b", "LZ-6", "LZ-12a", "LZ-13a", "LZ-13b", "LZ-14.0", "LZ-14.1a", "LZ-14.1b", "LZ-14.1c", "LZ-14.1d",
    "LZ-14.1e", "LZ-14.1f", "LZ-14.2a", "LZ-14.2b", "LZ-14.2c", "LZ-14.3a", "LZ-14.3b", "LZ-15a", "LZ-15b", "LZ-15c",
    "LZ-20a", "LZ-21c", "LZ-29a", "LZ-29b", "HS-2a", "HS-3.1b", "HS-3.2a", "HS-3.2b", "HS-3.2e", "HS-5a",
    "DT-2a", "DT-2b", "DT-3.0", "DT-3.1a", "DT-3.3a", "DT-3.3b", "DT-3.3c", "DT-3.3d", "DT-3.3e", "DT-3.4a", "DT-3.7c",
    "DT-5a", "DT-5b", "DT-5c",
)  # fmt: skip


@lru_cache(maxsize=64)
def law_under(measure: str, readings: tuple[tuple[str, str], ...], adopted: bool) -> Law:
    return law_of(with_readings(shipped(measure).book, dict(readings)), adopted)


def law_with(measure: str, readings: tuple[tuple[str, str], ...], timeline: Timeline) -> Law:
    if timeline.lists:
        return law_of(with_readings(shipped(measure).book, dict(readings)), timeline.adopted, timeline.lists)
    return law_under(measure, readings, timeline.adopted)


def plain(measure: str) -> list[Timeline]:
    """Timelines of a measure under the chosen readings."""
    return [timeline for timeline in TIMELINES if timeline.measure == measure and not timeline.readings]


def law_for(timeline: Timeline) -> Law:
    return law_with(timeline.measure, tuple(sorted(timeline.readings.items())), timeline)


@pytest.mark.parametrize("timeline", TIMELINES, ids=lambda each: f"{each.file}:{each.title}")
def test_rows_of_the_timeline_are_decided_as_the_clerk_expects(timeline: Timeline) -> None:
    assert timeline.rows or timeline.expected, "a timeline without a bill or matter proves nothing"
    found = faults(law_for(timeline), timeline)
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("timeline", TIMELINES, ids=lambda each: f"{each.file}:{each.title}")
def test_hand_arithmetic_gives_the_expected_amounts(timeline: Timeline) -> None:
    for row in (*timeline.rows, *timeline.expected):
        for value, expected in zip(row.sums, (row.ordinary, row.tilt), strict=False):
            got = half_up(*(value * 100).as_integer_ratio())
            assert got == expected, f"{timeline.file}:{row.line}: the sum in 算式 gives {got} fen, not {expected}"
        if row.ordinary:
            assert row.sums, f"{timeline.file}:{row.line}: an amount needs its 算式"


@pytest.mark.parametrize("clause", STAGE_CLAUSES)
def test_each_clause_has_a_row_that_cites_it(clause: str) -> None:
    rows = [row for timeline in TIMELINES for row in (*timeline.rows, *timeline.expected) if clause in row.clauses]
    files = [timeline.file for timeline in TIMELINES if clause in timeline.clauses]
    assert rows, f"no row cites {clause}"
    assert files, f"no file declares {clause}"


def test_rows_cite_clauses_that_the_decision_names_or_explains() -> None:
    known: set[str] = set()
    for measure in measures():
        book = shipped(measure).book
        known |= {clause for _, node in walk(book) for clause in getattr(node, "clauses", ())}
        known |= {question.id for question in book.question}
    for timeline in TIMELINES:
        for row in (*timeline.rows, *timeline.expected):
            assert set(row.clauses) <= known, f"{timeline.file}:{row.line} cites what the rulebook does not have"
            assert row.clauses, f"{timeline.file}:{row.line} cites nothing"


# --- every reading is guarded; figures, lists, flags and rules: tests/unit/gates -----------------------------------
def _alternatives(measure: str) -> list[tuple[str, str, str]]:
    return [(measure, *pair) for pair in readings(shipped(measure).book)]


ALTERNATIVES = [pair for measure in measures() for pair in _alternatives(measure)]


@pytest.mark.parametrize(("measure", "question", "reading"), ALTERNATIVES)
def test_choosing_another_reading_makes_a_case_fail(measure: str, question: str, reading: str) -> None:
    other = ((question, reading),)
    found = (faults(law_with(measure, other, timeline), timeline) for timeline in plain(measure))
    assert any(found), "no case tells this reading from the chosen one"


@pytest.mark.parametrize(("measure", "question", "reading"), ALTERNATIVES)
def test_each_executable_reading_has_a_case_of_its_own(measure: str, question: str, reading: str) -> None:
    own = [timeline for timeline in TIMELINES if timeline.measure == measure]
    assert any(timeline.readings.get(question) == reading for timeline in own), "write a section with 解释："
