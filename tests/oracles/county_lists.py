"""Lists of counties, as orders brought them: whom a county puts among its own people, which diagnoses it excludes.

From JY-3.1f, 8.1e, A11 and docs/clerks/orders.md: a list holds from its day until the next one of that county and kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tests.oracles.fold import Event, Facts, first_without

COUNTIES = ("445200", "445202", "445203", "445222", "445224", "445281", "445299")
CODE = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,6})?")
OTHERS = "县级人民政府规定的其他特殊困难人员"
NOWHERE = "elsewhere"
PAYS = "premium:"
OPEN = "9999-12-31"


class Lists(NamedTuple):
    """(kind, county) → first day → entries."""

    by_place: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = {}

    def on(self, kind: str, county: str, day: str) -> frozenset[str]:
        given = self.by_place.get((kind, county), {})
        first = max((first for first in given if first <= day), default=None)
        return frozenset() if first is None else given[first]

    def names(self) -> set[str]:
        """Every name that some list puts among a county's own people."""
        lists = (list_ for (kind, _), days in self.by_place.items() if kind == "identities" for list_ in days.values())
        return {entry.removeprefix(PAYS) for entries in lists for entry in entries}

    def counties(self) -> list[str]:
        return [county for kind, county in self.by_place if kind == "identities"]

    def terms(self, name: str, county: str) -> Iterator[tuple[str, str]]:
        """From which day, before which day, for each unbroken time that the county names it."""
        days = sorted(self.by_place.get(("identities", county), {}))
        since = None
        for day in days:
            named = name in {entry.removeprefix(PAYS) for entry in self.on("identities", county, day)}
            if named and since is None:
                since = day
            if not named and since is not None:
                yield since, day
                since = None
        if since is not None:
            yield since, OPEN

    def excludes(self, bill: Event) -> bool:
        """8.1e speaks of 县级以上: a list of the city holds in each of its counties."""
        day, code = bill["discharged_on"], bill.get("disease_code") or ""
        places = (bill["county"], bill["county"][:4] + "00")
        return bool(code) and any(code.startswith(each) for at in places for each in self.on("exclusions", at, day))

    def pays(self, i: Event, day: str) -> set[bool]:
        """Whether the county pays the contribution (A11); both where it is not known which county it is."""
        name = PAYS + str(i.get("said") or i["identity"])
        if i.get("county"):
            return {name in self.on("identities", i["county"], day)}
        return {False} | {name in self.on("identities", county, day) for county in self.counties()}


def lists_of(events: Iterable[Event]) -> Lists:
    """What the orders say: the first body of a number, two signers, a county of the city, codes that are codes."""
    found: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    seen: set[str] = set()
    for e in events:
        if e.get("kind") != "county_list" or e["order_id"] in seen:
            continue
        seen.add(e["order_id"])
        codes = e["list_kind"] == "identities" or all(CODE.fullmatch(each) for each in e["entries"])
        if e["author"] != e["second_signer"] and e["county"] in COUNTIES and codes:
            found.setdefault((e["list_kind"], e["county"]), {})[e["ordered_on"]] = frozenset(e["entries"])
    return Lists(found)


def spread(identities: Iterable[Event], lists: Lists, own: Iterable[str], at: Mapping[str, Any]) -> list[Event]:
    """Identities with those of listed names as often and as long as they are listed; `at`: key → county assumed."""
    known, found = set(own), []
    for i in identities:
        if i["identity"] in known or i["identity"] not in lists.names():
            found.append(i)
            continue
        counties = [i["county"]] if i.get("county") else [at[key(i)]] if key(i) in at else lists.counties()
        for county in counties:
            found += [within(i, *term) for term in lists.terms(i["identity"], county)]
    return found


def within(i: Event, first: str, end: str) -> Event:
    """The identity in one term of its list; it is over when the list or the person's own recognition is."""
    over = {} if first_without(i) <= end else {"removed_on": None if end == OPEN else end, "removal_reason": None}
    since = max(first, i["recognised_on"])
    return {**i, "said": i["identity"], "identity": OTHERS, "recognised_on": since, **over}


def unplaced(facts: Facts, lists: Lists, own: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of listed people whose county is not stated the counties that it may be."""
    known = set(own)
    listed = [i for i in facts["identity.changed"] if i["identity"] in lists.names() - known and not i.get("county")]
    return {key(i): (*lists.counties(), NOWHERE) for i in listed}


def key(i: Event) -> str:
    return f"listed|{i['region']}|{i['source_id']}|{i['identity']}"
