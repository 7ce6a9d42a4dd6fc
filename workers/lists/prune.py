"""What the database may forget: texts that no longer count, and the record of changes that were published long ago.

Never forgotten, whatever the age: lines of months in force (a person who comes back after years is folded over all of
them, ADR 13), what was last stated of anybody, tasks, the register itself, whatever is not published yet, and the
newest change (the next one counts on from it: an id that was used must never say something else).
"""

from __future__ import annotations

from typing import NamedTuple

from workers.errors import Usage
from workers.lists.database import Lists

MONTHS_MIN, MONTHS_MAX = 2, 600

_LINES = "FROM line WHERE list IN (SELECT id FROM list WHERE series = ? AND period < ? AND state <> 'current')"
_CHANGES = """
FROM change WHERE list IN (SELECT id FROM list WHERE series = ? AND period < ?)
AND published_ms IS NOT NULL AND seq < (SELECT MAX(seq) FROM change)
"""


class Pruned(NamedTuple):
    """Rows that are gone, or would be."""

    lines: int
    changes: int


def prune(lists: Lists, keep_months: int, *, dry_run: bool) -> Pruned:
    """Forget what is older than the newest `keep_months` months of each series. One transaction. Raises `Usage`."""
    if not MONTHS_MIN <= keep_months <= MONTHS_MAX:
        raise Usage(f"keep {MONTHS_MIN} to {MONTHS_MAX} months")
    gone = [0, 0]
    lists.begin()
    try:
        for series in lists.all_series():
            newest = max(lists.current(series), default=None)
            if newest is None:
                continue
            bounds = (series.id, months_before(newest, keep_months - 1))
            for place, what in enumerate((_LINES, _CHANGES)):
                gone[place] += lists.connection.execute(f"DELETE {what}", bounds).rowcount
        lists.rollback() if dry_run else lists.commit()
    except BaseException:
        lists.rollback()
        raise
    if any(gone) and not dry_run:
        lists.connection.execute("VACUUM")  # the file itself grows smaller; killed meanwhile it is as it was
    return Pruned(*gone)


def months_before(period: str, count: int) -> str:
    """The month so many before: ("202401", 2) → "202311"."""
    months = int(period[:4]) * 12 + int(period[4:]) - 1 - count
    return f"{months // 12:04d}{months % 12 + 1:02d}"
