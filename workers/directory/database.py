"""The directory's file: opened by one key and version only, readable by its owner only.

Ids of persons and certificates are surrogates: other rooms keep those and nothing else of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from workers.directory.certificate import Certificate, mask
from workers.directory.keys import DirectoryKeys
from workers.errors import Usage
from workers.guarded_file import GuardedFile

BUSY_TIMEOUT_SECONDS = 30.0
BATCH = 500
"""Values of one IN list."""


class Known(NamedTuple):
    """A certificate's id, and its person's where it is resolved."""

    certificate: int
    person: int | None


class Directory(GuardedFile):
    """One open directory."""

    def __init__(self, path: Path, keys: DirectoryKeys) -> None:
        self.keys = keys
        super().__init__(
            path,
            files("workers.directory").joinpath("schema.sql").read_text("utf-8"),
            busy_timeout_seconds=BUSY_TIMEOUT_SECONDS,
            pragmas=("secure_delete = ON",),
        )

    # ---- certificates

    def certificates(self, region: str, wanted: Sequence[Certificate | None]) -> list[Known | None]:
        """What is known of each certificate; one never seen is noted, unresolved. Inside a transaction."""
        blinds = [None if one is None else self.keys.blind(region, one) for one in wanted]
        known = self._by_blind({blind for blind in blinds if blind is not None})
        fresh = {
            blind: one
            for blind, one in zip(blinds, wanted, strict=True)
            if blind is not None and one is not None and blind not in known
        }
        if fresh:
            self.connection.executemany(
                "INSERT INTO certificate (blind, sealed) VALUES (?, ?)",
                ((blind, self.keys.seal(region, one, blind)) for blind, one in fresh.items()),
            )
            known |= self._by_blind(fresh)
        return [None if blind is None else known[blind] for blind in blinds]

    def find(self, region: str, one: Certificate) -> Known | None:
        """What is known of one certificate; nothing is noted."""
        blind = self.keys.blind(region, one)
        return self._by_blind([blind]).get(blind)

    def _by_blind(self, blinds: Iterable[bytes]) -> dict[bytes, Known]:
        found: dict[bytes, Known] = {}
        for part in _parts(blinds):
            rows = self.connection.execute(
                _among("SELECT blind, id, person FROM certificate WHERE blind IN ()", part), part
            )
            found.update((blind, Known(number, person)) for blind, number, person in rows)
        return found

    def persons_of(self, certificates: Iterable[int]) -> dict[int, int]:
        """Persons of those certificates that are resolved."""
        found: dict[int, int] = {}
        for part in _parts(certificates):
            found.update(
                self.connection.execute(
                    _among("SELECT id, person FROM certificate WHERE person IS NOT NULL AND id IN ()", part), part
                )
            )
        return found

    def masked(self, certificate: int) -> tuple[str, str] | None:
        """Kind and masked number of a certificate, as a person may see it; None where there is no such id."""
        row = self.connection.execute("SELECT sealed, blind FROM certificate WHERE id = ?", (certificate,)).fetchone()
        if row is None:
            return None
        _, one = self.keys.unseal(*row)
        return one.kind, mask(one.number)

    def masked_of_person(self, person: int) -> list[tuple[str, str]]:
        """Kinds and masked numbers of all certificates of a person."""
        rows = self.connection.execute("SELECT id FROM certificate WHERE person = ? ORDER BY id", (person,)).fetchall()
        return [shown for (number,) in rows if (shown := self.masked(number)) is not None]

    # ---- persons

    def persons(self, region: str, numbers: Sequence[str]) -> list[int]:
        """Ids of person numbers; a new one is noted. Inside a transaction."""
        self.connection.executemany(
            "INSERT INTO person (region, psn_no) VALUES (?, ?) ON CONFLICT DO NOTHING",
            ((region, number) for number in dict.fromkeys(numbers)),
        )
        found: dict[str, int] = {}
        for part in _parts(numbers):
            found.update(
                self.connection.execute(
                    _among("SELECT psn_no, id FROM person WHERE region = ? AND psn_no IN ()", part), (region, *part)
                )
            )
        return [found[number] for number in numbers]

    def find_person(self, region: str, number: str) -> int | None:
        """Id of a person number, or None."""
        row = self.connection.execute(
            "SELECT id FROM person WHERE region = ? AND psn_no = ?", (region, number)
        ).fetchone()
        return None if row is None else int(row[0])

    def numbers(self, persons: Iterable[int]) -> dict[int, str]:
        """Person numbers by id."""
        found: dict[int, str] = {}
        for part in _parts(persons):
            found.update(self.connection.execute(_among("SELECT id, psn_no FROM person WHERE id IN ()", part), part))
        return found

    # ---- the key

    def opened(self) -> None:
        """Usage where the file is kept under another key or version."""
        version, fingerprint = str(self.keys.version), self.keys.fingerprint
        self.connection.executemany(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO NOTHING",
            [("key_version", version), ("key_fingerprint", fingerprint)],
        )
        found = dict(self.connection.execute("SELECT name, value FROM meta"))
        if found["key_version"] != version:
            raise Usage(
                f"{self.path.name} is kept under key version {found['key_version']}, the settings say {version}: set"
                " TUODI_DIRECTORY_KEY_VERSION and _FILE to it, or change the key with: tuodi directory rotate"
            )
        if found["key_fingerprint"] != fingerprint:
            raise Usage(f"{self.path.name} is kept under another key; name its file in TUODI_DIRECTORY_KEY_FILE")


def _parts(values: Iterable[object]) -> Iterator[list[object]]:
    rest = list(dict.fromkeys(values))
    for at in range(0, len(rest), BATCH):
        yield rest[at : at + BATCH]


def _among(query: str, part: Sequence[object]) -> str:
    """A query with one mark for each value in its `IN ()`."""
    return query.replace("IN ()", f"IN ({','.join('?' * len(part))})")
