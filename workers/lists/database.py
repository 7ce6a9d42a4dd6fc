"""The database of the lists worker: one SQLite file, one transaction per list taken, read by others meanwhile (WAL)."""

from __future__ import annotations

import secrets
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from workers.guarded_file import GuardedFile

BUSY_TIMEOUT_SECONDS = 60.0
"""A list of a million lines holds the writer's lock for about a minute; the publisher waits that long."""
TAG_BYTES = 4
CURRENT, SUPERSEDED, OPEN, REFUSED, WAITING = "current", "superseded", "open", "refused", "waiting"
WITHDRAWN_MONTH = "withdrawn"
"""A month that counted until somebody took it back: no list of it counts any more."""


class Series(NamedTuple):
    """One monthly series. `region` is the name of its rules, `county` six digits."""

    id: int
    region: str
    source: str
    kind: str
    county: str


class Lists(GuardedFile):
    """One open database of lists. `tag` stands in every id made here, so that a database made anew never says something
    else under an old id."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            files("workers.lists").joinpath("schema.sql").read_text(encoding="utf-8"),
            busy_timeout_seconds=BUSY_TIMEOUT_SECONDS,
            pragmas=("temp_store = FILE",),
        )

    def opened(self) -> None:
        self.connection.execute(
            "INSERT INTO meta VALUES ('tag', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(TAG_BYTES),)
        )
        (self.tag,) = self.connection.execute("SELECT value FROM meta WHERE name = 'tag'").fetchone()

    def series_of(self, region: str, source: str, kind: str, county: str) -> Series:
        """The series, made where it is new. Inside a transaction."""
        key = (region, source, kind, county)
        self.connection.execute(
            "INSERT INTO series (region, source, kind, county) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", key
        )
        (number,) = self.connection.execute(
            "SELECT id FROM series WHERE (region, source, kind, county) = (?, ?, ?, ?)", key
        ).fetchone()
        return Series(number, *key)

    def all_series(self) -> list[Series]:
        rows = self.connection.execute("SELECT id, region, source, kind, county FROM series ORDER BY id")
        return [Series(*row) for row in rows]

    def current(self, series: Series) -> dict[str, int]:
        """Complete lists in force of a series: month → list, in the order of months."""
        return dict(
            self.connection.execute(
                "SELECT period, id FROM list WHERE series = ? AND state = ? ORDER BY period", (series.id, CURRENT)
            )
        )
