"""Questions to the read model, over read-only connections; answers hold the decision bodies as they came."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

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
    if not path.exists():
        raise Usage(f"{path}: no read model here. Start one with `tuodi history`, or name it with TUODI_DATABASE.")
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_SECONDS)


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


def person_decisions(database: sqlite3.Connection, person_key: str) -> list[dict[str, Any]]:
    """Every decision of a person, oldest first."""
    rows = database.execute("SELECT body FROM decision WHERE person_key = ? ORDER BY sequence", (person_key,))
    return [orjson.loads(row[0]) for row in rows]


def waiting_bills(database: sqlite3.Connection, person_key: str) -> list[tuple[str, str]]:
    """Number and reason of the bills that were held and that no decision speaks of, as last answered."""
    held = database.execute(
        "SELECT partition, \"offset\", body FROM outcome WHERE person_key = ? AND outcome = 'held'", (person_key,)
    ).fetchall()
    if not held:
        return []
    later = database.execute(
        'SELECT body FROM outcome WHERE partition = ? AND "offset" >= ? AND person_key = ? ORDER BY "offset"',
        (held[0][0], min(offset for _, offset, _ in held), person_key),
    )
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for (raw,) in later:
        body = orjson.loads(raw)
        if body.get("bill") and body.get("status"):
            newest[body["bill"]["region"], body["bill"]["setl_id"]] = (body["status"], body["reason"])
    decided = {
        (region, setl_id)
        for region, setl_id in database.execute("SELECT region, setl_id FROM bill WHERE person_key = ?", (person_key,))
    }
    return sorted(
        (key[1], reason) for key, (status, reason) in newest.items() if status == "held" and key not in decided
    )
