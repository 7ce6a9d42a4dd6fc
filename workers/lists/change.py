"""What a new or corrected month changes: the people it concerns by set difference, their recognitions folded anew.

The difference is one statement of the database: people whose lines differ between the list and what it is held against
(the earlier text of the same month, else the complete month before). Only for them all complete months are read, in
order, and compared with what was last stated. So a late correction of an old month is no special case, and what stands
in the end depends on the newest text of each month alone.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from schemas.national.list_rules import ListRules
from workers.lists.database import Lists, Series
from workers.lists.runs import Run, runs_of
from workers.sheets.read import Progress

TOPIC = "identity.changed"
CHUNK = 2_000
SAMPLE_MAX = 20
ADDED, CHANGED, ENDED, WITHDRAWN, CLOSED = "added", "changed", "ended", "withdrawn", "closed"

_AFFECTED = "CREATE TEMP TABLE affected (person INTEGER PRIMARY KEY)"
_DIFFERENCE = """
INSERT INTO temp.affected
SELECT person FROM (
  SELECT person, identity, facts FROM line WHERE list = ?1 AND person IS NOT NULL
  EXCEPT SELECT person, identity, facts FROM line WHERE list = ?2 AND person IS NOT NULL)
UNION
SELECT person FROM (
  SELECT person, identity, facts FROM line WHERE list = ?2 AND person IS NOT NULL
  EXCEPT SELECT person, identity, facts FROM line WHERE list = ?1 AND person IS NOT NULL)
"""
_LINES = """
SELECT line.person, line.identity, list.period, line.facts
FROM temp.affected JOIN line ON line.person = affected.person JOIN list ON list.id = line.list
WHERE list.series = ? AND list.state = 'current' ORDER BY line.person, line.identity, list.period
"""
_HELD = """
SELECT held.person, held.identity, held.id, held.revision, held.body
FROM temp.affected JOIN held ON held.person = affected.person
WHERE held.series = ? ORDER BY held.person, held.identity, held.run
"""


class Sample(NamedTuple):
    """One of the first changes; `person` is the directory's id."""

    what: str
    person: int
    body: dict[str, Any]


class Changed(NamedTuple):
    """Counts by what happened, and the first of each."""

    counts: Counter[str]
    sample: list[Sample]


class Context(NamedTuple):
    """Whose months are folded, and which list says so."""

    lists: Lists
    rules: ListRules
    series: Series
    list_id: int
    now_ms: int


def difference(lists: Lists, new: int, base: int | None) -> int:
    """Note the people whose lines differ between two lists; returns how many. Inside a transaction."""
    run = lists.connection.execute
    run("DROP TABLE IF EXISTS temp.affected")
    run(_AFFECTED)
    run(_DIFFERENCE, (new, -1 if base is None else base))
    (count,) = run("SELECT COUNT(*) FROM temp.affected").fetchone()
    return int(count)


def concern(lists: Lists, persons: Sequence[int]) -> None:
    """Note these people instead."""
    lists.connection.execute("DROP TABLE IF EXISTS temp.affected")
    lists.connection.execute(_AFFECTED)
    lists.connection.executemany("INSERT INTO temp.affected VALUES (?) ON CONFLICT DO NOTHING", [(p,) for p in persons])


def fold(context: Context, total: int, progress: Progress) -> Changed:
    """Fold the months of everybody noted and write what changed to the outbox. Inside a transaction."""
    connection = context.lists.connection
    months = list(context.lists.current(context.series))
    (next_id,) = connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM held").fetchone()
    writer = _Writer(context, next_id)
    held = _Merge(connection.execute(_HELD, (context.series.id,)))
    seen = 0
    for key, lines in groupby(connection.execute(_LINES, (context.series.id,)), key=itemgetter(0, 1)):
        for gone, rows in held.before(key):
            writer.apply(gone, [], rows)
        present = {period: facts for _, _, period, facts in lines}
        writer.apply(key, runs_of(months, present, context.rules.ends_on), held.at(key))
        seen += 1
        if seen % CHUNK == 0:
            progress(min(seen, total), total)
    for gone, rows in held.before(None):
        writer.apply(gone, [], rows)
    writer.flush()
    return Changed(writer.counts, writer.sample)


Key = tuple[int, str]
Held = tuple[int, str, int, int, str]


