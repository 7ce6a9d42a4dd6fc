"""Outside figures of an adoption: texts of the file turned into fen, fractions, months and kinds of care (X-A9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from schemas.money import fen_of
from workers.policy.loader import Loaded
from workers.policy.problems import Finding
from workers.policy.values import rate_of
from workers.policy.verbs.admission import CARE_LABELS

Values = dict[str, dict[str, Any]]


def adopted_figures(loaded: Iterable[Loaded], figures: Mapping[str, Any]) -> tuple[Values, list[Finding]]:
    """Measure → figure → value for every declared figure that was given, and what is wrong with the others."""
    values: Values = {}
    findings: list[Finding] = []
    for each in loaded:
        given = figures.get(each.book.measure, {})
        for figure in each.book.figure if isinstance(given, Mapping) else ():
            if figure.id not in given:
                continue
            try:
                values.setdefault(each.book.measure, {})[figure.id] = READ[figure.unit](given[figure.id])
            except ValueError:
                name, fix = f"{each.book.measure}.{figure.id}", HELP[figure.unit]
                message = f"{name} of {figure.document} is not of the unit {figure.unit}"
                findings.append(Finding("figures", 1, message, fix, figure.clauses))
    return values, findings


def _money(value: Any) -> int:
    fen = fen_of(value)
    if not isinstance(fen, int) or fen < 0:
        raise ValueError("not an amount")
    return fen


def _months(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 120:
        raise ValueError("not a number of months")
    return value


def _care_types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not set(value) <= set(CARE_LABELS) - {"True", "False"}:
        raise ValueError("not kinds of care")
    return tuple(value)


def _day(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError("not a date")
    return date.fromisoformat(value)


def _days(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 3_660:
        raise ValueError("not a number of days")
    return value


def _by_year(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A table of values by year: `{"2023" = …, "2024" = …}`."""

    def by_year(value: Any) -> dict[int, Any]:
        if not isinstance(value, Mapping) or not value or not all(str(year).isdecimal() for year in value):
            raise ValueError("not a table by year")
        return {int(year): read(each) for year, each in value.items()}

    return by_year


def _by_date(value: Any) -> dict[date, Any]:
    """A table of rates by the day from which each holds: `{"2025-01-01" = "50%", …}`."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError("not a table by date")
    return {date.fromisoformat(day): rate_of(rate) for day, rate in value.items()}


READ: Mapping[str, Callable[[Any], Any]] = {
    "money": _money,
    "rate": rate_of,
    "date": _day,
    "months": _months,
    "days": _days,
    "care_types": _care_types,
    "money_by_year": _by_year(_money),
    "date_by_year": _by_year(_day),
    "rate_by_date": _by_date,
}
HELP: Mapping[str, str] = {
    "money": 'give a text in yuan such as "1000.00"',
    "rate": 'give a text such as "70%"',
    "date": 'give a text such as "2023-01-01"',
    "months": "give a whole number from 0 to 120",
    "days": "give a whole number from 0 to 3660",
    "care_types": 'give a list such as ["inpatient"]',
    "money_by_year": 'give a table such as { 2023 = "280.00" }',
    "date_by_year": 'give a table such as { 2023 = "2022-12-31" }',
    "rate_by_date": 'give a table such as { "2025-01-01" = "50%" }',
}
