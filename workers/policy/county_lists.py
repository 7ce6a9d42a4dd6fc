"""Lists that a county or a higher government keeps, as office orders brought them: JY-3.1f, JY-8.1e, JY-A11.

An adoption has them under `lists`: kind → county → lists in the order of their days. Each holds from its day until the
next one of that county and kind. `identities` name groups of people whom the county puts among the other special
hardship people, `premium:` in front where it pays their contribution too; `exclusions` are diagnosis codes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

IDENTITIES, EXCLUSIONS = "identities", "exclusions"
PREMIUM = "premium:"
BY_COUNTY = "县级人民政府"
"""Who recognises the people of a county's list: the name of a rulebook that takes the others in."""
WHOLE_CITY = "00"
"""The end of the division code of a city: its government's list of exclusions holds in each of its counties."""
LISTED = "county_listed"
"""The finding of a rulebook that a county's list of exclusions amounts to."""
CODE = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,6})?")
"""A diagnosis code or the beginning of one."""
Stated = Mapping[str, Mapping[str, Any]]


class CountyList(NamedTuple):
    """What one county said from one day on."""

    first: date
    entries: frozenset[str]


class Term(NamedTuple):
    """How long a county names a group: from `first`, before `end`."""

    first: date
    end: date


Terms = Mapping[str, tuple[Term, ...]]
"""County → when its list names a group, in the order of days; terms that meet are one."""


class CountyLists:
    """All lists of an adoption."""

    def __init__(self, stated: Stated | None = None) -> None:
        self._lists = {
            kind: {county: _dated(each) for county, each in counties.items()}
            for kind, counties in (stated or {}).items()
        }

    def terms(self) -> Mapping[str, Terms]:
        """Name of a group → its terms by county. Between two lists that name it a list without it ends it (JY-3.1f)."""
        found: dict[str, dict[str, tuple[Term, ...]]] = {}
        for county, lists in self._lists.get(IDENTITIES, {}).items():
            for name in {entry.removeprefix(PREMIUM) for each in lists for entry in each.entries}:
                found.setdefault(name, {})[county] = tuple(_terms_of(name, lists))
        return found

    def pays_premium(self, name: str, county: str | None, day: date) -> bool | None:
        """Whether the county pays the contribution of this group on a day (JY-A11); None: it depends on the county."""
        if county is not None:
            return PREMIUM + name in self._on(IDENTITIES, county, day)
        pays = any(PREMIUM + name in self._on(IDENTITIES, each, day) for each in self._lists.get(IDENTITIES, {}))
        return None if pays else False

    def excludes(self, code: str | None, county: str, day: date) -> bool:
        """Whether a diagnosis is on the list of the county or of the whole city on a day (JY-8.1e: 县级以上)."""
        if code is None or EXCLUSIONS not in self._lists:
            return False
        listed = self._on(EXCLUSIONS, county, day) | self._on(EXCLUSIONS, county[:4] + WHOLE_CITY, day)
        return any(code.startswith(each) for each in listed)

    def _on(self, kind: str, county: str, day: date) -> frozenset[str]:
        lists = self._lists.get(kind, {}).get(county, [])
        place = bisect_right([each.first for each in lists], day)
        return lists[place - 1].entries if place else frozenset()


def _terms_of(name: str, lists: list[CountyList]) -> Iterator[Term]:
    first: date | None = None
    for each in lists:
        listed = not each.entries.isdisjoint((name, PREMIUM + name))
        if listed and first is None:
            first = each.first
        elif not listed and first is not None:
            yield Term(first, each.first)
            first = None
    if first is not None:
        yield Term(first, date.max)


def _dated(lists: Any) -> list[CountyList]:
    return [CountyList(date.fromisoformat(each["from"]), frozenset(each["entries"])) for each in lists]


NO_LISTS = CountyLists()


def with_list(stated: Stated, kind: str, county: str, day: str, entries: list[str]) -> dict[str, dict[str, Any]]:
    """The lists with one more; a list of the same day is replaced."""
    counties = dict(stated.get(kind, {}))
    others = [each for each in counties.get(county, []) if each["from"] != day]
    counties[county] = sorted([*others, {"from": day, "entries": sorted(set(entries))}], key=lambda each: each["from"])
    return {**{name: dict(each) for name, each in stated.items()}, kind: counties}
