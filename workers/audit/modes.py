"""Whether a bill may be payable, by the audit's own reading of the orders about regions (docs/shadow.md; A10).

A bill has the mode of its first decision: the newest order that speaks of its county and whose first day it has reached
says it, live where none does. Afterwards only an office order makes a bill of the shadow payable, and none the reverse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workers.audit.decode import Decision

SHADOW, LIVE = "shadow", "live"
Word = tuple[str | None, str, str | None, bool]  # county, mode, first day, by the day of settlement


class Modes:
    """The orders of one partition, as its journal brings them."""

    def __init__(self) -> None:
        self._words: dict[str, list[Word]] = defaultdict(list)
        self._known: set[str] = set()

    def hear(self, body: Mapping[str, Any]) -> None:
        """A `mode.switched` record; its later slices say nothing new."""
        if body.get("type") == "mode.switched" and str(body["order_id"]) not in self._known:
            self._known.add(str(body["order_id"]))
            word = body.get("county"), str(body["mode"]), body.get("first_day"), body["counted_by"] == "settled_on"
            self._words[str(body["region"])].append(word)

    def faults(self, d: Decision, before: str | None, settled: Iterable[str]) -> Iterator[str]:
        """`before` is the mode of the decisions before (None: none decided), `settled` the days that bodies state."""
        mode = SHADOW if d.mode == SHADOW else LIVE
        if d.status != "decided":
            return
        if before is None:
            due = {self._mode(d.bill[0], d.county, d.benefit_date, day) for day in {*settled} or {d.benefit_date}}
            if mode not in due:
                yield f"decided as {mode}, the orders about the region say {'|'.join(sorted(due))}"
        elif mode != before and (before == LIVE or d.cause_type not in ("office.ordered", "person.moved")):
            yield f"decided as {mode}, was {before}: no order about the bill says so"

    def _mode(self, region: str, county: str, benefit_date: str, settled_on: str) -> str:
        for of, mode, first_day, by_settlement in reversed(self._words[region]):
            day = settled_on if by_settlement else benefit_date
            if of in (None, county) and (first_day is None or day >= first_day):
                return mode
        return LIVE
