"""The SQLite file of the read model: opened once per process, moved by compare-and-set (invariant 11 of the design).

`Database.take` stores a run of records of one partition and moves its position in one transaction. Records below the
position were stored before and are passed over. When the position in the file is not the one this process left there,
another process writes the same file: `Stop`.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from workers.errors import Stop, Usage

BUSY_TIMEOUT_SECONDS = 5.0


class Row(NamedTuple):
    """One record as the read model takes it."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    ce_time: bytes | None = None

    @property
    def caused_ms(self) -> int:
        """Arrival stamp of the journal record that caused an output (header `ce_time`); else the record's own time."""
        if self.ce_time is None:
            return self.timestamp_ms
        return round(datetime.fromisoformat(self.ce_time.decode()).timestamp() * 1000)


class Source(NamedTuple):
    topic: str
    partition: int


Writer = Callable[[sqlite3.Connection, Source, Row], None]


class Database:
    """One open read model. Not shared between threads; one writing process per file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
        schema = files("workers.history").joinpath("schema.sql").read_text(encoding="utf-8")
        try:
            self.connection.executescript(schema)
        except sqlite3.DatabaseError as error:
            self.connection.close()
            raise Usage(
                f"{path}: cannot be kept as the read model ({error}); name another file, or delete it"
            ) from error
        self._next: dict[Source, int] = {}

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def model_id(self) -> str:
        """Names this file for ever: a new file is a new consumer group, so it reads the log from its beginning."""
        with self.connection:
            self.connection.execute(
                "INSERT INTO meta VALUES ('model_id', ?) ON CONFLICT DO NOTHING", (uuid.uuid4().hex[:12],)
            )
        found = self.connection.execute("SELECT value FROM meta WHERE name = 'model_id'").fetchone()
        return str(found[0])

    def position(self, source: Source) -> int:
        """Next offset to take of a partition, as this process left it or as it found it."""
        if source not in self._next:
            self.connection.execute("INSERT INTO position VALUES (?, ?, 0) ON CONFLICT DO NOTHING", source)
            found = self.connection.execute("SELECT next FROM position WHERE topic = ? AND partition = ?", source)
            self._next[source] = int(found.fetchone()[0])
        return self._next[source]

    def take(self, source: Source, rows: Sequence[Row], write: Writer) -> int:
        """Store rows (in offset order) and the position after them; returns how many were new."""
        at = self.position(source)
        fresh = [row for row in rows if row.offset >= at]
        if not fresh:
            return 0
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            for row in fresh:
                write(self.connection, source, row)
            self._move(source, at, fresh[-1].offset + 1)
            self.connection.execute("COMMIT")
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self._next[source] = fresh[-1].offset + 1
        return len(fresh)

    def _move(self, source: Source, at: int, to: int) -> None:
        moved = self.connection.execute(
            "UPDATE position SET next = ? WHERE topic = ? AND partition = ? AND next = ?", (to, *source, at)
        ).rowcount
        if moved != 1:
            raise Stop(
                f"{self.path}: the position of {source.topic}[{source.partition}] is no longer {at}; another process "
                "writes this read model. Stop one of them; nothing of this batch was stored."
            )
