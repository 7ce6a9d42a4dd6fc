"""Files back to the departments: what a list changed, and which of its lines found nobody (QN-1.1d).

To the tax office with person numbers (it collects premiums by them), to the source department with masked certificates
and the line numbers of its own file. Written only into the guarded folder, mode 0600, under a name without people.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from workers.directory.database import Directory
from workers.errors import Usage
from workers.lists.database import CURRENT, Lists

TAX, SOURCE = "tax", "source"
RECIPIENTS = (TAX, SOURCE)
MODE, FOLDER_MODE = 0o600, 0o700
CHUNK = 2_000
WORDS = {"added": "新增", "changed": "变更", "ended": "退出", "withdrawn": "撤销"}

_LIST = """
SELECT list.id, series.source, series.kind, series.county, list.period FROM list JOIN series ON series.id = list.series
WHERE list.id = ? AND list.state IN ('current', 'superseded', 'withdrawn')
"""
_CHANGES = """
SELECT seq, what, person, body FROM change
WHERE list = ? AND person IS NOT NULL AND seq > ? ORDER BY seq LIMIT ?
"""
_UNRESOLVED = """
SELECT number, certificate FROM line WHERE list = ? AND person IS NULL AND number > ? ORDER BY number LIMIT ?
"""


class Written(NamedTuple):
    """One file that was written: its place, the changes and the unresolved lines in it."""

    file: Path
    changes: int
    unresolved: int


def feedback(lists: Lists, directory: Directory, folder: Path, list_id: int, recipient: str) -> Written:
    """Write the file of one list for one recipient. Usage where there is no such list."""
    row = lists.connection.execute(_LIST, (list_id,)).fetchone()
    if row is None:
        raise Usage(f"the register has no complete list {list_id}; `tuodi lists status` shows them")
    if lists.connection.execute("SELECT 1 FROM change WHERE list = ? LIMIT 1", (list_id,)).fetchone() is None:
        raise Usage(f"what list {list_id} changed was forgotten by `tuodi lists prune`")
    if recipient not in RECIPIENTS:
        raise Usage(f"recipients are {', '.join(RECIPIENTS)}")
    number, source, kind, county, period = row
    _guard(folder)
    file = folder / f"{recipient}-{source}-{kind}-{county}-{period}-{number}.csv"
    rows = _for_tax if recipient == TAX else _for_source
    changes = unresolved = 0
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE), "w", encoding="utf-8-sig", newline=""
    ) as out:
        writer = csv.writer(out)
        for cells in rows(lists, directory, list_id):
            writer.writerow(cells)
            changes += cells[0] in WORDS.values()
            unresolved += cells[0] == UNRESOLVED
    part.replace(file)
    return Written(file, changes, unresolved)


UNRESOLVED = "未匹配"
Cells = list[str]
Rows = Callable[[Lists, Directory, int], Iterator[Cells]]


def _for_tax(lists: Lists, directory: Directory, list_id: int) -> Iterator[Cells]:
    yield ["变动", "人员编号", "救助身份", "认定日期", "终止日期", "认定部门", "认定地", "名单月份"]
    for rows in _parts(lists, _CHANGES, list_id):
        numbers = directory.numbers({person for _, _, person, _ in rows})
        for _, what, person, body in rows:
            yield [WORDS[what], numbers[person], *_said(orjson.loads(body))]


def _for_source(lists: Lists, directory: Directory, list_id: int) -> Iterator[Cells]:
    yield ["变动", "证件号码", "救助身份", "认定日期", "终止日期", "认定部门", "认定地", "名单月份", "原名单行号"]
    for rows in _parts(lists, _CHANGES, list_id):
        for _, what, person, body in rows:
            masks = directory.masked_of_person(person)
            yield [WORDS[what], masks[0][1] if masks else "", *_said(orjson.loads(body)), ""]
    for rows in _parts(lists, _UNRESOLVED, list_id):
        for number, certificate in rows:
            mask = directory.masked(certificate)
            yield [UNRESOLVED, mask[1] if mask else "", "", "", "", "", "", "", str(number)]


def _said(body: dict[str, Any]) -> Cells:
    names = ("identity", "recognised_on", "removed_on", "recognised_by", "county", "list_month")
    return [str(body.get(name, "")) for name in names]


def _parts(lists: Lists, query: str, list_id: int) -> Iterator[list[Any]]:
    last = 0
    while rows := lists.connection.execute(query, (list_id, last, CHUNK)).fetchall():
        yield rows
        last = rows[-1][0]


def _guard(folder: Path) -> None:
    """The folder for its owner alone; Usage where others may read it."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise Usage(f"{folder}: others may read it; it holds people's data: chmod 700 {folder}")


def newest(lists: Lists, series: tuple[str, str, str, str], period: str) -> int:
    """The list in force of a month; Usage where there is none."""
    row = lists.connection.execute(
        "SELECT list.id FROM list JOIN series ON series.id = list.series WHERE list.state = ? AND list.period = ?"
        " AND (series.region, series.source, series.kind, series.county) = (?, ?, ?, ?)",
        (CURRENT, period, *series),
    ).fetchone()
    if row is None:
        raise Usage("there is no complete list of this source, kind, county and month")
    return int(row[0])
