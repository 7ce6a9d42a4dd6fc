"""What each kind of record does to the read model. All of it is idempotent: the same record twice changes nothing."""

from __future__ import annotations

import sqlite3
from typing import Any

import orjson

from schemas.money import fen_of
from workers.errors import Stop
from workers.history.database import Row, Source
from workers.history.facts import SETTLEMENT, write_fact, write_said


def write_decision(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Store a decision in its person's order; one that came before its predecessor waits, and only it."""
    body = _object(source, row)
    person, sequence = body["person_key"], body["sequence"]
    found = database.execute("SELECT sequence FROM person WHERE person_key = ?", (person,)).fetchone()
    last = found[0] if found else 0
    if sequence <= last:
        _same_decision(database, source, row, body)
    elif sequence > last + 1:
        _wait(database, source, row, body)
    else:
        _apply_decision(database, body)
        _apply_waiting(database, person, sequence)


def _wait(database: sqlite3.Connection, source: Source, row: Row, body: dict[str, Any]) -> None:
    place = (body["person_key"], body["sequence"])
    found = database.execute("SELECT body FROM waiting WHERE person_key = ? AND sequence = ?", place).fetchone()
    if found is None:
        database.execute("INSERT INTO waiting VALUES (?, ?, ?)", (*place, row.value))
    elif orjson.loads(found[0])["decision_id"] != body["decision_id"]:
        raise _second_decision(source, row, body)


def _same_decision(database: sqlite3.Connection, source: Source, row: Row, body: dict[str, Any]) -> None:
    known = database.execute(
        "SELECT decision_id FROM decision WHERE person_key = ? AND sequence = ?", (body["person_key"], body["sequence"])
    ).fetchone()
    if known is None or known[0] != body["decision_id"]:
        raise _second_decision(source, row, body)


def _second_decision(source: Source, row: Row, body: dict[str, Any]) -> Stop:
    return Stop(
        f"{source.topic}[{source.partition}]@{row.offset}: a second decision of one "
        f"person with sequence {body['sequence']}; run `tuodi audit` before anything else"
    )


def _apply_waiting(database: sqlite3.Connection, person: str, sequence: int) -> None:
    while True:
        sequence += 1
        found = database.execute(
            "DELETE FROM waiting WHERE person_key = ? AND sequence = ? RETURNING body", (person, sequence)
        ).fetchone()
        if found is None:
            return
        _apply_decision(database, orjson.loads(found[0]))


def _apply_decision(database: sqlite3.Connection, body: dict[str, Any]) -> None:
    about, person = _about(body), body["person_key"]
    database.execute(
        "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body["decision_id"], person, body["sequence"], *about, body["measure"],
            body["year"], body["status"], body["reason"], body["cause"]["stamp"], orjson.dumps(body),
        ),
    )  # fmt: skip
    database.execute(
        "INSERT INTO person VALUES (?, ?) ON CONFLICT (person_key) DO UPDATE SET sequence = excluded.sequence",
        (person, body["sequence"]),
    )
    if body["bill"] is not None:
        _second_owner(database, body)
        database.execute(
            "INSERT OR REPLACE INTO bill VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *about, person, body["status"], body["reason"], body["decision_id"],
                orjson.dumps(body["layers"]).decode(),
            ),
        )  # fmt: skip
    for layer, amount in body["delta"].items():
        database.execute(
            "INSERT INTO total VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
            (body["measure"], body["year"], layer, fen_of(amount)),
        )
    for posting in body["postings"]:
        database.execute(
            "INSERT INTO posted VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
            (body["measure"], body["year"], posting["payee"], fen_of(posting["amount"])),
        )
    _count(database, "decisions", body["reason"])


def _about(body: dict[str, Any]) -> tuple[str, str]:
    """Region and number of the bill; of another subject its region and `kind|id`, which no settlement number is."""
    if body["bill"] is not None:
        return body["bill"]["region"], body["bill"]["setl_id"]
    subject = body["subject"]
    return subject["region"], f"{subject['kind']}|{subject['id']}"


