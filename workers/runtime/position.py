"""How far a partition is folded: the position that travels in every transaction (design §5, 3).

`offset` is the next input offset to fold, `stamp` the last arrival stamp given out, `incarnation` names the journal
in which it counts.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

from workers.errors import Stop
from workers.log.port import Record


class Position(NamedTuple):
    """The state's place in its input. Milliseconds since 1970 UTC for the stamp."""

    incarnation: str
    offset: int
    stamp: int

    def to_bytes(self) -> bytes:
        """The changelog value, canonical: sorted keys, no white space."""
        return orjson.dumps(self._asdict(), option=orjson.OPT_SORT_KEYS)


def parse_position(value: bytes | None, where: str) -> Position:
    """Read a changelog value; raises `Stop` for everything that is not exactly a position."""
    try:
        found = orjson.loads(value or b"")
        position = Position(found["incarnation"], found["offset"], found.get("stamp", 0))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise Stop(
            f"{where}: !position cannot be read; do not start over from 0: rebuild this changelog from the journal"
        ) from None
    if not isinstance(position.incarnation, str) or type(position.offset) is not int or type(position.stamp) is not int:
        raise Stop(f"{where}: !position has fields of the wrong type; rebuild this changelog from the journal")
    if position.offset < 0 or position.stamp < 0:
        raise Stop(f"{where}: !position is negative; rebuild this changelog from the journal")
    return position


def incarnation_of(record: Record) -> str | None:
    """The incarnation a journal's first record states (`journal.opened`), or None where it states none."""
    try:
        found = orjson.loads(record.value or b"")
        incarnation = found.get("incarnation") if found.get("type") == "journal.opened" else None
    except (orjson.JSONDecodeError, AttributeError):
        return None
    return incarnation if isinstance(incarnation, str) and incarnation else None
