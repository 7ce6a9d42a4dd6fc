"""What a key knows of other keys of the same person: where its records go, whose bills stand here (records.md §10).

`<person_key>|alias` exists only for keys that a transfer has touched.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

ALIAS = "alias"
VIA_MAX = 16
"""Keys that one record may pass; one more is treated as a return."""


@dataclass(slots=True)
class Alias:
    """`to`: the key that records of this one are forwarded to, None while it lives. `absorbed`: key whose bills stand
    here → key by which it came (itself, where it was merged into this one directly). `serials`: serial of the directory
    → digest of its order. `came`: key → serials of the moves from there that are complete: their records have no effect
    any more, however often they come."""

    to: str | None = None
    absorbed: dict[str, str] = field(default_factory=dict)
    serials: dict[str, str] = field(default_factory=dict)
    came: dict[str, list[int]] = field(default_factory=dict)

    def pack(self) -> bytes:
        return orjson.dumps(self)

    @classmethod
    def unpack(cls, packed: bytes | None) -> Alias:
        return cls() if packed is None else cls(**orjson.loads(packed))

    def has_come(self, from_key: str, serial: int) -> bool:
        """True for a move that is complete."""
        return serial in self.came.get(from_key, ())

    def brought_by(self, key: str) -> set[str]:
        """The key and all that came here with it."""
        return {key, *(other for other, by in self.absorbed.items() if by == key)}
