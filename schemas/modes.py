"""Whether a region is live or in shadow: words of orders, journal records and decisions."""

from __future__ import annotations

from enum import StrEnum


class RegionMode(StrEnum):
    """In shadow everything is decided and stored and nothing is payable."""

    LIVE = "live"
    SHADOW = "shadow"


class CountedBy(StrEnum):
    """The day of a bill by which an order about a region's mode takes it in."""

    BENEFIT_DATE = "benefit_date"  # discharge or visit, as the measure says
    SETTLED_ON = "settled_on"  # when the platform settled it, and with that paid or did not
