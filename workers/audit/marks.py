"""One bit per offset: which records of a partition were accounted for. Memory: an eighth of a byte per record."""

from __future__ import annotations

OFFSET_MAX = 1 << 36
"""Above this an offset is no offset but garbage in a header (8 GB of bits)."""


class Marks:
    """A growing set of offsets of one partition."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.count = 0

    def add(self, offset: int) -> bool:
        """Mark; False where it was marked before. ValueError for what cannot be an offset."""
        if not 0 <= offset < OFFSET_MAX:
            raise ValueError("not an offset")
        byte, bit = offset >> 3, 1 << (offset & 7)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits) + 4_096))
        new = not self._bits[byte] & bit
        self._bits[byte] |= bit
        self.count += new
        return new

    def __contains__(self, offset: int) -> bool:
        byte = offset >> 3
        return 0 <= byte < len(self._bits) and bool(self._bits[byte] & (1 << (offset & 7)))

    def not_in(self, other: Marks, *, begin: int) -> list[int]:
        """Offsets at or above `begin` that are marked here and not there; at most 1,000."""
        found: list[int] = []
        for byte in range(begin >> 3, len(self._bits)):
            left = self._bits[byte] & ~(other._bits[byte] if byte < len(other._bits) else 0)
            for bit in range(8):
                if left >> bit & 1 and byte * 8 + bit >= begin:
                    found.append(byte * 8 + bit)
                    if len(found) == 1_000:
                        return found
        return found
