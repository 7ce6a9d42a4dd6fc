"""What the read model knows of one settlement or one person's year: the questions of the hospital window."""

from __future__ import annotations

import sqlite3
from typing import Any, Final, NamedTuple

import orjson

from workers.history.known import END, forwarded_to

NOT_FIRST: Final = frozenset({"repeat", "confirmed", "completed", "conflict", "forwarded"})
"""Outcomes of a bill's record that is not the one which brought the bill."""
KEYS_MAX: Final = 8
"""Keys of one person that are followed."""


class StoredBill(NamedTuple):
    """One settlement. `owner` is the institution of its first record; `unanswered` says that a record of it waits."""

    region: str
    setl_id: str
    owner: str | None
    persons: frozenset[str]
    status: str | None
    reason: str | None
    layers: dict[str, str]
    payable: dict[str, str] | None
    decision_id: str | None
    unanswered: bool


def stored_bill(database: sqlite3.Connection, region: str, setl_id: str) -> StoredBill | None:
    """The settlement as it is stored; None where no record of the journal that was read so far speaks of it."""
    rows = database.execute(
        "SELECT s.type, s.person_key, s.institution_code, o.outcome, o.body FROM said s "
        'LEFT JOIN outcome o ON o.partition = s.partition AND o."offset" = s."offset" '
        "WHERE s.setl_id = ? AND s.region = ? ORDER BY s.rowid",
        (setl_id, region),
    ).fetchall()
    if not rows:
        return None
    owner, answered = None, None
    for type_, _, institution, outcome, body in rows:
        if owner is None and type_ == "settlement.final" and outcome is not None and outcome not in NOT_FIRST:
            owner = institution or None
        last = None if body is None else orjson.loads(body)
        if last is not None and last.get("status") is not None:
            answered = last
    state = _decided(database, region, setl_id) or answered or {}
    moved = database.execute(
        "SELECT to_key FROM bill_move WHERE region = ? AND setl_id = ?", (region, setl_id)
    ).fetchall()
    return StoredBill(
        region, setl_id, owner,
        frozenset(row[1] for row in rows) | frozenset(row[0] for row in moved),
        state.get("status"), state.get("reason"), state.get("layers") or {}, state.get("payable"),
        _own(state),
        any(row[3] is None for row in rows),
    )  # fmt: skip


def _decided(database: sqlite3.Connection, region: str, setl_id: str) -> dict[str, Any] | None:
    """The newest decision of the bill; of two owners the one that decided first."""
    found = database.execute(
        "SELECT d.body FROM bill b JOIN decision d ON d.decision_id = b.decision_id "
        "WHERE b.region = ? AND b.setl_id = ? ORDER BY b.rowid LIMIT 1",
        (region, setl_id),
    ).fetchone()
    return None if found is None else orjson.loads(found[0])


def _own(state: dict[str, Any]) -> str | None:
    """The bill's own decision; answers of an older ledger name it only among all of them."""
    own: str | None = state.get("decision_id")
    ids = state.get("decision_ids") or []
    return own if own is not None or len(ids) != 1 else str(ids[0])


def bill_named(database: sqlite3.Connection, region: str, name: str) -> str | None:
    """The `setl_id` of the bill that has this message number, or a cancel with it; None where none is known."""
    found = database.execute(
        "SELECT setl_id FROM said WHERE msgid = ?1 AND msgid <> '' AND region = ?2 AND setl_id <> '' "
        "AND type IN ('settlement.final', 'settlement.cancel') UNION ALL "
        "SELECT setl_id FROM said WHERE own_id = ?1 AND own_id <> '' AND region = ?2 AND type = 'settlement.cancel' "
        "LIMIT 1",
        (name, region),
    ).fetchone()
    return None if found is None else str(found[0])


def journal_read(database: sqlite3.Connection) -> dict[int, int]:
    """How far each journal partition is in the read model (next offset); empty for a file that lacks the names."""
    if database.execute("SELECT 1 FROM meta WHERE name = 'said'").fetchone() is None:
        return {}
    return dict(database.execute("SELECT partition, next FROM position WHERE topic = 'journal'").fetchall())


def cap_tables(database: sqlite3.Connection, person_key: str, year: int) -> dict[str, dict[str, str]]:
    """Counters by measure of one person's year, under the key that the person has now."""
    for _ in range(KEYS_MAX):
        merged = forwarded_to(database, person_key, END)
        if merged is None:
            break
        person_key = merged
    rows = database.execute(
        "SELECT measure, counters FROM accumulated WHERE person_key = ? AND year = ? ORDER BY measure",
        (person_key, year),
    )
    return {measure: orjson.loads(counters) for measure, counters in rows}
