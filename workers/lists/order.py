"""What somebody asks the lists worker to take: whose list of which month; and what came of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemas.national.list_rules import ListKind, ListRules, Sender, rules_at
from schemas.national.load import SHIPPED
from workers.errors import Usage
from workers.settings import Settings

_PERIOD = re.compile(r"20[0-9]{2}(0[1-9]|1[0-2])", re.ASCII)
_COUNTY = re.compile(r"[0-9]{6}", re.ASCII)


class Order(NamedTuple):
    """One list of one month, checked against the rules of its region."""

    rules: ListRules
    sender: Sender
    kind: ListKind
    county: str
    period: str


class Shown(NamedTuple):
    """A line that is refused: its number, why, and the unknown word for who sent the list."""

    line: int
    what: str
    word: str = ""


class Change(NamedTuple):
    """One change as a person may see it before it is published."""

    what: str
    identity: str
    who: str
    recognised_on: str
    removed_on: str


class Taken(NamedTuple):
    """What became of a list, or would. `state` is that of the register, or `repeat` for the very list in force."""

    state: str
    lines: int
    digest: str
    people_before: int
    added: int
    changed: int
    ended: int
    withdrawn: int
    unresolved: int
    wrong: int
    note: str
    refused: tuple[Shown, ...]
    sample: tuple[Change, ...]


def order_of(settings: Settings, *, source: str, kind: str, county: str, period: str) -> Order:
    """The order of these words. Usage names what is wrong: also a department that may not publish this kind of list."""
    if _COUNTY.fullmatch(county) is None:
        raise Usage("the county has six digits, such as 522701")
    if _PERIOD.fullmatch(period) is None:
        raise Usage("the period is YYYYMM, such as 202403")
    try:
        rules = rules_at(county, settings.national_folder or SHIPPED)
    except (ValueError, OSError) as error:
        raise Usage(f"the rules of lists cannot be read: {error}") from None
    if rules is None:
        raise Usage(f"county {county} belongs to no region with rules of lists (schemas/national/lists)")
    sender = rules.senders.get(source)
    if sender is None:
        raise Usage(f"{rules.name} knows no source of that name; sources are {', '.join(sorted(rules.senders))}")
    found = rules.kinds.get(kind)
    if found is None:
        raise Usage(f"{rules.name} knows no list of that kind; kinds are {', '.join(sorted(rules.kinds))}")
    if source not in found.sources:
        raise Usage(
            f"wrong source: {source} may not publish {kind}; {', '.join(found.sources)} may"
            f" ({found.clause}: {found.quote})"
        )
    return Order(rules, sender, found, county, period)
