"""Rows and position move together or not at all, and one process a file (invariant 11 of the design)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from workers.errors import Stop
from workers.history.database import Database, Row, Source

SOURCE = Source("assistance.decided", 3)


def _rows(first: int, last: int) -> list[Row]:
    return [Row(offset, 1, b"k", b"%d" % offset) for offset in range(first, last + 1)]


def _note(connection: sqlite3.Connection, source: Source, row: Row) -> None:
    """A writer that would store a record twice if it were given twice."""
    connection.execute(
        "INSERT INTO tally VALUES ('noted', ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (str(row.offset),)
    )


def _noted(path: Path) -> dict[int, int]:
    connection = sqlite3.connect(path)
    try:
        return {int(label): n for label, n in connection.execute("SELECT label, n FROM tally WHERE name = 'noted'")}
    finally:
        connection.close()


def test_a_run_is_stored_with_its_position(tmp_path: Path) -> None:
    with Database(tmp_path / "h.sqlite") as database:
        assert database.take(SOURCE, _rows(0, 4), _note) == 5
        assert database.position(SOURCE) == 5
    with Database(tmp_path / "h.sqlite") as again:
        assert again.position(SOURCE) == 5
        assert again.position(Source("assistance.decided", 4)) == 0
    assert _noted(tmp_path / "h.sqlite") == dict.fromkeys(range(5), 1)


def test_repeats_are_passed_over_wherever_they_stand(tmp_path: Path) -> None:
    with Database(tmp_path / "h.sqlite") as database:
        database.take(SOURCE, _rows(0, 4), _note)
        assert database.take(SOURCE, _rows(0, 4), _note) == 0
        assert database.take(SOURCE, _rows(2, 7), _note) == 3
        assert database.take(SOURCE, [], _note) == 0
        assert database.take(Source("assistance.decided", 0), _rows(20, 21), _note) == 2
    assert _noted(tmp_path / "h.sqlite") == dict.fromkeys([*range(8), 20, 21], 1)


def test_a_second_writer_stops_and_stores_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    with Database(path) as first, Database(path) as second:
        assert first.position(SOURCE) == second.position(SOURCE) == 0
        first.take(SOURCE, _rows(0, 2), _note)
        with pytest.raises(Stop, match=r"assistance\.decided\[3\] is no longer 0; another process") as stop:
            second.take(SOURCE, _rows(0, 5), _note)
        assert str(path) in str(stop.value)
        assert first.take(SOURCE, _rows(3, 3), _note) == 1
    assert _noted(path) == dict.fromkeys(range(4), 1)


def test_a_writer_that_fails_leaves_nothing_of_its_run(tmp_path: Path) -> None:
    def fails_at_two(connection: sqlite3.Connection, source: Source, row: Row) -> None:
        _note(connection, source, row)
        if row.offset == 2:
            raise ZeroDivisionError

    with Database(tmp_path / "h.sqlite") as database:
        with pytest.raises(ZeroDivisionError):
            database.take(SOURCE, _rows(0, 4), fails_at_two)
        assert (_noted(tmp_path / "h.sqlite"), database.position(SOURCE)) == ({}, 0)
        assert database.take(SOURCE, _rows(0, 4), _note) == 5, "the same run can be taken again"


_DIES = """
import os, signal, sys
from pathlib import Path
from tests.unit.history.test_history_database import SOURCE, _note, _rows
from workers.history.database import Database

class Dies(Database):
    def _move(self, source, at, to):
        if to > 4 and sys.argv[2] == "before_position":
            os.kill(os.getpid(), signal.SIGKILL)
        super()._move(source, at, to)
        if to > 4:
            os.kill(os.getpid(), signal.SIGKILL)

database = Dies(Path(sys.argv[1]))
for first in (0, 2, 4):
    database.take(SOURCE, _rows(first, first + 1), _note)
"""


@pytest.mark.parametrize("where", ["before_position", "after_position"])
def test_killed_between_write_and_commit_nothing_of_the_run_is_there(tmp_path: Path, where: str) -> None:
    path = tmp_path / "h.sqlite"
    killed = subprocess.run(
        [sys.executable, "-c", _DIES, str(path), where],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": "."},
        capture_output=True,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with Database(path) as database:
        assert (database.position(SOURCE), _noted(path)) == (4, dict.fromkeys(range(4), 1))
        assert database.take(SOURCE, _rows(0, 9), _note) == 6
    assert _noted(path) == dict.fromkeys(range(10), 1)


def test_a_file_keeps_its_name_and_another_file_has_another(tmp_path: Path) -> None:
    with Database(tmp_path / "a.sqlite") as a, Database(tmp_path / "b.sqlite") as b:
        name = a.model_id()
        assert name == a.model_id() != b.model_id()
    with Database(tmp_path / "a.sqlite") as again:
        assert again.model_id() == name


def test_what_is_committed_survives_a_power_cut(tmp_path: Path) -> None:
    """As far as SQLite can: write-ahead log, synced at every commit."""
    with Database(tmp_path / "h.sqlite") as database:
        assert database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.connection.execute("PRAGMA synchronous").fetchone() == (2,)