def _second_owner(database: sqlite3.Connection, body: dict[str, Any]) -> None:
    """One settlement number belongs to one person; a second owner is an alert for a clerk, not a stop."""
    bill = body["bill"]
    database.execute(  # it came from another key of the same person, with the decision that this one supersedes
        "DELETE FROM bill WHERE region = ? AND setl_id = ? AND person_key <> ? AND decision_id = ?",
        (bill["region"], bill["setl_id"], body["person_key"], body.get("supersedes")),
    )
    other = database.execute(
        "SELECT 1 FROM bill WHERE region = ? AND setl_id = ? AND person_key <> ?",
        (bill["region"], bill["setl_id"], body["person_key"]),
    ).fetchone()
    if other is not None:
        database.execute(
            "INSERT INTO alert VALUES (?, ?, 'second_owner', ?) ON CONFLICT DO NOTHING",
            (f"second_owner:{body['decision_id']}", body["person_key"], orjson.dumps(bill)),
        )


def write_outcome(database: sqlite3.Connection, source: Source, row: Row) -> None:
    body = _object(source, row)
    stored = database.execute(
        "INSERT INTO outcome VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (body["partition"], body["offset"], body["outcome"], body.get("person_key"), row.value),
    ).rowcount
    if stored:
        _count(database, "outcomes", body["outcome"])


def write_accumulated(database: sqlite3.Connection, source: Source, row: Row) -> None:
    body = _object(source, row)
    database.execute(
        "INSERT OR REPLACE INTO accumulated VALUES (?, ?, ?, ?, ?)",
        (
            body["person_key"], body["year"], body["measure"], orjson.dumps(body["counters"]).decode(),
            body["sequence"],
        ),
    )  # fmt: skip
    database.execute(
        "INSERT INTO cap_table VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            source.partition, row.offset, body["person_key"], body["year"], body["measure"], body["sequence"],
            row.caused_ms, orjson.dumps(body["counters"]).decode(),
        ),
    )  # fmt: skip


def write_task_opened(database: sqlite3.Connection, source: Source, row: Row) -> None:
    body = _object(source, row)
    database.execute(
        "INSERT INTO task VALUES (?, ?, ?, ?, NULL) ON CONFLICT (task_id) DO UPDATE SET opened = excluded.opened, "
        "kind = excluded.kind, person_key = excluded.person_key",
        (body["task_id"], body.get("person_key"), body["kind"], row.value),
    )


def write_task_closed(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """The closing may be read before the opening: the topics are two."""
    body = _object(source, row)
    database.execute(
        "INSERT INTO task VALUES (?, ?, NULL, NULL, ?) ON CONFLICT (task_id) DO UPDATE SET closed = excluded.closed",
        (body["task_id"], body.get("person_key"), row.value),
    )


def write_alert(database: sqlite3.Connection, source: Source, row: Row) -> None:
    body = _object(source, row)
    database.execute(
        "INSERT INTO alert VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (body["alert_id"], body.get("person_key"), body["kind"], row.value),
    )


def write_journal(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Of the journal the read model keeps the law's bytes, office orders, and what was stated of persons and days."""
    if row.key == b"!rulebook.adopted":
        write_rulebook(database, source, row)
    elif row.value is not None and b'"type":"office.ordered"' in row.value:
        _write_order(database, source, row)
    elif row.value is not None and SETTLEMENT in row.value:
        write_said(database, source, row)
    elif row.value is not None:
        write_fact(database, source, row)


def _write_order(database: sqlite3.Connection, source: Source, row: Row) -> None:
    body = _object(source, row)
    database.execute(
        "INSERT INTO office_order VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            source.partition, row.offset, body["order_id"], body.get("person_key"), body["author"],
            body["second_signer"], row.value,
        ),
    )  # fmt: skip


def write_rulebook(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Keep the law's bytes, so that a decision can be explained by the rulebook it rests on."""
    if row.key != b"!rulebook.adopted":
        return
    body = _object(source, row)
    database.execute("INSERT INTO rulebook VALUES (?, ?) ON CONFLICT DO NOTHING", (body["hash"], body["body"]))


def _count(database: sqlite3.Connection, name: str, label: str) -> None:
    database.execute("INSERT INTO tally VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", (name, label))


def _object(source: Source, row: Row) -> dict[str, Any]:
    if row.value is None:
        raise Stop(f"{source.topic}[{source.partition}]@{row.offset}: a record without value; the ledger writes none")
    body: dict[str, Any] = orjson.loads(row.value)
    return body
