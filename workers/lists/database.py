"""The database of the lists worker: one SQLite file, one transaction per list taken, read by others meanwhile (WAL)."""

from __future__ import annotations

import os
import secrets
import sqlite3
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

BUSY_TIMEOUT_SECONDS = 60.0
"""A list of a million lines holds the writer's lock for about a minute; the publisher waits that long."""
CACHE_KIB = 16_384
MODE = 0o600
CURRENT, SUPERSEDED, OPEN, REFUSED, WAITING = "current", "superseded", "open", "refused", "waiting"


class Series(NamedTuple):
    """One monthly series. `region` is the name of its rules, `county` six digits."""

    id: int
    region: str
    source: str
    kind: str
    county: str


class Lists:
    """One open database. Not shared between threads. `begin`, then `commit` or `rollback`, around what writes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, MODE))
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = FILE", f"cache_size = -{CACHE_KIB}"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(files("workers.lists").joinpath("schema.sql").read_text(encoding="utf-8"))
        self.connection.execute(
            "INSERT INTO meta VALUES ('tag', ?) ON CONFLICT DO NOTHING", (secrets.token_hex(TAG_BYTES),)
        )
        (self.tag,) = self.connection.execute("SELECT value FROM meta WHERE name = 'tag'").fetchone()
        """Stands in every id made here, so that a database made anew never says something else under an old id."""

    def __enter__(self) -> Lists:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

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


TAG_BYTES = 4
