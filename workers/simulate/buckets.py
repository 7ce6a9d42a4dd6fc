"""Sorting a county year in constant memory: lines are dropped into one bucket per day, and a bucket is sorted when its
day has come. What exceeds the memory budget is spilled to one temporary file per day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from workers.simulate.envelope import DAY

BUDGET_BYTES = 96_000_000
_OVERHEAD = 200  # bytes of Python around a line, roughly


class Buckets:
    """Lines by day of arrival. Order inside a day: (second, serial of `add`), which is the same on every run."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._held = 0
        self._serial = 0
        self._days: dict[int, list[tuple[int, int, bytes]]] = {}
        self._spilled: TemporaryDirectory[str] | None = None

    def add(self, at: int, data: bytes) -> None:
        """Take one line that arrives at this second.

        The line is copied: what orjson hands out keeps a buffer of 8 kB however short it is (seen with 3.13.0).
        """
        self._serial += 1
        self._days.setdefault(at // DAY, []).append((at, self._serial, b"%b" % data))
        self._held += len(data) + _OVERHEAD
        if self._held > self._budget:
            self._spill()

    def days(self) -> Iterator[tuple[int, list[bytes]]]:
        """Each day that has lines, in order, with its lines in order of arrival. The buckets are empty afterwards."""
        try:
            for day in sorted(self._all_days()):
                lines = self._days.pop(day, [])
                lines.extend(self._read(day))
                lines.sort()
                yield day, [data for _, _, data in lines]
        finally:
            if self._spilled is not None:
                self._spilled.cleanup()
                self._spilled = None

    def _all_days(self) -> set[int]:
        spilled = (int(path.name) for path in self._folder().iterdir()) if self._spilled is not None else ()
        return set(self._days) | set(spilled)

    def _folder(self) -> Path:
        if self._spilled is None:
            self._spilled = TemporaryDirectory(prefix="tuodi-simulate-")
        return Path(self._spilled.name)

    def _spill(self) -> None:
        folder = self._folder()
        for day, lines in self._days.items():
            with (folder / str(day)).open("ab") as file:
                file.writelines(b"%d %d %b\n" % line for line in lines)
        self._days.clear()
        self._held = 0

    def _read(self, day: int) -> Iterator[tuple[int, int, bytes]]:
        if self._spilled is None:
            return
        path = self._folder() / str(day)
        if not path.exists():
            return
        with path.open("rb") as file:
            for line in file:
                at, serial, data = line.rstrip(b"\n").split(b" ", 2)
                yield int(at), int(serial), data
        path.unlink()
