"""Figures that another document states and that are not adopted while the instrument is in force; X-A9, LZ-A8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from workers.policy.matters.places import validity
from workers.policy.matters.plan import City
from workers.policy.matters.wanted import Alert
from workers.policy.verbs.context import Context

if TYPE_CHECKING:
    from workers.policy.schema import OutsideFigure


FIGURES_TOLD = 14
"""Figures named in one alert; a document that lacks more names the first ones."""


def _years(value: Mapping[int | date, Any]) -> set[int]:
    """The years of which a figure by year or by date says something."""
    return {each if isinstance(each, int) else each.year for each in value}


def missing_figures(context: Context, city: City) -> Iterator[Alert]:
    """One alert a year for each document of which a figure is not there, or not for the year of the closed date."""
    valid, measure, year = validity(context), context.book.measure, city.closed.year
    if not valid.first <= city.closed <= valid.last:
        return
    missing: dict[str, list[OutsideFigure]] = {}
    for figure in context.book.figure:
        value = context.figures.get(figure.id)
        if value is None or (isinstance(value, Mapping) and year not in _years(value)):
            missing.setdefault(figure.document, []).append(figure)
    for document, figures in missing.items():
        clauses = tuple(dict.fromkeys(clause for figure in figures for clause in figure.clauses))
        named = {figure.id[:32]: True for figure in figures[:FIGURES_TOLD]}
        yield Alert(
            key=f"figure:{measure}:{document}:{year}", kind="parameter_missing", measure=measure, year=year,
            clauses=clauses, details={"document": document[:128], **named},
        )  # fmt: skip
