"""The inbox folder: a file a list, in the folder of its department, named `<kind>.<county>.<YYYYMM>.<csv|xlsx|ndjson>`.

The folder says who sends: each department may write into its own only, and a wrong source shows. A file that was
written a moment ago is left until the next round; what was taken in hand moves to `taken/`, `refused/` or `waiting/`
of the guarded folder with a report beside it, so it is never taken twice without somebody's doing.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from workers.directory.database import Directory
from workers.errors import Usage
from workers.lists.database import CURRENT, OPEN, REFUSED, WAITING, Lists
from workers.lists.order import Taken, order_of
from workers.lists.take import REPEAT, Way, take
from workers.settings import Settings

SETTLED_SECONDS = 5.0
SUFFIXES = (".csv", ".xlsx", ".ndjson")
FILES_MAX = 50
"""Files of one round."""
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_NAME = re.compile(
    r"(?P<kind>[a-z][a-z0-9_]{0,31})\.(?P<county>[0-9]{6})\.(?P<period>[0-9]{6})(\.[A-Za-z0-9_-]{1,32})?"
    r"\.(csv|xlsx|ndjson)",
    re.ASCII,
)
_PLACES = {CURRENT: "taken", REPEAT: "taken", WAITING: "waiting", OPEN: "refused", REFUSED: "refused"}


class Found(NamedTuple):
    """A file in the inbox and the department whose folder it lies in."""

    source: str
    file: Path


def inbox(folder: Path, now_s: float) -> Iterator[Found]:
    """Files that are settled, in the order of their names; at most `FILES_MAX`."""
    found = sorted(folder.glob("inbox/*/*"))
    count = 0
    for file in found:
        source = file.parent.name
        settled = now_s - file.stat().st_mtime >= SETTLED_SECONDS if file.is_file() and not file.is_symlink() else False
        hidden = file.name.startswith(".") or file.suffix in (".part", ".tmp")
        if settled and not hidden and _SOURCE.fullmatch(source):
            yield Found(source, file)
            count += 1
            if count == FILES_MAX:
                return


def take_one(lists: Lists, directory: Directory, settings: Settings, found: Found, now_ms: int) -> str:
    """Take one file and put it away; returns what became of it."""
    named = _NAME.fullmatch(found.file.name)
    taken: Taken | None = None
    try:
        if named is None:
            raise Usage("the name of a list is <kind>.<county>.<YYYYMM>.csv, .xlsx or .ndjson")
        order = order_of(
            settings, source=found.source, kind=named["kind"], county=named["county"], period=named["period"]
        )
        taken = take(lists, directory, settings, order, found.file, Way(False, False, now_ms, _quiet, _quiet))
        state, note = taken.state, taken.note
    except Usage as error:
        state, note = REFUSED, str(error)
    report: dict[str, object] = {"state": state, "note": note, "taken_ms": now_ms}
    if taken is not None:
        report |= taken._asdict() | {
            "refused": [each._asdict() for each in taken.refused], "sample": [each._asdict() for each in taken.sample]
        }  # fmt: skip
    stem = "unnamed" if named is None else found.file.stem  # a strange name may hold anything, a person too
    _put_away(settings.lists_folder / _PLACES[state] / found.source, found.file, stem, now_ms, report)
    return state


def _put_away(folder: Path, file: Path, stem: str, now_ms: int, report: dict[str, object]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now_ms / 1000))
    suffix = file.suffix if file.suffix in SUFFIXES else ".bin"
    name = next(
        name
        for again in range(FILES_MAX + 1)
        if not (folder / (name := f"{stem}.{stamp}-{now_ms % 1000:03d}-{again}{suffix}")).exists()
    )
    told = folder / f"{name}.json"
    with os.fdopen(os.open(told, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
        out.write(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    file.replace(folder / name)


def left_to_people(folder: Path) -> int:
    """Lists that wait for a person."""
    return sum(1 for file in folder.glob("waiting/*/*") if file.suffix != ".json")


def _quiet(done: int, total: int) -> None:
    """Nobody watches a service's progress line."""
