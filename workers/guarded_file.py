"""One SQLite file that holds people's numbers: made for its owner alone, one writer, read meanwhile (WAL)."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.errors import Usage

MODE = 0o600
CACHE_KIB = 16_384


class GuardedFile:
    """An open file. Not shared between threads. `begin`, then `commit` or `rollback`, around what writes.

    `busy_timeout_seconds` is how long a writer waits for another one. Usage where others may read the file.
    """

    def __init__(self, path: Path, schema: str, *, busy_timeout_seconds: float, pragmas: Iterable[str] = ()) -> None:
        self.path = path
        _make(path)
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=busy_timeout_seconds)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", f"cache_size = -{CACHE_KIB}", *pragmas):
                self.connection.execute(f"PRAGMA {pragma}")
            self.connection.executescript(schema)
            self.opened()
        except BaseException:
            self.connection.close()
            raise

    def opened(self) -> None:
        """What else must hold before the file is used; an error closes it."""

    def __enter__(self) -> Self:
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


def _make(path: Path) -> None:
    """Create the file for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))
    except FileExistsError:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise Usage(
                f"{path}: others may read it (mode {mode:04o}); it holds people's numbers: chmod 600 {path}"
            ) from None
