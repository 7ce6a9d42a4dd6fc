"""What a table is to its reader: wanted columns under any of their names, data rows, and the line that closes it.

The closing line is the table's last: `#END,<count>,<digest>` (`#结束`, full width `＃` too), in NDJSON
`{"end": true, "count": …, "digest": …}`. The digest is SHA-256 over the data rows, each as its cells (trimmed, in the
file's own order) joined by `|` and ended by a line feed, in UTF-8; in NDJSON over the lines themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from workers.errors import Usage

ROWS_MAX = 5_000_000
COLUMNS_MAX = 200
CELL_CHARACTERS_MAX = 2_000
END_WORDS = frozenset({"#END", "#结束"})
LOST_DIGITS = "\x00lost"
"""Stands in a cell whose number had more digits than a spreadsheet's numbers keep (IEEE 754: fifteen)."""

Aliases = Mapping[str, str]
"""Column heading as it may stand in a file → our name of the column."""

_HEADING_NOISE = re.compile(r"[\s*（()）:：]+")


class Row(NamedTuple):
    """One data row: its number in the file, the wanted cells in the wanted order (absent: ""), and its whole text."""

    number: int
    cells: tuple[str, ...]
    text: str


class Closing(NamedTuple):
    """The line that says how many rows there were and what their digest is."""

    number: int
    stated_count: str
    stated_digest: str


class Line(NamedTuple):
    """A row as the file has it."""

    number: int
    cells: list[str]


def heading(text: str) -> str:
    """A heading without the spaces, stars and brackets that forms put around it; lower case."""
    return _HEADING_NOISE.sub("", text).lstrip("\ufeff").lower()


def chosen(columns: Sequence[str], aliases: Aliases, wanted: Sequence[str], where: str) -> list[int]:
    """Index of each wanted column, -1 where the file has it not. Usage where two columns mean the same."""
    known = {heading(name): ours for name, ours in aliases.items()}
    found = [known.get(heading(name)) for name in columns]
    for name in wanted:
        if found.count(name) > 1:
            raise Usage(f"{where}: two columns state {name}; leave one")
    if len(columns) > COLUMNS_MAX:
        raise Usage(f"{where}: more than {COLUMNS_MAX} columns")
    return [found.index(name) if name in found else -1 for name in wanted]


def data_rows(lines: Iterator[Line], places: Sequence[int], where: str) -> Iterator[Row | Closing]:
    """Rows and, last, the closing line where there is one. Usage for what follows a closing line."""
    closed = False
    for number, raw in lines:
        cells = [cell.strip() for cell in raw]
        if not any(cells):
            continue
        if closed:
            raise Usage(f"{where}:{number}: rows after the closing line; it is the last")
        if number > ROWS_MAX:
            raise Usage(f"{where}: more than {ROWS_MAX:,} rows; divide it")
        if cells[0].replace("＃", "#").upper() in END_WORDS:
            closed = True
            yield Closing(number, *([*cells[1:3], "", ""][:2]))
            continue
        width = len(cells)
        yield Row(number, tuple([cells[at] if 0 <= at < width else "" for at in places]), "|".join(cells))


class Digest:
    """Count and digest of the rows so far."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = sha256()

    def add(self, text: str) -> None:
        self.count += 1
        self._sum.update(text.encode("utf-8", "surrogatepass"))
        self._sum.update(b"\n")

    def hex(self) -> str:
        """The first 32 hexadecimal digits, as the contract carries them (`identity.snapshot_closed`)."""
        return self._sum.hexdigest()[:DIGEST_DIGITS]


DIGEST_DIGITS = 32


def fits(closing: Closing, digest: Digest) -> str | None:
    """What does not fit between a closing line and what was read, or None. 32 digits of the digest or all 64 count."""
    try:
        count = int(closing.stated_count)
    except ValueError:
        return "the closing line states no count"
    if count != digest.count:
        return f"the closing line says {count:,} rows, the file has {digest.count:,}"
    stated = closing.stated_digest.strip().lower()
    if len(stated) < DIGEST_DIGITS or stated[:DIGEST_DIGITS] != digest.hex():
        return "the digest of the closing line is not that of the rows"
    return None
