"""Tasks as the read model knows them, each with the order that would end it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.outputs.person import TaskKind
from workers.errors import Usage
from workers.history.queries import open_for_reading
from workers.office.facts import command, told
from workers.office.kinds import KINDS, OPEN, order_fields

BEIJING = timezone(timedelta(hours=8))
SHOWN_MAX = 1_000
"""Tasks shown at a time; who has more asks by kind."""


class Task(NamedTuple):
    """One task. `person_key` is the adoption's hash where `kind` is `recoveries`."""

    task_id: str
    kind: str
    person_key: str
    bill: dict[str, str] | None
    facts: dict[str, Any]
    opened_on: str
    closed: dict[str, Any] | None

    @property
    def order(self) -> dict[str, Any]:
        """The order to send; `?` marks what the officer has to say."""
        signed = {"order_id": OPEN, "author": OPEN, "second_signer": OPEN, "document": OPEN, "ordered_on": OPEN}
        who = {} if self.kind == TaskKind.RECOVERIES else {"psn_no": OPEN}
        region = {"region": self.bill["region"] if self.bill else self.facts.get("region", OPEN)}
        says = order_fields(self.kind, self.facts, self.bill)
        return {"type": "office.ordered", "version": 1, **region, **who, **signed, "task_id": self.task_id, **says}

    def told(self) -> dict[str, Any]:
        """As `--json` shows it."""
        known = KINDS[TaskKind(self.kind)]
        shown = {**self._asdict(), "label": known.label, "who": known.who, "what": known.what}
        return shown if self.closed else {**shown, "order": self.order}


def tasks(database: Path, kind: str | None, person_key: str | None, *, closed: bool) -> list[Task]:
    """Tasks in the order in which they were opened; Usage where there is no read model or no such kind."""
    if kind is not None and kind not in {known.value for known in TaskKind}:
        raise Usage(f"no such kind of task; kinds are: {', '.join(known.value for known in TaskKind)}")
    connection = open_for_reading(database)
    try:
        rows = connection.execute(
            "SELECT opened, closed FROM task WHERE opened IS NOT NULL AND (closed IS NULL OR ?1) "
            "AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR person_key = ?3) "
            "ORDER BY opened ->> '$.cause.stamp', task_id LIMIT ?4",
            (closed, kind, person_key, SHOWN_MAX),
        ).fetchall()
    finally:
        connection.close()
    return [_task(opened, ended) for opened, ended in rows]


def task(database: Path, task_id: str) -> Task:
    """One task; Usage where it is not known."""
    connection = open_for_reading(database)
    try:
        found: sqlite3.Row | None = connection.execute(
            "SELECT opened, closed FROM task WHERE task_id = ? AND opened IS NOT NULL", (task_id,)
        ).fetchone()
    finally:
        connection.close()
    if found is None:
        raise Usage(f"task {task_id} is not in the read model: `tuodi tasks` shows the open ones")
    return _task(*found)


def _task(opened: bytes, closed: bytes | None) -> Task:
    body = orjson.loads(opened)
    moment = datetime.fromtimestamp(body["cause"]["stamp"] / 1000, UTC).astimezone(BEIJING)
    ended = None if closed is None else orjson.loads(closed)
    return Task(
        body["task_id"], body["kind"], body["person_key"], body.get("bill"), body["facts"], moment.date().isoformat(),
        None if ended is None else {name: ended.get(name) for name in ("because", "order_id", "document")},
    )  # fmt: skip


def page(found: list[Task]) -> str:
    """The tasks as lines of text."""
    if not found:
        return "没有待办任务"
    lines: list[str] = []
    for each in found:
        known = KINDS[TaskKind(each.kind)]
        bill = f"  单据 {each.bill['region']} {each.bill['setl_id']}" if each.bill else ""
        ended = f"  已结束（{each.closed['order_id'] or '原因消失'}）" if each.closed else ""
        day = each.opened_on if each.opened_on > "2000" else "（无日期）"  # places of a replayed file are no times
        lines.append(f"{each.task_id}  {day}  {known.label}{bill}{ended}")
        lines.append(f"    谁来办：{known.who}。{known.what}")
        lines.append(f"    情况：{told(each.facts)}")
        if not each.closed:
            lines.append(f"    办理：{command(each.task_id, TaskKind(each.kind), each.facts)}")
    return "\n".join(lines)
