"""Matters of a city, in partition 0 only (records.md §5): lists that were closed, alerts at the close of a date.

`!city|lists` holds (source, county, month) of every list that was closed, `!city|alerts` what was raised.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson

from workers.entitlement.law import InForce
from workers.entitlement.outcome import RaisedAlert
from workers.entitlement.turn import outcome_id
from workers.policy.matters.plan import City
from workers.runtime.port import View

CITY = "!city"
LISTS, ALERTS = "lists", "alerts"
ALERTED = "alert.raised"
LISTS_MAX = 20_000
"""Closed lists remembered: a hundred sources over sixteen years; the oldest months go first."""


def note_list(view: View, model: Any) -> bool:
    """Remember that a list is complete; False if that was known."""
    lists = _read(view, LISTS, [])
    one = [model.source_id, model.county, model.list_month]
    if one in lists:
        return False
    lists.append(one)
    lists.sort(key=lambda each: (each[2], each[0], each[1]))
    view.put(CITY, LISTS, orjson.dumps(lists[-LISTS_MAX:]))
    return True


def close(view: View, day: date, in_force: InForce | None) -> list[RaisedAlert]:
    """What the close of a date newly raises."""
    if in_force is None:
        return []
    raised = _read(view, ALERTS, {})
    lists = frozenset((source, county, month) for source, county, month in _read(view, LISTS, []))
    found: list[RaisedAlert] = []
    for alert in in_force.law.city(City(day, lists)):
        if alert.key not in raised:
            sequence = len(raised) + 1
            raised[alert.key] = outcome_id(CITY, ALERTED, sequence)
            found.append(RaisedAlert(raised[alert.key], sequence, alert))
    if found:
        view.put(CITY, ALERTS, orjson.dumps(raised))
    return found


def _read(view: View, name: str, nothing: Any) -> Any:
    raw = view.get(CITY, name)
    return nothing if raw is None else orjson.loads(raw)
