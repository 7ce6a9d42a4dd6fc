"""Questions to the read model, over read-only connections; answers hold the decision bodies as they came."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from workers.errors import Usage

BUSY_TIMEOUT_SECONDS = 5.0


class BillHistory(NamedTuple):
    """All decisions of one bill of one person, oldest first."""

    person_key: str
    region: str
    setl_id: str
    decisions: list[dict[str, Any]]


class PersonYear(NamedTuple):
    """A person's cap tables and bills of one year, as known on a business date (None: now).

    `closed` says whether that date is closed yet; `undecided` are bills that nothing was decided on; `forwarded_to` is
    the key this one was merged into; `complete` is false where a cap table of then is no longer to be had.
    """

    person_key: str
    year: int
    tables: dict[str, dict[str, str]]
    bills: list[dict[str, Any]]
    identities: list[dict[str, Any]]
    undecided: list[dict[str, Any]]
    known_on: str | None = None
    closed: bool | None = None
    forwarded_to: str | None = None
    complete: bool = True


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection; Usage error where the read model does not exist yet."""
    if not path.is_file():
        raise Usage(f"{path}: no read model here. Start one with `tuodi history`, or name it with TUODI_DATABASE.")
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'decision'").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise Usage(
            f"{path}: not readable as a read model ({error}); name the file that `tuodi history` keeps"
        ) from error
    if made is None:
        connection.close()
        raise Usage(f"{path}: a database, but no read model; name the file that `tuodi history` keeps")
    return connection


def bill_history(database: sqlite3.Connection, setl_id: str, region: str | None) -> list[BillHistory]:
    """Every bill with this number (unique only within its region), with all its decisions."""
    rows = database.execute(
        "SELECT person_key, region, body FROM decision "
        "WHERE setl_id = ?1 AND (?2 IS NULL OR region = ?2) ORDER BY sequence",
        (setl_id, region),
    )
    found: dict[tuple[str, str], BillHistory] = {}
    for person, where, body in rows:
        bill = found.setdefault((person, where), BillHistory(person, where, setl_id, []))
        bill.decisions.append(orjson.loads(body))
    return list(found.values())


def law_bytes(database: sqlite3.Connection, rulebook_hash: str) -> bytes:
    """The adopted bytes a decision rests on; Usage error where the read model has not seen them."""
    found = database.execute(
        "SELECT body FROM rulebook WHERE hash = ?", (rulebook_hash.removeprefix("sha256:"),)
    ).fetchone()
    if found is None:
        raise Usage(f"rulebook {rulebook_hash}: not in the read model yet; wait until `tuodi history` has caught up")
    return str(found[0]).encode()


def decision_chain(database: sqlite3.Connection, decision_id: str) -> list[dict[str, Any]]:
    """A decision with all that it supersedes, oldest first, under whichever key they were made."""
    chain: list[dict[str, Any]] = []
    wanted: str | None = decision_id
    while wanted is not None:
        found = database.execute("SELECT body FROM decision WHERE decision_id = ?", (wanted,)).fetchone()
        if found is None:
            break  # read before this read model began to keep decisions
        chain.insert(0, orjson.loads(found[0]))
        wanted = chain[0].get("supersedes")
    return chain
