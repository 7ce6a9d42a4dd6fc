"""Import of the bureau's mapping certificate → person number: a table, checked line by line, taken in one transaction.

A certificate with two person numbers, in the file or against the directory, is not taken at all: none of them is a
guess. Everything is staged in the database, so memory does not grow with the file. `replace` is the explicit word that
a certificate which is known with another number now belongs to the new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workers.directory.certificate import certificate
from workers.directory.database import Directory
from workers.errors import Usage
from workers.journal.pii import holds_person_data
from workers.sheets.read import Progress, Table, opened
from workers.sheets.rows import LOST_DIGITS, Closing, Row

WANTED = ("cert_type", "certno", "psn_no")
ALIASES = {
    "cert_type": "cert_type", "psn_cert_type": "cert_type", "证件类型": "cert_type", "身份证件类型": "cert_type",
    "certno": "certno", "证件号码": "certno", "证件号": "certno", "身份证号": "certno", "身份证号码": "certno",
    "公民身份号码": "certno", "psn_no": "psn_no", "人员编号": "psn_no", "个人编号": "psn_no",
}  # fmt: skip
CHUNK = 2_000
SHOWN_MAX = 100
_NUMBER = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)

_STAGE = """
CREATE TEMP TABLE stage (line INTEGER PRIMARY KEY, blind BLOB NOT NULL, sealed BLOB NOT NULL, psn_no TEXT NOT NULL);
CREATE INDEX temp.stage_blind ON stage (blind);
CREATE TEMP TABLE wrong (line INTEGER PRIMARY KEY, what TEXT NOT NULL);
"""
_TWO_IN_FILE = """
INSERT INTO wrong SELECT line, 'this certificate stands with another person number in line ' || (
    SELECT MIN(o.line) FROM stage o WHERE o.blind = s.blind AND o.psn_no <> s.psn_no)
FROM stage s WHERE EXISTS (SELECT 1 FROM stage o WHERE o.blind = s.blind AND o.psn_no <> s.psn_no)
"""
_TWO_AGAINST = """
INSERT INTO wrong SELECT s.line, 'the directory knows this certificate with another person number'
FROM stage s JOIN certificate c ON c.blind = s.blind JOIN person p ON p.id = c.person
WHERE p.psn_no <> s.psn_no AND s.line NOT IN (SELECT line FROM wrong)
"""
_PERSONS = """
INSERT INTO person (region, psn_no) SELECT DISTINCT ?, psn_no FROM stage WHERE TRUE ON CONFLICT DO NOTHING
"""
_CERTIFICATES = """
INSERT INTO certificate (blind, sealed, person)
SELECT s.blind, s.sealed, p.id FROM stage s JOIN person p ON p.region = ? AND p.psn_no = s.psn_no WHERE TRUE
ON CONFLICT (blind) DO UPDATE SET person = excluded.person
"""


class Wrong(NamedTuple):
    """A line that was not taken. `what` holds no value of it."""

    line: int
    what: str


class Brought(NamedTuple):
    """What an import did, or would do: counts of certificates by what became of them, and the first wrong lines."""

    lines: int
    new: int
    resolved: int
    replaced: int
    same: int
    wrong: int
    shown: tuple[Wrong, ...]


def bring(
    directory: Directory, file: Path, region: str, *, dry_run: bool, replace: bool = False, progress: Progress
) -> Brought:
    """Import a table; with `dry_run` everything is done and taken back. Usage where it is no such table."""
    directory.begin()
    try:
        directory.connection.execute("PRAGMA temp_store = FILE")
        for statement in _STAGE.strip().split(";")[:-1]:
            directory.connection.execute(statement)
        with opened(file, ALIASES, WANTED) as table:
            if not {"certno", "psn_no"} <= table.has:
                raise Usage(f"{file.name}:1: columns 证件类型, 证件号码, 人员编号 (cert_type, certno, psn_no)")
            _stage(directory, table, region, progress)
        found = _settle(directory, region, replace=replace)
        for name in ("stage", "wrong"):
            directory.connection.execute(f"DROP TABLE temp.{name}")
        if dry_run:
            directory.rollback()
        else:
            directory.commit()
    except BaseException:
        directory.rollback()
        raise
    return found


def _stage(directory: Directory, table: Table, region: str, progress: Progress) -> None:
    good: list[tuple[int, bytes, bytes, str]] = []
    wrong: list[Wrong] = []
    for each in table.rows:
        if isinstance(each, Closing):
            continue
        made = _read(directory, region, each)
        if isinstance(made, Wrong):
            wrong.append(made)
        else:
            good.append(made)
        if len(good) + len(wrong) >= CHUNK:
            _write(directory, good, wrong)
            progress(*table.far())
    _write(directory, good, wrong)


def _write(directory: Directory, good: list[tuple[int, bytes, bytes, str]], wrong: list[Wrong]) -> None:
    directory.connection.executemany("INSERT INTO temp.stage VALUES (?, ?, ?, ?)", good)
    directory.connection.executemany("INSERT INTO temp.wrong VALUES (?, ?)", wrong)
    good.clear()
    wrong.clear()


def _read(directory: Directory, region: str, row: Row) -> tuple[int, bytes, bytes, str] | Wrong:
    kind, number, psn_no = row.cells
    if LOST_DIGITS in row.cells:
        return Wrong(row.number, "a number cell has lost its last digits: format the column as text and fill it anew")
    one = certificate(kind, number)
    if one is None:
        return Wrong(row.number, "no certificate: the number is empty or too long, or its kind is not known")
    if _NUMBER.fullmatch(psn_no) is None:
        return Wrong(row.number, "person number: 1 to 64 characters of A-Z a-z 0-9 . _ : -")
    if holds_person_data(psn_no.encode()):
        return Wrong(row.number, "person number: shaped like an ID number or a telephone number")
    blind = directory.keys.blind(region, one)
    return row.number, blind, directory.keys.seal(region, one, blind), psn_no


def _settle(directory: Directory, region: str, *, replace: bool) -> Brought:
    run = directory.connection.execute
    run(_TWO_IN_FILE)
    if not replace:
        run(_TWO_AGAINST)
    run("DELETE FROM temp.stage WHERE line IN (SELECT line FROM temp.wrong)")
    lines, wrong = _one(directory, "SELECT (SELECT COUNT(*) FROM stage), (SELECT COUNT(*) FROM wrong)")
    new, resolved, replaced, same = _one(
        directory,
        "SELECT COUNT(*) FILTER (WHERE c.id IS NULL), COUNT(*) FILTER (WHERE c.id IS NOT NULL AND c.person IS NULL),"
        " COUNT(*) FILTER (WHERE p.psn_no <> s.psn_no), COUNT(*) FILTER (WHERE p.psn_no = s.psn_no)"
        " FROM (SELECT blind, MIN(psn_no) AS psn_no FROM stage GROUP BY blind) s"
        " LEFT JOIN certificate c ON c.blind = s.blind LEFT JOIN person p ON p.id = c.person",
    )
    run(_PERSONS, (region,))
    run(_CERTIFICATES, (region,))
    shown = tuple(_wrong(directory))
    return Brought(lines + wrong, new, resolved, replaced, same, wrong, shown)


def _one(directory: Directory, query: str) -> tuple[int, ...]:
    found: tuple[int, ...] = directory.connection.execute(query).fetchone()
    return found


def _wrong(directory: Directory) -> Iterator[Wrong]:
    rows = directory.connection.execute("SELECT line, what FROM temp.wrong ORDER BY line LIMIT ?", (SHOWN_MAX,))
    return (Wrong(*row) for row in rows.fetchall())
