"""The closing line of a list: count and digest of its rows, for who draws up a list by hand."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from workers.lists.columns import ALIASES, WANTED
from workers.sheets.read import Progress, opened
from workers.sheets.rows import Closing, Digest, fits


class Sealed(NamedTuple):
    """Count and digest of a file's rows; `fits` says of a closing line that stands there whether it fits."""

    rows: int
    digest: str
    fits: bool | None

    @property
    def line(self) -> str:
        """The line to put at the end of a CSV file."""
        return f"#END,{self.rows},{self.digest}"


def seal(file: Path, progress: Progress) -> Sealed:
    """Read the rows of a file. Usage where it is no table."""
    digest, closing = Digest(), None
    with opened(file, ALIASES, WANTED) as table:
        for each in table.rows:
            if isinstance(each, Closing):
                closing = each
                continue
            digest.add(each.text)
            if digest.count % 2_000 == 0:
                progress(*table.far())
    return Sealed(digest.count, digest.hex(), None if closing is None else fits(closing, digest) is None)
