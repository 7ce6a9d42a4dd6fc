"""An adoption with figures (X-A9) and county lists that office orders brought: the same rulebooks, new bytes.

An order names a figure by its id, with the measure in front (`hs.allowance_rate`) where the county or platform of the
order does not name one measure alone. Figures by year or by date grow; any other figure holds for the whole measure,
since the engine has one value of it: an order that begins it later, or ends it, says what the law cannot hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from workers.policy.county_lists import BY_COUNTY, CODE, IDENTITIES, LISTED, Stated
from workers.policy.law import Law
from workers.policy.problems import RulebookError
from workers.policy.verbs_admission import Exclude

YEARS_MAX = 30
"""Years that one figure of an order may name."""
Amendments = dict[str, dict[str, Any]]
"""Measure → figure → value as an adoption states it."""


class OrderedFigure(NamedTuple):
    """One figure as an order states it."""

    name: str
    value: str
    first_day: date
    last_day: date | None
    county: str | None


def amendments_of(law: Law, region: str, figures: Iterable[OrderedFigure]) -> Amendments | None:
    """What the figures of an order say to the law; None where one of them says what no rulebook can hold."""
    found: Amendments = {}
    for figure in figures:
        measure, name = _measure(law, region, figure)
        unit = _units(law, measure).get(name)
        value = None if unit is None else _READ.get(unit, _whole)(figure, unit, _in_force(law, measure))
        if value is None:
            return None
        _put(found.setdefault(measure, {}), name, value)
    return found


def united(first: Amendments, second: Amendments) -> Amendments:
    """Both; of two that say the same thing the second holds."""
    both = {measure: dict(values) for measure, values in first.items()}
    for measure, values in second.items():
        for name, value in values.items():
            _put(both.setdefault(measure, {}), name, value)
    return both


def without_stated(amendments: Amendments, body: bytes) -> Amendments:
    """What a new adoption does not state itself: its own figures are the later word."""
    stated = json.loads(body)["figures"]
    left = {
        measure: {name: value for name, value in values.items() if name not in stated.get(measure, {})}
        for measure, values in amendments.items()
    }
    return {measure: values for measure, values in left.items() if values}


def takes_list(law: Law, kind: str, county: str, entries: Iterable[str]) -> bool:
    """Whether the measure of the county has a place for such a list: people whom counties name, findings they name."""
    books = [each.book for each in law.instruments if county in each.book.place.counties]
    if kind == IDENTITIES:
        return any(each.recognised_by == BY_COUNTY for book in books for group in book.group for each in group.identity)
    codes = [each.code for book in books for rule in book.rule if isinstance(rule, Exclude) for each in rule.codes]
    return LISTED in codes and all(CODE.fullmatch(entry) for entry in entries)


def amended(
    body: bytes, amendments: Amendments, lists: Stated, order_id: str, load: Callable[[bytes], Any]
) -> bytes | None:
    """Canonical bytes of the adoption with these figures and lists; None where they do not load together.

    The order stands in them, so that an order which brings a former figure back is a new adoption, not a repeated one.
    """
    adoption = json.loads(body)
    adoption |= {"figures": united(adoption["figures"], amendments), "order": order_id}
    if lists:
        adoption["lists"] = lists
    text = json.dumps(adoption, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        load(text.encode())
    except RulebookError:
        return None
    return text.encode()


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    known = values.get(name)
    values[name] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value


def _measure(law: Law, region: str, figure: OrderedFigure) -> tuple[str, str]:
    """The one measure that an order means, with the figure's id in it; ("", id) where it names none or several."""
    prefix, _, rest = figure.name.partition(".")
    if rest and prefix.upper() in law.measures:
        return prefix.upper(), rest
    books = [(each.measure, each.book.place) for each in law.instruments]
    if figure.county is not None:
        named = {measure for measure, place in books if figure.county in place.counties}
    else:
        named = {measure for measure, place in books if place.region[:2] == region[:2]}
    declared = [measure for measure in sorted(named) if figure.name in _units(law, measure)]
    return (declared[0] if len(declared) == 1 else ""), figure.name


def _units(law: Law, measure: str) -> dict[str, str]:
    return {figure.id: figure.unit for each in law.measures.get(measure, ()) for figure in each.book.figure}


def _in_force(law: Law, measure: str) -> date:
    return min(each.in_force for each in law.measures[measure])


def _whole(figure: OrderedFigure, unit: str, in_force: date) -> Any:
    """A figure without dates of its own: for the whole measure or not at all."""
    if figure.first_day > in_force or figure.last_day is not None:
        return None
    if unit in ("months", "days"):
        return int(figure.value) if figure.value.isdecimal() else None
    return figure.value.split(",") if unit == "care_types" else figure.value


def _by_year(figure: OrderedFigure, unit: str, in_force: date) -> Mapping[str, str] | None:
    last = figure.first_day if figure.last_day is None else figure.last_day
    years = range(figure.first_day.year, last.year + 1)
    return {str(year): figure.value for year in years} if 0 < len(years) <= YEARS_MAX else None


def _by_date(figure: OrderedFigure, unit: str, in_force: date) -> Mapping[str, str] | None:
    return {figure.first_day.isoformat(): figure.value} if figure.last_day is None else None


_READ: Mapping[str, Callable[[OrderedFigure, str, date], Any]] = {
    "money_by_year": _by_year,
    "date_by_year": _by_year,
    "rate_by_date": _by_date,
}
