"""A person's part of the partition's state, and the keys the ledger keeps beside persons (docs/records.md §5)."""

from __future__ import annotations

from collections.abc import Iterator

from workers.runtime.port import View

DAY = "!day"
ADOPTED = "!adopted"
RULEBOOK = "!rulebook"
SWEEP = "!sweep"


class PersonView:
    """The `Packed` of one person: a view bound to a group."""

    __slots__ = ("_key", "_view")

    def __init__(self, view: View, person_key: str) -> None:
        self._view = view
        self._key = person_key

    def get(self, name: str) -> bytes | None:
        return self._view.get(self._key, name)

    def put(self, name: str, value: bytes) -> None:
        self._view.put(self._key, name, value)

    def names(self) -> Iterator[tuple[str, bytes]]:
        return self._view.names(self._key)


def persons(view: View, after_key: str = "") -> Iterator[str]:
    """Keys of all persons behind `after_key`, in no promised order."""
    return (group for group in view.groups() if group[0] != "!" and group > after_key)
