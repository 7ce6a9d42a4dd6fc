"""Sums of a comparison by cause, county and class, in memory that grows with the cells and not with the bills.

Bills come grouped by person, so that distinct persons of a cell are counted by looking at the last one alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from workers.shadow.causes import Cause, Compared

CELLS_MAX = 10_000
"""Cells of one dimension; what is more is summed under one name."""
REST = "（其余）"


class Bill(NamedTuple):
    """One bill as it is compared; `person` groups, it never leaves this room."""

    person: str
    region: str
    setl_id: str
    county: str
    measure: str
    decision_id: str
    compared: Compared


@dataclass(slots=True)
class Cell:
    """Sums of one cell, fen."""

    bills: int = 0
    persons: int = 0
    ours: int = 0
    platform: int = 0
    more: int = 0  # what we give above the platform, over the bills where we give more
    less: int = 0
    _last: str = field(default="", repr=False)

    def add(self, bill: Bill) -> None:
        ours, platform = bill.compared.ours, bill.compared.platform
        self.bills += 1
        self.ours += ours
        self.platform += platform
        self.more += max(0, ours - platform)
        self.less += max(0, platform - ours)
        if bill.person != self._last:
            self.persons += 1
            self._last = bill.person


class Cells:
    """All sums of one report."""

    def __init__(self) -> None:
        self.total = Cell()
        self.causes: dict[str, Cell] = {cause.value: Cell() for cause in Cause}
        self.counties: dict[str, Cell] = {}
        self.classes: dict[str, Cell] = {}

    def add(self, bill: Bill) -> None:
        """Bills of one person come together."""
        compared = bill.compared
        self.total.add(bill)
        self.causes[compared.cause.value].add(bill)
        _of(self.counties, bill.county).add(bill)
        _of(self.classes, f"{bill.measure} {compared.group}").add(bill)


def _of(cells: dict[str, Cell], name: str) -> Cell:
    return cells.setdefault(name if name in cells or len(cells) < CELLS_MAX else REST, Cell())


def hidden(cells: Mapping[str, Cell], k: int) -> frozenset[str]:
    """Names of the cells that are not told: fewer than `k` persons, and the next one where one alone would be hidden.

    A single hidden cell is the total less all others; two are not.
    """
    filled = {name: cell for name, cell in cells.items() if cell.persons}
    small = {name for name, cell in filled.items() if cell.persons < k}
    if len(small) == 1 and len(filled) > 1:
        others: Iterable[str] = filled.keys() - small
        small.add(min(others, key=lambda name: (filled[name].persons, name)))
    return frozenset(small)
