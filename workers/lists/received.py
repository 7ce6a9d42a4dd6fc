"""Lists that come line by line: kept until they are closed, then taken like a file.

The person number of a line is replaced by the directory's id at once. Lines sent again replace themselves; what is
repeated after its list was taken ends as a repeat. A corrected list comes under a new id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson

from schemas.national.list_rules import rules_at
from schemas.national.load import SHIPPED
from schemas.reasons import RejectReason
from workers.directory.database import Directory
from workers.errors import Usage
from workers.lists.columns import FIELDS
from workers.lists.database import CURRENT, Lists
from workers.lists.order import Order, Taken, order_of
from workers.lists.stage import CHUNK, Stage, Staged
from workers.lists.take import REPEAT, Way, take_lines
from workers.settings import Settings
from workers.sheets.rows import Closing, Digest, Row, fits

RECEIVING, CLOSED, DONE = "receiving", "closed", "done"
HEAD = ("region", "source", "list_kind", "county", "list_month")
_CELLS = ("identity", *("recognition_county" if name == "county" else name for name in FIELDS))


class Received(NamedTuple):
    """One list on its way."""

    list_id: str
    head: dict[str, str]
    state: str
    lines: int


def wrong_head(settings: Settings, event: dict[str, Any]) -> tuple[RejectReason, str] | None:
    """Why no list of this head may come, with the field; None where it may."""
    rules = rules_at(event["county"], settings.national_folder or SHIPPED)
    if rules is None or rules.profile.platform != event["region"]:
        return RejectReason.UNKNOWN_CODE, "county"
    kind = rules.kinds.get(event["list_kind"])
    if kind is None:
        return RejectReason.UNKNOWN_CODE, "list_kind"
    return None if event["source"] in kind.sources else (RejectReason.WRONG_SOURCE, "source")


def note(lists: Lists, directory: Directory, events: Iterable[dict[str, Any]], now_ms: int) -> list[dict[str, Any]]:
    """Keep lines and closings, all of them or none; returns those whose head is not that of their list."""
    strange: list[dict[str, Any]] = []
    directory.begin()
    lists.begin()
    try:
        heads: dict[str, str] = {}
        for event in events:
            if _head(lists, heads, event, now_ms) != _text(event):
                strange.append(event)
            elif event["type"] == "list.closed":
                lists.connection.execute(
                    "UPDATE incoming_list SET state = ?, stated_count = ?, stated_digest = ? WHERE list_id = ?",
                    (CLOSED, event["count"], event["digest"], event["list_id"]),
                )
            else:
                [person] = directory.persons(event["region"], [event["psn_no"]])
                lists.connection.execute(
                    "INSERT INTO incoming VALUES (?, ?, ?, ?) ON CONFLICT (list_id, number) DO UPDATE SET"
                    " person = excluded.person, cells = excluded.cells",
                    (event["list_id"], event["number"], person, orjson.dumps(_cells(event)).decode()),
                )
        directory.commit()
        lists.commit()
    except BaseException:
        directory.rollback()
        lists.rollback()
        raise
    return strange


def _head(lists: Lists, heads: dict[str, str], event: dict[str, Any], now_ms: int) -> str:
    list_id = event["list_id"]
    if list_id not in heads:
        lists.connection.execute(
            "INSERT INTO incoming_list VALUES (?, ?, ?, NULL, NULL, ?) ON CONFLICT DO NOTHING",
            (list_id, _text(event), RECEIVING, now_ms),
        )
        (heads[list_id],) = lists.connection.execute(
            "SELECT head FROM incoming_list WHERE list_id = ?", (list_id,)
        ).fetchone()
    return heads[list_id]


def _text(event: dict[str, Any]) -> str:
    return orjson.dumps({name: event[name] for name in HEAD}).decode()


def _cells(event: dict[str, Any]) -> list[str]:
    return [_cell(event.get(name)) for name in _CELLS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def line_text(psn_no: str, event: dict[str, Any]) -> str:
    """The text of a line that the digest covers."""
    return "|".join((psn_no, *_cells(event)))


def received(lists: Lists) -> list[Received]:
    """Lists that came and are not done, the oldest first."""
    rows = lists.connection.execute(
        "SELECT list_id, head, state, (SELECT COUNT(*) FROM incoming WHERE incoming.list_id = incoming_list.list_id)"
        " FROM incoming_list WHERE state <> ? ORDER BY at_ms, list_id",
        (DONE,),
    )
    return [Received(list_id, orjson.loads(head), state, lines) for list_id, head, state, lines in rows]


def take_received(lists: Lists, directory: Directory, settings: Settings, list_id: str, way: Way) -> Taken:
    """Take one list that came line by line. Usage where there is none of that id or it is not closed."""
    row = lists.connection.execute(
        "SELECT head, stated_count, stated_digest FROM incoming_list WHERE list_id = ?", (list_id,)
    ).fetchone()
    if row is None or row[1] is None:
        raise Usage("no such list, or its closing has not come; `tuodi lists received` shows them")
    head = orjson.loads(row[0])
    order = _order(settings, head)
    closing = Closing(0, str(row[1]), row[2])

    def fill(stage: Stage) -> Staged:
        digest = Digest()
        for rows in _rows(lists, directory, list_id):
            for each in rows:
                digest.add(each.text)
            stage.write(rows)
        return stage.staged(digest, fits(closing, digest))

    taken = take_lines(lists, directory, settings, order, "topic", fill, way)
    if not way.dry_run:
        _finish(lists, list_id, taken.state)
    return taken


def _order(settings: Settings, head: dict[str, str]) -> Order:
    return order_of(
        settings, source=head["source"], kind=head["list_kind"], county=head["county"],
        period=head["list_month"].replace("-", ""),
    )  # fmt: skip


def _rows(lists: Lists, directory: Directory, list_id: str) -> Iterator[list[Row]]:
    last = 0
    while True:
        found = lists.connection.execute(
            "SELECT number, person, cells FROM incoming WHERE list_id = ? AND number > ? ORDER BY number LIMIT ?",
            (list_id, last, CHUNK),
        ).fetchall()
        if not found:
            return
        last = found[-1][0]
        numbers = directory.numbers(person for _, person, _ in found)
        rows = []
        for number, person, text in found:
            cells = orjson.loads(text)
            rows.append(Row(number, ("", "", numbers[person], *cells), "|".join((numbers[person], *cells))))
        yield rows


def _finish(lists: Lists, list_id: str, state: str) -> None:
    """What was taken needs its lines no more; what was not waits for a person, a new closing, or a corrected list."""
    done = state in (CURRENT, REPEAT)
    lists.begin()
    lists.connection.execute("UPDATE incoming_list SET state = ? WHERE list_id = ?", (DONE if done else state, list_id))
    if done:
        lists.connection.execute("DELETE FROM incoming WHERE list_id = ?", (list_id,))
    lists.commit()
