"""The judgement of the bench: medians, quantiles, goals, and a report that shows both sides."""

from __future__ import annotations

import pytest

from bench.figures import Figure, as_json, quantile, text


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.5, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 1.0, 100),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_quantile_is_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


def test_no_values_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


@pytest.mark.parametrize(
    ("values", "missed"),
    [
        ((3.0, 4.0, 9.0), False),  # the median is judged, not the worst
        ((3.9, 4.0, 4.0), False),  # the goal itself is met
        ((1.0, 4.01, 5.0), True),  # nor the best
        ((float("nan"),), True),  # what is no number meets nothing
    ],
)
def test_a_goal_is_judged_by_the_median(values: tuple[float, ...], missed: bool) -> None:
    assert Figure("ratio", "times", values, goal=4.0).missed is missed


def test_a_figure_without_goal_is_never_missed() -> None:
    assert not Figure("cost", "µs", (1e9,)).missed


def test_report_names_goal_spread_and_what_was_missed() -> None:
    figures = [Figure("ratio", "times", (3.0, 5.0, 6.0), 4.0), Figure("cost", "µs", (1234.5, 10.0))]
    shown = text(figures, ["two cores"])
    assert "ratio [times]  5" in shown
    assert "3 – 6" in shown
    assert "≤ 4 MISSED" in shown
    found = as_json(figures, ["two cores"])
    assert found["goals_missed"] == ["ratio"]
    assert found["figures"][1]["rounds"] == [1234.5, 10.0]
