"""Figures that another document states and that are not adopted while the instrument is in force; X-A9, LZ-A8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workers.policy.matters.places import validity
from workers.policy.matters.plan import City
from workers.policy.matters.wanted import Alert
from workers.policy.verbs.context import Context


def missing_figures(context: Context, city: City) -> Iterator[Alert]:
    """One alert a year for each figure that is not there, or not for the year of the closed date."""
    valid, measure, year = validity(context), context.book.measure, city.closed.year
    if not valid.first <= city.closed <= valid.last:
        return
    for figure in context.book.figure:
        value = context.figures.get(figure.id)
        if value is None or (isinstance(value, Mapping) and year not in value):
            yield Alert(
                key=f"figure:{measure}:{figure.id}:{year}", kind="parameter_missing", measure=measure, year=year,
                clauses=figure.clauses, details={"figure": figure.id, "document": figure.document[:128]},
            )  # fmt: skip
