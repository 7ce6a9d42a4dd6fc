"""A person's year as known on a business date: a fold over what stood in the journal before that date was closed.

The date is closed in each journal partition by a record (`day.closed`); decisions name the record that caused them. So
"known on D" is exact whenever the read model was made. Cap tables come from a compacted topic: in a read model that was
built later, some are gone; then `complete` is false and the page says how to compute them.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any, NamedTuple

import orjson

from schemas.money import fen_of
from workers.history.queries import PersonYear

Bill = tuple[str, str]
END = 1 << 62
_OTHER_COUNTER = "retro"
"""A layer that is counted in another year than the bill's (DT-A8)."""


class Event(NamedTuple):
    """What happened to one bill under this key: decided or arrived (`decision`), or left (None)."""

    offset: int
    bill: Bill
    decision: dict[str, Any] | None


def known_year(database: sqlite3.Connection, person_key: str, year: int, known_on: str | None) -> PersonYear:
    """The person's year; `known_on` is an ISO date, None means all that is known."""
    partition, bound, stamp = _bound(database, person_key, known_on)
    bills = _bills(database, person_key, bound)
    shown = sorted((d for d in bills.values() if d["year"] == year), key=lambda d: int(d["sequence"]))
    tables, complete = _tables(database, person_key, year, (bound, stamp), list(bills.values()))
    return PersonYear(
        person_key,
        year,
        tables,
        shown,
        identities=_identities(database, person_key, bound),
        undecided=_undecided(database, person_key, bound, set(bills)),
        known_on=known_on,
        closed=None if known_on is None or partition is None else bound < END,
        forwarded_to=forwarded_to(database, person_key, bound),
        complete=complete,
    )


def _bound(database: sqlite3.Connection, person_key: str, known_on: str | None) -> tuple[int | None, int, int]:
    """The person's journal partition (None where nobody spoke of him), and offset, stamp (ms) of the close."""
    found = database.execute(
        "SELECT partition FROM outcome WHERE person_key = ?1 UNION SELECT partition FROM fact WHERE person_key = ?1",
        (person_key,),
    ).fetchone()
    if found is None or known_on is None:
        return None if found is None else int(found[0]), END, END
    closed = database.execute(
        'SELECT "offset", stamp FROM closed_day WHERE partition = ? AND date >= ? ORDER BY "offset" LIMIT 1',
        (found[0], known_on),
    ).fetchone()
    return (int(found[0]), END, END) if closed is None else (int(found[0]), int(closed[0]), int(closed[1]))


def _bills(database: sqlite3.Connection, person_key: str, bound: int) -> dict[Bill, dict[str, Any]]:
    """The newest decision of each bill that stood under the key, before the bound."""
    events = [*_decided(database, person_key), *_arrived(database, person_key), *_left(database, person_key)]
    standing: dict[Bill, dict[str, Any]] = {}
    for event in sorted((e for e in events if e.offset < bound), key=lambda e: e.offset):
        if event.decision is not None:
            standing[event.bill] = event.decision
        else:
            standing.pop(event.bill, None)
    return standing


def _decided(database: sqlite3.Connection, person_key: str) -> list[Event]:
    rows = database.execute(
        "SELECT region, setl_id, body FROM decision WHERE person_key = ? ORDER BY sequence", (person_key,)
    )
    bodies = [(region, setl_id, orjson.loads(body)) for region, setl_id, body in rows]
    return [Event(body["cause"]["offset"], (region, setl_id), body) for region, setl_id, body in bodies]


def _arrived(database: sqlite3.Connection, person_key: str) -> list[Event]:
    rows = database.execute(
        'SELECT m."offset", m.region, m.setl_id, d.body FROM bill_move m '
        "JOIN decision d ON d.decision_id = m.decision_id WHERE m.to_key = ?",
        (person_key,),
    )
    return [Event(offset, (region, setl_id), orjson.loads(body)) for offset, region, setl_id, body in rows]


def _left(database: sqlite3.Connection, person_key: str) -> list[Event]:
    rows = database.execute(
        "SELECT f.body, f.partition, f.\"offset\" FROM fact f WHERE f.person_key = ? AND f.type = 'person.transferred'",
        (person_key,),
    )
    events = []
    for raw, _, offset in rows:
        moved = database.execute(
            "SELECT region, setl_id FROM bill_move WHERE from_key = ? AND serial = ?",
            (person_key, orjson.loads(raw)["serial"]),
        )
        events += [Event(offset, (region, setl_id), None) for region, setl_id in moved]
    return events


