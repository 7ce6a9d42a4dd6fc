"""The persons of a partition's state, and the keys the ledger keeps beside persons (docs/records.md §5)."""

from __future__ import annotations

from collections.abc import Iterator

from workers.runtime.port import View

DAY = "!day"
ADOPTED = "!adopted"
RULEBOOK = "!rulebook"
SWEEP = "!sweep"
CLOSED_YEARS = "!closed"
RECOVERIES = "!recoveries"
RULING = "!ruling"
FIGURES = "!figures"
MODES = "!mode"


def persons(view: View, after_key: str = "") -> Iterator[str]:
    """Keys of all persons behind `after_key`, in no promised order."""
    return (group for group in view.groups() if group[0] != "!" and group > after_key)
