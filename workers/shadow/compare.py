"""One comparison from source to answer: bills pass once, sums stay."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from workers.errors import Usage
from workers.progress import ProgressLine
from workers.replay.run import replayable
from workers.settings import Settings
from workers.shadow.cells import Bill, Cells
from workers.shadow.report import bills_csv, report
from workers.shadow.sources import Wanted, from_database, from_journal, waiting_in_database


class Asked(NamedTuple):
    """What the report is about, as it was asked."""

    wanted: Wanted

    @classmethod
    def of(cls, region: str | None, from_: str | None, to: str | None, *, any_mode: bool) -> Asked:
        """Usage where a day is none or the span is empty."""
        for day in (from_, to):
            if day is not None and not _is_day(day):
                raise Usage(f"{day} is no day: --from and --to are written YYYY-MM-DD")
        if from_ and to and from_ > to:
            raise Usage(f"--from {from_} is after --to {to}")
        return cls(Wanted(region, from_, to, any_mode))

    def told(self) -> dict[str, Any]:
        """As the report repeats it."""
        wanted = self.wanted
        return {"region": wanted.region, "from": wanted.from_, "to": wanted.to, "any_mode": wanted.any_mode}


def compared(
    asked: Asked, settings: Settings, database: Path | None, journal: Path | None, *, k: int, bills: Path | None
) -> dict[str, Any]:
    """The report; `bills` is written on the way. Usage where a source is not there, Stop as `tuodi replay`."""
    cells = Cells()
    if journal is None:
        place = database or settings.database
        _pass(from_database(place, asked.wanted), cells, bills)
        return report(cells, asked.told(), k, waiting_in_database(place, asked.wanted))
    with replayable(journal, sys.stdin.buffer) as file:
        _pass(from_journal(file, settings, asked.wanted), cells, bills)
    return report(cells, asked.told(), k, 0)


def _pass(found: Iterable[Bill], cells: Cells, bills: Path | None) -> None:
    summed = _summed(ProgressLine("shadow, bills compared").over(found), cells)
    if bills is None:
        for _ in summed:
            pass
        return
    with bills.open("w", encoding="utf-8", newline="") as out:
        out.writelines(bills_csv(summed))


def _summed(found: Iterable[Bill], cells: Cells) -> Iterator[Bill]:
    """Add each bill on its way."""
    for bill in found:
        cells.add(bill)
        yield bill


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
