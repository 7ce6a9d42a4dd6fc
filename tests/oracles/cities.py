"""The oracle of alerts about a city or its law at the close of a date: lists, figures, validity (QN-1.1d, X-A9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.oracles import fold
from tests.oracles.fold import Event
from tests.oracles.spans import OPEN, later
from tests.oracles.tasks import Days

Alert = tuple[str, str, str]
"""Kind, measure, and what it is about: a source with a month, a document with a year, the last day."""
MONTHS_BACK = 24


class Law(NamedTuple):
    """Validity, and what it takes from which other document; by year or once for all."""

    first: str
    last: str
    by_year: Mapping[str, str] = {}
    once: Mapping[str, tuple[str, ...]] = {}


GROUPS = "destitute orphan allowance low_income poverty illness".split()
LAWS = {
    "QN": Law(
        "2023-01-01", OPEN,
        {"当年城乡居民医保集中征缴通知": "collection_window_last_day"},
        {
            "防止因病返贫致贫行业部门预警标准": ("warning_falling_back", "warning_falling_in"),
            "临时救助、慈善救助的有关规定": ("referral_own_burden",),
        },
    ),
    "JY": Law("2019-07-02", OPEN, {}, {"“一站式”结算系统管理规定": ("approval_days",)}),
    "HS": Law(
        "2020-10-01", OPEN, {"江府〔2019〕40号": "premium_fixed"},
        {
            "江府〔2019〕40号": (
                "care_types", "special_retro_months",
                *(f"{group}_{what}" for group in GROUPS for what in ("rate", "deductible", "cap")),
            ),
            "转介的有关规定": ("referral_own_burden",),
        },
    ),
    "LZ": Law(
        "2022-08-22", "2027-08-21",
        {"全省年度定额资助标准": "premium_fixed", "已脱贫人口医疗救助渐退的规定": "phase_out"},
        {"临时救助、慈善救助的有关规定": ("referral_own_burden",)},
    ),
    "DT": Law("2022-01-01", "2025-12-31", {}, {"临时救助的有关规定": ("referral_own_burden",)}),
}  # fmt: skip


def closings(lines: Iterable[Event]) -> tuple[list[str | None], Days]:
    """Before each line the last closed date, and all in one; a date that is not later closes nothing."""
    last: str | None = None
    before, dates = [], []
    for line in lines:
        before.append(last)
        if line["topic"] == "day.closed" and (last is None or line["value"]["date"] > last):
            last = line["value"]["date"]
            dates.append(last)
    return before, Days(before, dates[0] if dates else None, last)


def alerts(lines: Iterable[Event], figures: Mapping[str, Any]) -> set[Alert]:
    """All that was raised, in the order of the lines: what was raised once stays raised."""
    found: set[Alert] = set()
    lists: set[tuple[str, str, str]] = set()
    last = ""
    for line in lines:
        value = line["value"]
        if value.get("type") == "identity.snapshot_closed":
            lists.add((value["source_id"], value["county"], value["list_month"]))
        if line["topic"] == "day.closed" and value["date"] > last:
            last = value["date"]
            found |= {*missing_lists(lists, last), *of_the_law(last, figures)}
    return found


def missing_lists(lists: set[tuple[str, str, str]], closed: str) -> Iterable[Alert]:
    """Who has sent a list once sends one for each later month (按月)."""
    whole = closed[:7] if later(closed, 1)[:7] != closed[:7] else fold.back(closed[:7] + "-01", 1)[:7]
    months = [fold.back(whole + "-01", n)[:7] for n in range(MONTHS_BACK)]
    for source, county in {(source, county) for source, county, _ in lists if county.startswith("5227")}:
        first = min(month for by, at, month in lists if (by, at) == (source, county))
        for month in months:
            if month > first and (source, county, month) not in lists:
                yield "list_missing", "QN", f"{source} {month}"


def of_the_law(closed: str, figures: Mapping[str, Any]) -> Iterable[Alert]:
    for measure, law in LAWS.items():
        if not law.first <= closed <= law.last:
            continue
        given, year = figures.get(measure, {}), closed[:4]
        missing = {doc for doc, name in law.by_year.items() if year not in {day[:4] for day in given.get(name, {})}}
        missing |= {doc for doc, names in law.once.items() if not given.keys() >= set(names)}
        yield from (("parameter_missing", measure, f"{doc} {year}") for doc in missing)
        if law.last != OPEN and closed >= fold.back(law.last, 6):  # LZ-A7.lead, DT-A7.lead
            yield "expiry", measure, law.last
