"""Reading a list into the database, in bounded memory: each line checked, its certificate replaced by a row's id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workers.directory.certificate import Certificate
from workers.directory.database import Directory
from workers.errors import Usage
from workers.journal.pii import holds_person_data
from workers.lists.columns import ALIASES, WANTED, Fault, Reader, who_of
from workers.lists.database import Lists
from workers.lists.order import Order, Shown
from workers.sheets.read import Progress, opened
from workers.sheets.rows import Closing, Digest, Row, fits

CHUNK = 2_000
REFUSED_SHOWN_MAX = 100
WORDS_SHOWN_MAX = 20
WORD_CHARACTERS_MAX = 32


class Staged(NamedTuple):
    """What stands in the file: rows, digest, what does not fit the closing line, and the lines that are wrong."""

    digest: Digest
    open_because: str | None
    wrong: int
    refused: tuple[Shown, ...]


class Stage:
    """Writes the lines of one list under its id. Inside a transaction of both databases."""

    def __init__(self, lists: Lists, directory: Directory, order: Order, list_id: int) -> None:
        self._lists, self._directory, self._order, self._list = lists, directory, order, list_id
        self._reader = Reader(order.kind.words, order.rules.profile.divisions, order.county)
        self._wrong = 0
        self._refused: list[Shown] = []
        self._words: set[str] = set()

    def read(self, file: Path, progress: Progress) -> Staged:
        """All lines of a file. Usage where it is no such table at all."""
        digest, closing = Digest(), None
        with opened(file, ALIASES, WANTED) as table:
            self._check_columns(table.has, file.name)
            for part in _chunks(table.rows):
                rows = [each for each in part if isinstance(each, Row)]
                for row in rows:
                    digest.add(row.text)
                closing = next((each for each in part if isinstance(each, Closing)), closing)
                self.write(rows)
                progress(*table.far())
        because = "there is no closing line (#END)" if closing is None else fits(closing, digest)
        return self.staged(digest, because)

    def staged(self, digest: Digest, because: str | None) -> Staged:
        """What was written so far."""
        refused = tuple(self._refused)
        if len(self._words) > WORDS_SHOWN_MAX:  # a wrong column may hold names: then nothing of it is shown
            refused = tuple(each._replace(word="") for each in refused)
        return Staged(digest, because, self._wrong, refused)

    def write(self, rows: list[Row]) -> None:
        """Check and write some rows."""
        region = self._order.rules.profile.platform
        good: list[tuple[int, Certificate | None, str | None, str, str]] = []
        for number, cells, _ in rows:
            who = who_of(cells)
            stated = self._reader.stated(cells[3:])
            if isinstance(who, Fault):
                self._refuse(number, who)
            elif isinstance(stated, Fault):
                self._refuse(number, stated)
            elif isinstance(who, str):
                good.append((number, None, who, stated.identity, stated.facts))
            else:
                good.append((number, who, None, stated.identity, stated.facts))
        known = self._directory.certificates(region, [each[1] for each in good])
        named = [each[2] for each in good if each[2] is not None]
        persons = dict(zip(named, self._directory.persons(region, named), strict=True)) if named else {}
        self._lists.connection.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    self._list,
                    number,
                    found and found.certificate,
                    found.person if found else persons[psn_no or ""],
                    *rest,
                )
                for (number, _, psn_no, *rest), found in zip(good, known, strict=True)
            ],
        )

    def _refuse(self, number: int, fault: Fault) -> None:
        self._wrong += 1
        word = "" if holds_person_data(fault.word.encode()) else fault.word[:WORD_CHARACTERS_MAX]
        if word:
            self._words.add(word)
        if len(self._refused) < REFUSED_SHOWN_MAX:
            self._refused.append(Shown(number, fault.what, word))

    def _check_columns(self, has: frozenset[str], where: str) -> None:
        if not has & {"certno", "psn_no"}:
            raise Usage(f"{where}:1: no column with the certificate (证件号码) or the person number (人员编号)")
        if "identity" not in has and self._reader.only is None:
            raise Usage(f"{where}:1: no column with the identity (救助身份), and this list has several")


def _chunks(rows: Iterator[Row | Closing]) -> Iterator[list[Row | Closing]]:
    part: list[Row | Closing] = []
    for row in rows:
        part.append(row)
        if len(part) >= CHUNK:
            yield part
            part = []
    if part:
        yield part
