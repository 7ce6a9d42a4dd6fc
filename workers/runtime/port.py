"""What the runtime needs of an application and what it gives to it. It knows partitions, not medicine.

One input partition has one state (`State`), one changelog partition and one transactional id. The application is a
`Fold`: it reads and writes the state through a `View` (the batch's overlay), emits records, and never awaits. What it
wrote becomes changelog records, its emissions become output records, and both become visible with the new position in
one transaction, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from workers.log.port import Headers, Record


class Store(Protocol):
    """Committed state of one partition: bytes under (group, name). A changelog key is `group|name`.

    Keys that begin with `!` belong to the partition (`!position`, `!day`, `!rulebook|<hash>`); their group is what
    stands before the first `|`, like everybody's.
    """

    def get(self, group: str, name: str) -> bytes | None: ...
    def group(self, group: str) -> Mapping[str, bytes]:
        """All of a group by name, for reading at once; valid until the next write."""
        ...

    def put(self, group: str, name: str, value: bytes | None) -> None:
        """None deletes."""
        ...

    def names(self, group: str) -> Iterator[tuple[str, bytes]]:
        """All (name, value) of a group, in no promised order."""
        ...

    def groups(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...


class GroupView(Protocol):
    """One group of a view, by name."""

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, value: bytes | None) -> None: ...
    def names(self) -> Iterator[tuple[str, bytes]]: ...


class View(Protocol):
    """The store as this batch sees it: its own writes over what is committed. Dropped or merged as a whole."""

    def get(self, group: str, name: str) -> bytes | None: ...
    def group(self, group: str) -> GroupView: ...
    def put(self, group: str, name: str, value: bytes | None) -> None: ...
    def names(self, group: str) -> Iterator[tuple[str, bytes]]: ...
    def groups(self) -> Iterator[str]: ...


class Emit(Protocol):
    """Puts one record into the transaction; `partition=None` means the number of the input partition."""

    def __call__(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), *, partition: int | None = None
    ) -> None: ...


class Fold(Protocol):
    """The application's half of one partition. Deterministic: same state and record, same writes and emissions."""

    def restored(self, view: View) -> None:
        """Called once after the state was restored and before the first record: derive indexes, check the state."""
        ...

    def ahead(self, records: Sequence[Record]) -> None:
        """These come next, in this order: what needs no state may be done for all of them at once.

        One job at a time stays in the processor's caches. Raises only `Stop`; nothing may be noted but for `process`.
        """
        ...

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        """Fold one record. `stamp_ms` is its arrival stamp (monotonic per partition). Raises only `Stop`."""
        ...

    def committed(self) -> None:
        """The batch is merged: indexes may take over what they noted during `process`."""
        ...

    def dropped(self) -> None:
        """The batch is void: forget what was noted since the last `committed`."""
        ...


FoldFactory = Callable[[int], Fold]
