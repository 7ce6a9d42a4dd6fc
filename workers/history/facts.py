"""What the journal states of persons and days, kept by its place there: the ground of every "known on" question."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import orjson

from workers.history.database import Row, Source

FACTS = frozenset({"identity.changed", "balance.opened", "person.transferred"})
SETTLEMENT = b'"type":"settlement.'
"""What every record of a settlement has in its bytes: a quote inside a text would be escaped."""
_TYPE = re.compile(rb'"type":"([a-z._]+)"')


def write_fact(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Keep an identity, a balance, a transfer, a moved bill or the close of a date; other records are passed over."""
    raw = row.value or b""
    types = {found.decode() for found in _TYPE.findall(raw)}  # a moved state is a text: its quotes are escaped
    if types & FACTS:
        body = orjson.loads(raw)
        database.execute(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (source.partition, row.offset, body["person_key"], body["type"], raw),
        )
    elif "bill.moved" in types:
        _write_move(database, source, row, orjson.loads(raw))
    elif "day.closed" in types:
        database.execute(
            "INSERT INTO closed_day VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (source.partition, row.offset, orjson.loads(raw)["date"], row.timestamp_ms),
        )


def write_said(database: sqlite3.Connection, source: Source, row: Row) -> None:
    """Keep by which names a settlement record calls its bill, and which institution a bill states."""
    body = orjson.loads(row.value or b"")
    database.execute(
        "INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            source.partition, row.offset, body["type"], body["region"], body.get("setl_id", ""), body["person_key"],
            body.get("institution_code", ""), body.get("msgid", ""), body.get("own_id", ""),
        ),
    )  # fmt: skip


def _write_move(database: sqlite3.Connection, source: Source, row: Row, body: dict[str, Any]) -> None:
    _, region, setl_id = body["name"].split("|", 2)
    made = orjson.loads(body["state"]).get("decision")
    database.execute(
        "INSERT INTO bill_move VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            source.partition, row.offset, body["from_key"], body["person_key"], body["serial"], region, setl_id,
            made and made["id"],
        ),
    )  # fmt: skip
