"""Committed state of one partition in memory: group → name → bytes.

Bytes, not objects: a million persons restore in seconds, the garbage collector has nothing to walk (dicts of bytes are
untracked), and state is comparable byte for byte with its changelog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

_NOTHING: Final[dict[str, bytes]] = {}


class MemoryStore:
    """The `Store` port over two levels of dicts."""

    __slots__ = ("_groups",)

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, bytes]] = {}

    def get(self, group: str, name: str) -> bytes | None:
        """The value under (group, name), or None."""
        names = self._groups.get(group)
        return None if names is None else names.get(name)

    def group(self, group: str) -> Mapping[str, bytes]:
        """All of a group by name, for reading at once; valid until the next write."""
        return self._groups.get(group, _NOTHING)

    def put(self, group: str, name: str, value: bytes | None) -> None:
        """Set or, with None, delete; a group without names ceases to exist."""
        names = self._groups.get(group)
        if value is not None:
            if names is None:
                names = self._groups[group] = {}
            names[name] = value
        elif names is not None:
            names.pop(name, None)
            if not names:
                del self._groups[group]

    def names(self, group: str) -> Iterator[tuple[str, bytes]]:
        """All (name, value) of a group."""
        return iter(self._groups.get(group, {}).items())

    def groups(self) -> Iterator[str]:
        """All groups that hold at least one name."""
        return iter(self._groups)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def merge(self, writes: Mapping[str, Mapping[str, bytes | None]]) -> None:
        """Take over what an overlay collected, as a whole. Nothing here can fail half-way or await."""
        for group, names in writes.items():
            for name, value in names.items():
                self.put(group, name, value)
