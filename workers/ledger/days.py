"""Business dates: closing them, and the index of who has something due (records.md §5).

The index is derived from the facts at restore; what a batch changes in it lies apart until the batch is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import orjson

from workers.entitlement.parked import next_deadline
from workers.entitlement.state import FACTS, Facts
from workers.ledger.views import DAY, persons
from workers.runtime.port import View

_NOTHING_DUE = (b'"parked":[]', b'"look_on":null')


class Deadlines:
    """Person key → first date (ISO) at which something parked becomes a task."""

    def __init__(self) -> None:
        self._committed: dict[str, str] = {}
        self._noted: dict[str, str | None] = {}

    def restore(self, view: View) -> None:
        """Derive the index from all persons of the partition."""
        self._committed.clear()
        self._noted.clear()
        for person_key in persons(view):
            raw = view.get(person_key, FACTS)
            if raw is None or all(empty in raw for empty in _NOTHING_DUE):
                continue
            deadline = next_deadline(Facts.unpack(raw))
            if deadline is not None:
                self._committed[person_key] = deadline

    def note(self, person_key: str, deadline: str | None) -> None:
        """A person's first deadline has changed in this batch; None: nothing is due any more."""
        self._noted[person_key] = deadline

    def due(self, day: str, after_key: str) -> list[str]:
        """Keys behind `after_key` that are due at `day`, in their order."""
        return sorted(key for key, deadline in self._seen() if key > after_key and deadline <= day)

    def committed(self) -> None:
        for key, deadline in self._noted.items():
            if deadline is None:
                self._committed.pop(key, None)
            else:
                self._committed[key] = deadline
        self._noted.clear()

    def dropped(self) -> None:
        self._noted.clear()

    def _seen(self) -> Iterator[tuple[str, str]]:
        for key, deadline in self._committed.items():
            if key not in self._noted:
                yield key, deadline
        for key, later in self._noted.items():
            if later is not None:
                yield key, later


class BusinessDay:
    """`!day`, the last closed business date of the partition."""

    def __init__(self) -> None:
        self._raw: bytes | None = None
        self._open: str | None = None

    def open_day(self, view: View) -> str | None:
        """The business date that is open now, ISO; None before the first was closed."""
        raw = view.get(DAY, "")
        if raw is not self._raw:
            closed = _closed(raw)
            self._open = None if closed is None else (closed + timedelta(days=1)).isoformat()
            self._raw = raw
        return self._open

    def close(self, view: View, day: date) -> bool:
        """Close a date and all before it; False if it was closed already."""
        closed = _closed(view.get(DAY, ""))
        if closed is not None and day <= closed:
            return False
        view.put(DAY, "", orjson.dumps({"date": day.isoformat()}))
        return True


def _closed(raw: bytes | None) -> date | None:
    return None if raw is None else date.fromisoformat(orjson.loads(raw)["date"])
