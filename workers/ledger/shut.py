"""Which years are closed in a partition, as its state keeps them."""

from __future__ import annotations

import orjson

YEARS = "years"
"""Name of the list of years that are closed in the partition."""


def shut_years(raw: bytes | None) -> frozenset[tuple[str, int]]:
    """Platform and year of all that is closed in a partition."""
    return frozenset() if raw is None else frozenset((region, year) for region, year in orjson.loads(raw))
