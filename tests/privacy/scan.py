"""A search for planted values in bytes: by their marks in every spelling, then the whole value is named.

A mark that stands beside no planted value is no finding: seven digits of a hash may be those of a telephone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.privacy.plants import CARD_MARK, FULL_WIDTH, NAME_MARK, PHONE_MARK, spellings

_MARKS = (CARD_MARK, PHONE_MARK, NAME_MARK)
_AROUND = 200


class Scanner:
    """Looks for what was planted; `leaks` says where what was found."""

    def __init__(self, planted: set[str]) -> None:
        self._planted = planted
        self._marks = [(mark, re.compile(b"|".join(map(re.escape, _begins(mark))))) for mark in _MARKS]
        self._of = {mark: [value for value in planted if value.startswith(mark)] for mark in _MARKS}
        self.bytes = 0
        self.leaks: list[tuple[str, str]] = []

    def look(self, where: str, raw: bytes | None) -> None:
        """Search one piece of bytes."""
        if not raw:
            return
        self.bytes += len(raw)
        for mark, pattern in self._marks:
            for found in pattern.finditer(raw):
                around = raw[max(0, found.start() - 2) : found.end() + _AROUND]
                self.leaks += [(where, value) for value in self._of[mark] if any(s in around for s in spellings(value))]
            if len(self.leaks) > 50:
                return

    def look_at_folder(self, folder: Path, skip: frozenset[Path]) -> None:
        """Every file below, its bytes and its name."""
        for path in sorted(folder.rglob("*")):
            self.look(f"name of {path.name!r}", str(path.relative_to(folder)).encode())
            if path.is_file() and path not in skip:
                self.look(f"file {path.name}", path.read_bytes())


def _begins(mark: str) -> Iterator[bytes]:
    """The first characters of a mark in every spelling; parted spellings begin like the others up to the part."""
    heads = [mark] if not mark.isascii() else [mark[:6] if mark == CARD_MARK else mark[:3]]
    for head in heads:
        for text in {head, head.translate(FULL_WIDTH)}:
            escaped = json.dumps(text)[1:-1]
            for each in {text, escaped, escaped.upper().replace("\\U", "\\u")}:
                for code in ("utf-8", "gb18030", "utf-16-le"):
                    yield each.encode(code)
