"""Closing a year by office order (records.md §5): partition 0 checks the order, every partition compacts in slices.

`!closed|<region>|<year>` says how far a partition is; the years that are closed there are part of the law in force.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson

from workers.entitlement.outcome import Outcome
from workers.ledger.cause import Cause
from workers.ledger.outputs import Publisher
from workers.ledger.shut import YEARS, shut_years
from workers.ledger.sweeps import persons_behind
from workers.ledger.views import CLOSED_YEARS
from workers.runtime.port import Emit, View
from workers.settings import Settings

YEAR_CLOSED = "year.closed"
MONTHS_AFTER = 24
"""A year closes at the earliest so many months after its end."""


class Years:
    """The closing of years in one partition."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._settings = settings
        self._publisher = publisher

    def ordered(self, model: Any, open_day: str | None, cause: Cause, view: View, emit: Emit) -> Outcome:
        """An order `year_closed`: too early, by one officer alone or before any date was closed it has no effect."""
        if model.author == model.second_signer or open_day is None:
            return Outcome("no_effect")
        if date.fromisoformat(open_day) < date(model.year + 1 + MONTHS_AFTER // 12, 1, 1):
            return Outcome("no_effect")
        if view.get(CLOSED_YEARS, f"{model.region}|{model.year}|ordered") == model.order_id.encode():
            return Outcome("repeat")
        view.put(CLOSED_YEARS, f"{model.region}|{model.year}|ordered", model.order_id.encode())
        fields = {"region": model.region, "year": model.year, "order_id": model.order_id, "after_key": ""}
        for partition in range(self._settings.partitions):
            self._publisher.derived(emit, cause, YEAR_CLOSED, fields, partition=partition)
        return Outcome("applied")

    def closed(self, model: Any, view: View, emit: Emit, cause: Cause, close_one: Callable[[str], Outcome]) -> Outcome:
        """Compact the next persons of this partition; the others follow in a record of its own."""
        name = f"{model.region}|{model.year}"
        raw = view.get(CLOSED_YEARS, name)
        noted = {"order_id": "", "after_key": "", "done": True} if raw is None else orjson.loads(raw)
        begins = model.after_key == "" and noted["order_id"] != model.order_id
        if not begins and (noted["done"] or noted["after_key"] != model.after_key):
            return Outcome("stale")
        keys = persons_behind(view, model.after_key, self._settings.slice_persons_max)
        for person_key in keys:
            close_one(person_key)
        done, last = len(keys) < self._settings.slice_persons_max, keys[-1] if keys else model.after_key
        state = {"order_id": model.order_id, "after_key": last, "done": done}
        view.put(CLOSED_YEARS, name, orjson.dumps(state))
        view.put(
            CLOSED_YEARS,
            YEARS,
            orjson.dumps(sorted({*shut_years(view.get(CLOSED_YEARS, YEARS)), (model.region, model.year)})),
        )
        if not done:
            fields = {"region": model.region, "year": model.year, "order_id": model.order_id, "after_key": last}
            self._publisher.derived(emit, cause, YEAR_CLOSED, fields)
        return Outcome("applied")
