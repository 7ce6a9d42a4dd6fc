"""The store as one batch sees it: its own writes over what is committed (design §5, 4).

The store is never written while a batch is open: an overlay is merged after the commit has answered, or dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workers.errors import Stop
from workers.runtime.changelog import POSITION_GROUP
from workers.runtime.port import Store

_ABSENT: Final[dict[str, bytes | None]] = {}


class Overlay:
    """The `View` port. `writes` holds the last value per key; None is a deletion."""

    __slots__ = ("_store", "writes")

    def __init__(self, store: Store) -> None:
        self._store = store
        self.writes: dict[str, dict[str, bytes | None]] = {}

    def get(self, group: str, name: str) -> bytes | None:
        """The value as this batch sees it, or None."""
        written = self.writes.get(group, _ABSENT)
        if name in written:
            return written[name]
        return self._store.get(group, name)

    def group(self, group: str) -> OverlayGroup:
        """One group, for a fold that reads it several times in one record; not to be kept beyond the batch."""
        return OverlayGroup(self, group, self._store.group(group))

    def put(self, group: str, name: str, value: bytes | None) -> None:
        """Set or, with None, delete. The position is the runtime's own: nobody else writes it."""
        if group == POSITION_GROUP:
            raise Stop("a fold wrote !position; the position belongs to the runtime: take the write out of the fold")
        if "|" in group or not group:
            raise Stop("a fold wrote a state group that is empty or holds '|'; a changelog key is group|name")
        written = self.writes.get(group)
        if written is None:
            self.writes[group] = {name: value}
        else:
            written[name] = value

    def names(self, group: str) -> Iterator[tuple[str, bytes]]:
        """All visible (name, value) of a group; writing while iterating is allowed and not seen by the iteration."""
        written = dict(self.writes.get(group, _ABSENT))
        for name, value in self._store.names(group):
            if name not in written:
                yield name, value
        for name, later in written.items():
            if later is not None:
                yield name, later

    def groups(self) -> Iterator[str]:
        """All groups with at least one visible name."""
        touched = list(self.writes)
        skip = self.writes.keys() | set()
        for group in self._store.groups():
            if group not in skip:
                yield group
        for group in touched:
            if any(True for _ in self.names(group)):
                yield group

    def changes(self) -> Iterator[tuple[str, str, bytes | None]]:
        """What the changelog must hear, in order of first writing; deleting what was never committed is silence."""
        for group, names in self.writes.items():
            for name, value in names.items():
                if value is not None or self._store.get(group, name) is not None:
                    yield group, name, value


class OverlayGroup:
    """The `GroupView` port: what the store holds of the group is looked up once, every `get` is one call."""

    __slots__ = ("_committed", "_name", "_overlay", "_writes")

    def __init__(self, overlay: Overlay, name: str, committed: Mapping[str, bytes]) -> None:
        self._overlay, self._name, self._committed = overlay, name, committed
        self._writes = overlay.writes

    def get(self, name: str) -> bytes | None:
        """The value as this batch sees it, or None."""
        written = self._writes.get(self._name)
        if written is not None and name in written:
            return written[name]
        return self._committed.get(name)

    def put(self, name: str, value: bytes | None) -> None:
        """Set or, with None, delete."""
        self._overlay.put(self._name, name, value)

    def names(self) -> Iterator[tuple[str, bytes]]:
        """All visible (name, value); writing while iterating is allowed and not seen by the iteration."""
        return self._overlay.names(self._name)