class _Merge:
    """Rows of what is held, in the order of their keys, taken alongside another ordered stream."""

    def __init__(self, rows: Iterator[Held]) -> None:
        self._groups = groupby(rows, key=itemgetter(0, 1))
        self._next: tuple[Key, list[Held]] | None = None
        self._step()

    def _step(self) -> None:
        found = next(self._groups, None)
        self._next = None if found is None else (found[0], list(found[1]))

    def before(self, key: Key | None) -> Iterator[tuple[Key, list[Held]]]:
        """Groups of smaller keys; all that is left for None."""
        while self._next is not None and (key is None or self._next[0] < key):
            found = self._next
            self._step()
            yield found

    def at(self, key: Key) -> list[Held]:
        """The group of this key, which may be empty."""
        if self._next is None or self._next[0] != key:
            return []
        rows = self._next[1]
        self._step()
        return rows


class _Writer:
    """Compares recognitions with what was stated and writes the next revisions, in parts."""

    def __init__(self, context: Context, next_id: int) -> None:
        self.counts: Counter[str] = Counter()
        self.sample: list[Sample] = []
        self._context, self._next_id = context, next_id
        self._sender = context.rules.senders[context.series.source]
        self._new: list[tuple[Any, ...]] = []
        self._revised: list[tuple[Any, ...]] = []
        self._changes: list[tuple[Any, ...]] = []

    def apply(self, key: Key, runs: list[Run], held: list[Held]) -> None:
        """Bring what is held of one person and identity to these recognitions."""
        for place, run in enumerate(runs):
            if place < len(held):
                self._revise(key, run, held[place])
            else:
                self._add(key, run, place)
        for row in held[len(runs) :]:
            body = orjson.loads(row[4])
            if not body["withdrawn"]:
                fields = {"recognised_on": body["recognised_on"], "withdrawn": True}
                month = f"{body['list_month'][:4]}{body['list_month'][5:]}"
                self._revise(key, Run(fields, month, ended=True), row)
        if len(self._changes) >= CHUNK:
            self.flush()

    def _add(self, key: Key, run: Run, place: int) -> None:
        number, self._next_id = self._next_id, self._next_id + 1
        series = self._context.series
        source_id = f"{self._sender.code}.{series.kind}.{self._context.lists.tag}{number}"
        body = self._body(source_id, key, run)
        self._new.append((number, series.id, *key, place, 1, _text(body)))
        self._note(WITHDRAWN if body["withdrawn"] else ADDED, key, body, 1)

    def _revise(self, key: Key, run: Run, row: Held) -> None:
        _, _, number, revision, text = row
        before = orjson.loads(text)
        body = self._body(before["source_id"], key, run)
        if {**before, "list_month": ""} == {**body, "list_month": ""}:
            return
        self._revised.append((revision + 1, _text(body), number))
        what = CHANGED
        if body["withdrawn"] and not before["withdrawn"]:
            what = WITHDRAWN
        elif "removed_on" in body and "removed_on" not in before:
            what = ENDED
        self._note(what, key, body, revision + 1)

    def _body(self, source_id: str, key: Key, run: Run) -> dict[str, Any]:
        series, rules = self._context.series, self._context.rules
        return {
            "type": TOPIC, "version": 1, "region": rules.profile.platform, "source_id": source_id, "identity": key[1],
            "recognised_by": self._sender.name, "county": series.county,
            "list_month": f"{run.month[:4]}-{run.month[4:]}", **run.fields,
        }  # fmt: skip

    def _note(self, what: str, key: Key, body: dict[str, Any], revision: int) -> None:
        self.counts[what] += 1
        if self.counts[what] <= SAMPLE_MAX:
            self.sample.append(Sample(what, key[0], body))
        event = _text({**body, "revision": revision})
        self._changes.append((self._context.list_id, TOPIC, what, key[0], "", event, self._context.now_ms))

    def flush(self) -> None:
        connection: sqlite3.Connection = self._context.lists.connection
        connection.executemany("INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?)", self._new)
        connection.executemany("UPDATE held SET revision = ?, body = ? WHERE id = ?", self._revised)
        connection.executemany(INSERT_CHANGE, self._changes)
        for rows in (self._new, self._revised, self._changes):
            rows.clear()


INSERT_CHANGE = "INSERT INTO change (list, topic, what, person, key, body, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"


def _text(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()
