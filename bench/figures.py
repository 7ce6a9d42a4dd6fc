"""Figures with their spread, goals, and the report. A goal is judged by the median of the rounds, never by the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One measured quantity over the rounds. `goal` is an upper bound for the median, in `unit`."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def missed(self) -> bool:
        """Whether the goal is missed; a value that is no number is never a goal met."""
        return self.goal is not None and not self.median <= self.goal


def quantile(values: Sequence[float], share: float) -> float:
    """Nearest-rank quantile: at least `share` of the values are at or below it."""
    if not values:
        raise ValueError("no values to take a quantile of")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def number(value: float) -> str:
    """Three significant digits, thousands separated."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.01 or value == 0 else f"{value:.2e}"


def text(figures: Sequence[Figure], about: Sequence[str]) -> str:
    """The report as aligned lines: median, spread, goal."""
    rows = [("", "median", "min – max", "goal", "")]
    for each in figures:
        goal = "" if each.goal is None else f"≤ {number(each.goal)} {'MISSED' if each.missed else 'met'}"
        spread = f"{number(min(each.values))} – {number(max(each.values))}"
        rows.append((f"{each.name} [{each.unit}]", number(each.median), spread, goal, each.note))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip() for row in rows
    ]
    return "\n".join((*about, "", *lines))


def as_json(figures: Sequence[Figure], about: Sequence[str]) -> dict[str, Any]:
    """The report as one object; every round's value is in it."""
    return {
        "about": list(about),
        "figures": [
            {
                "name": each.name,
                "unit": each.unit,
                "median": each.median,
                "rounds": list(each.values),
                "goal": each.goal,
                "missed": each.missed,
                "note": each.note,
            }
            for each in figures
        ],
        "goals_missed": [each.name for each in figures if each.missed],
    }


Say = Callable[[str], None]