def _identities(database: sqlite3.Connection, person_key: str, bound: int) -> list[dict[str, Any]]:
    """The highest revision of each identity that was stated of this key."""
    newest: dict[tuple[str, ...], dict[str, Any]] = {}
    for body in _facts(database, person_key, "identity.changed", bound):
        key = body["region"], body["source_id"], body["identity"]
        if key not in newest or body["revision"] > newest[key]["revision"]:
            newest[key] = body
    return [newest[key] for key in sorted(newest)]


def _facts(database: sqlite3.Connection, person_key: str, type_: str, bound: int) -> list[dict[str, Any]]:
    rows = database.execute(
        'SELECT body FROM fact WHERE person_key = ? AND type = ? AND "offset" < ? ORDER BY "offset"',
        (person_key, type_, bound),
    )
    return [orjson.loads(row[0]) for row in rows]


def _undecided(database: sqlite3.Connection, person_key: str, bound: int, decided: set[Bill]) -> list[dict[str, Any]]:
    """Bills that were only held, parked or left to a person: as they were answered last."""
    rows = database.execute(
        'SELECT body FROM outcome WHERE person_key = ? AND "offset" < ? ORDER BY "offset"', (person_key, bound)
    )
    last: dict[Bill, dict[str, Any]] = {}
    for body in (orjson.loads(row[0]) for row in rows):
        if body.get("bill") and body.get("status"):
            last[body["bill"]["region"], body["bill"]["setl_id"]] = body
    shown = ("bill", "status", "reason")
    return [{name: last[key].get(name) for name in shown} for key in sorted(last) if key not in decided]


def forwarded_to(database: sqlite3.Connection, person_key: str, bound: int) -> str | None:
    """Where the last transfer of the whole key has led, if it was made before the bound."""
    rows = database.execute(
        'SELECT f.body FROM fact f JOIN outcome o ON o.partition = f.partition AND o."offset" = f."offset" '
        "WHERE f.person_key = ? AND f.type = 'person.transferred' AND f.\"offset\" < ? AND o.outcome = 'applied' "
        'ORDER BY f."offset"',
        (person_key, bound),
    )
    merges = [body["to_key"] for body in (orjson.loads(row[0]) for row in rows) if body["kind"] == "merge"]
    return str(merges[-1]) if merges else None


def _tables(
    database: sqlite3.Connection, person_key: str, year: int, until: tuple[int, int], decisions: list[dict[str, Any]]
) -> tuple[dict[str, dict[str, str]], bool]:
    """Cap tables by measure, and whether they agree with the decisions that were known."""
    sequence = max((d["sequence"] for d in decisions if d["person_key"] == person_key), default=1)
    rows = database.execute(
        "SELECT measure, counters FROM cap_table WHERE person_key = ? AND year = ? AND sequence <= ? "
        'AND stamp <= ? ORDER BY sequence, "offset"',
        (person_key, year, sequence, until[1]),
    )
    tables = {measure: orjson.loads(counters) for measure, counters in rows}
    opened = _facts(database, person_key, "balance.opened", until[0])
    due = _due(year, decisions, opened)
    agree = all(fen_of(tables.get(measure, {}).get(counter, "0.00")) == fen for (measure, counter), fen in due.items())
    return tables, agree


def _due(year: int, decisions: list[dict[str, Any]], opened: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """What the limits of a year must show by the decisions and balances."""
    due: dict[tuple[str, str], int] = defaultdict(int)
    for decision in decisions:
        for layer, amount in decision["layers"].items() if decision["year"] == year and decision["bill"] else ():
            if layer != _OTHER_COUNTER and fen_of(amount):
                due[decision["measure"], f"{layer}_used"] += fen_of(amount)
    newest = {(body["region"], body["balance_id"]): body for body in sorted(opened, key=lambda b: int(b["revision"]))}
    for body in newest.values():
        for counter, amount in body["used"].items() if body["year"] == year else ():
            due[body["measure"], counter] += fen_of(amount)
    return {place: fen for place, fen in due.items() if place[1].endswith("_used")}
