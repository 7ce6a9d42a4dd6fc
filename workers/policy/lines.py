"""Where a value of a TOML file stands: maps the paths of the parsed document back to line numbers."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[|\[)\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")

Path = tuple[str | int, ...]


def line_index(text: str) -> dict[Path, int]:
    """Line (from 1) of every table header and key that begins a line; inline tables share their key's line."""
    index: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = _table_path(header[2].split("."), header[1] == "[[", counts)
            index.setdefault(table, number)
        else:
            key = _KEY.match(line)
            if key:
                index.setdefault((*table, key[1]), number)
    return index


def _table_path(names: list[str], repeated: bool, counts: dict[Path, int]) -> Path:
    path: Path = ()
    for position, name in enumerate(names):
        path = (*path, name)
        last = position == len(names) - 1
        if last and repeated:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        elif path in counts:
            path = (*path, counts[path])
    return path


def line_of(index: dict[Path, int], path: Path) -> int:
    """Line of the longest known beginning of `path`; union tags that pydantic puts into a path are skipped."""
    best, known = 1, ()  # type: tuple[int, Path]
    for part in path:
        if (*known, part) in index or any(key[: len(known) + 1] == (*known, part) for key in index):
            known = (*known, part)
            best = index.get(known, best)
    return best
