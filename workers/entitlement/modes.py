"""Which bills of a region are payable: a fold of the office's orders about its mode (docs/shadow.md). Pure.

Orders are asked newest first: the first one that speaks of the bill's county and whose first day the bill has reached
says the mode. Where none does the bill is payable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

SHADOW, LIVE = "shadow", "live"
SETTLED_ON = "settled_on"


class Word(NamedTuple):
    """One order. `county` None: the whole region; `first_day` None: whatever is not decided yet. ISO dates."""

    county: str | None
    mode: str
    first_day: str | None
    counted_by: str
    order_id: str


Modes = Mapping[str, tuple[Word, ...]]
"""Region (platform) → its orders, oldest first."""

NO_MODES: Modes = MappingProxyType({})


def shadowed(modes: Modes, region: str, county: str, benefit_date: str, settled_on: str) -> bool:
    """Whether a bill that is decided for the first time is not payable."""
    for word in _about(modes, region, county):
        day = settled_on if word.counted_by == SETTLED_ON else benefit_date
        if word.first_day is None or day >= word.first_day:
            return word.mode == SHADOW
    return False


def live_on(modes: Modes, region: str, county: str, day: str | None) -> bool:
    """Whether the region pays on a business date (None: no date was closed yet)."""
    for word in _about(modes, region, county):
        if word.first_day is None or (day is not None and day >= word.first_day):
            return word.mode == LIVE
    return True


def _about(modes: Modes, region: str, county: str) -> Iterator[Word]:
    return (word for word in reversed(modes.get(region, ())) if word.county in (None, county))
