"""The oracle of who has the money: what the hospital holds of each bill in the end (docs/records.md §3, docs/adr/0010).

The rest of a bill's layers is the person's, less what the platform paid. The way there counts: each event is looked at
with what was known then. The hospital advanced the first decision of a one-stop bill, unless it was said that the
person bore it; it gives all back when the bill is taken back and gets that again when it returns, and of what changes
later only its own bill's correction is its own. That the person bore it is believed whenever it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.oracles import arrived, fold
from tests.oracles.fold import City, Event, Row

Amounts = dict[str, int]
CitiesOf = Callable[[Sequence[Event]], list[City]]
"""The measures as they are known after some events: orders may change them."""


class Account(NamedTuple):
    """What the hospital holds by layer; `first` has been decided; `back`: what it gave back and gets again."""

    first: bool = False
    has: Mapping[str, int] = MappingProxyType({})
    back: Mapping[str, int] | None = None


def hospitals(events: Sequence[Event], person: str, cities_of: CitiesOf) -> dict[Any, Amounts]:
    """Bill → what its hospital holds by layer, after all events in their order."""
    found: dict[Any, Account] = defaultdict(Account)
    rests: dict[Any, Amounts] = {}
    mine: list[Event] = []
    for n, event in enumerate(events):
        own = event.get("psn_no") == person
        mine += [event] if own else []
        if not mine:
            continue
        cities = [plain(city) for city in cities_of(events[: n + 1])]
        told = fold.one_person(mine, cities, None, None)
        bills = arrived.stated(mine, None)
        for key, one in told["bills"].items():
            if key not in bills:
                continue
            rest = uncovered(one, told["upstream"].get(key, 0))
            corrected = own and event["type"] == "settlement.final" and (event["region"], event["setl_id"]) == key
            found[key] = moved(found[key], one, rests.get(key, {}), rest, bills[key][0], corrected)
            rests[key] = rest
    return {key: {layer: amount for layer, amount in account.has.items() if amount} for key, account in found.items()}


def plain(city: City) -> City:
    return city._replace(beside=None, warns=None, stands=None)


def uncovered(one: Row, paid: int) -> Amounts:
    """The layers without what the platform paid: it covers the ordinary one first."""
    rest = {}
    for layer in sorted(set(one) - {"status", "reason"}, key=lambda name: (name != "ordinary", name)):
        covered = min(paid, one[layer])
        rest[layer], paid = one[layer] - covered, paid - covered
    return rest


def moved(account: Account, one: Row, before: Amounts, rest: Amounts, bill: Event, corrected: bool) -> Account:
    """The hospital's account after the bill came to `rest`."""
    person = bill.get("advanced_by") == "person"
    one_stop = not person and (bill.get("advanced_by") == "hospital" or bill["channel"] == "one_stop")
    if one["status"] == "reversed":
        if account.first and account.back is None:
            return Account(True, {}, account.has)
        return account
    decided = one["status"] == "decided"
    if account.back is not None:
        return Account(True, {} if person else account.back) if decided else account
    if not account.first:
        return Account(True, rest if one_stop else {}) if decided else account
    if person:
        return Account(True, {})
    has = dict(account.has)
    if corrected and one_stop:
        for layer in {*before, *rest}:
            has[layer] = max(0, has.get(layer, 0) + rest.get(layer, 0) - before.get(layer, 0))
    return Account(True, has)
