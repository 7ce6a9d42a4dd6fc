"""Whether the directory is whole: the key fits, every seal opens to what its index says, and who is not resolved."""

from __future__ import annotations

from typing import NamedTuple

from workers.directory.database import Directory
from workers.errors import Usage
from workers.sheets.read import Progress


class Checked(NamedTuple):
    """Counts; `broken` certificates have a seal that does not open or says another certificate than their index."""

    key_version: int
    persons: int
    certificates: int
    unresolved: int
    several_certificates: int
    broken: int
    integrity: str


def check(directory: Directory, progress: Progress) -> Checked:
    """Read every row once; memory does not grow."""
    ask = directory.connection.execute
    (persons,) = ask("SELECT COUNT(*) FROM person").fetchone()
    total, unresolved = ask("SELECT COUNT(*), COUNT(*) FILTER (WHERE person IS NULL) FROM certificate").fetchone()
    (several,) = ask(
        "SELECT COUNT(*) FROM (SELECT person FROM certificate WHERE person IS NOT NULL GROUP BY person"
        " HAVING COUNT(*) > 1)"
    ).fetchone()
    broken = 0
    for done, (sealed, blind) in enumerate(ask("SELECT sealed, blind FROM certificate"), start=1):
        broken += not _whole(directory, sealed, blind)
        if done % 1_000 == 0:
            progress(done, total)
    (integrity,) = ask("PRAGMA integrity_check(1)").fetchone()
    return Checked(directory.keys.version, persons, total, unresolved, several, broken, integrity)


def _whole(directory: Directory, sealed: bytes, blind: bytes) -> bool:
    try:
        region, one = directory.keys.unseal(sealed, blind)
    except Usage:
        return False
    return directory.keys.blind(region, one) == blind
