"""From the months in which a person stood on a list to recognitions with first and last day. Pure.

A recognition (run) is an unbroken row of complete months with the person; a month of which no complete list is known
breaks nothing. Its facts are those of its last month. It ends by what its last line states, else by the rule of the
region for the first complete month without the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from workers.lists.columns import fields_of

_TEXTS = ("sub_class", "member_type", "entered_on", "applied_on", "approved_on")


class Run(NamedTuple):
    """One recognition. `month` is the month that last said something of it."""

    fields: dict[str, Any]
    month: str
    ended: bool


EndsOn = Callable[[str], date]
"""Month → removed_on (first day without) of who is absent from its list."""


def runs_of(months: Sequence[str], present: Mapping[str, str], ends_on: EndsOn) -> list[Run]:
    """All recognitions of one person and identity. `months`: complete months in order; `present`: month → facts."""
    runs: list[Run] = []
    first = last = ""
    for month in months:
        if month in present:
            first, last = first or month, month
        elif first:
            runs.append(_run(first, last, month, present[last], ends_on, runs))
            first = ""
    if first:
        runs.append(_run(first, last, "", present[last], ends_on, runs))
    return runs


def _run(first: str, last: str, absent: str, facts: str, ends_on: EndsOn, before: list[Run]) -> Run:
    stated = fields_of(facts)
    begins = _first_day(first, stated.get("recognised_on"), before)
    removed = stated.get("removed_on") or (ends_on(absent).isoformat() if absent else None)
    fields: dict[str, Any] = {"recognised_on": begins, "withdrawn": False}
    if removed is not None:
        fields["removed_on"] = removed
        # it never had a day: recognised after the list on which the person is absent already
        fields["withdrawn"] = removed < begins
        if fields["withdrawn"]:
            del fields["removed_on"]
    if removed is not None and "removal_reason" in stated and not fields["withdrawn"]:
        fields["removal_reason"] = stated["removal_reason"]
    fields.update((name, stated[name]) for name in _TEXTS if name in stated)
    if "county" in stated:
        fields["county"] = stated["county"]
    if "new_recognition" in stated:
        fields["new_recognition"] = stated["new_recognition"] == "1"
    return Run(fields, absent or last, removed is not None)


def _first_day(first: str, stated: str | None, before: list[Run]) -> str:
    """What the line states; of who comes back to the list not a day that an earlier recognition had or was denied."""
    month = f"{first[:4]}-{first[4:]}-01"
    if not before:
        return stated or month
    denied = before[-1].fields.get("removed_on", "")
    return stated if stated is not None and stated > denied else max(month, denied)
