"""Lines that the directory cannot resolve are tasks: one for a certificate of a series, until it is resolved or gone.

`task_id` is the id of the list line that opened it. Its `person_key` is no person's (nobody knows whose it is) but the
hash of the task id, so that the topic's key and sequence keep their meaning: opened and closed carry sequence 1.
"""

from __future__ import annotations

from hashlib import sha256

import orjson

from schemas.outputs.person import TaskKind
from workers.lists.change import INSERT_CHANGE, Context
from workers.lists.database import CURRENT

OPENED, CLOSED = "task.opened", "task.closed"
CAUSE = "list.line"

_NEW = """
SELECT line.certificate, MIN(line.number) FROM line
WHERE line.list = ? AND line.person IS NULL AND line.certificate NOT IN (
  SELECT certificate FROM task WHERE series = ? AND closed = 0)
GROUP BY line.certificate ORDER BY 2
"""
_GONE = """
SELECT task.task_id, task.list, task.number FROM task
WHERE task.series = ?1 AND task.closed = 0 AND NOT EXISTS (
  SELECT 1 FROM line JOIN list ON list.id = line.list
  WHERE line.certificate = task.certificate AND line.person IS NULL AND list.series = ?1 AND list.state = 'current'
  AND list.period = (SELECT MAX(period) FROM list newest WHERE newest.series = ?1 AND newest.state = 'current'))
ORDER BY task.task_id
"""


def keep(context: Context, period: str) -> tuple[int, int]:
    """Open tasks for new unresolved lines of a list, close those whose cause is gone; returns both counts."""
    return open_new(context, period), close_gone(context)


def open_new(context: Context, period: str) -> int:
    connection, series = context.lists.connection, context.series
    (newest,) = connection.execute(
        "SELECT MAX(period) FROM list WHERE series = ? AND state = ?", (series.id, CURRENT)
    ).fetchone()
    if period != newest:
        return 0  # who is missing from the newest list, or stands there resolved, is nobody's task any more
    found = connection.execute(_NEW, (context.list_id, series.id)).fetchall()
    tasks, changes = [], []
    for certificate, number in found:
        task_id = _unused(context, f"L{context.lists.tag}.{context.list_id}.{number}")
        tasks.append((task_id, series.id, certificate, context.list_id, number))
        facts = {
            "source": series.source, "list_kind": series.kind, "county": series.county,
            "list_month": f"{period[:4]}-{period[4:]}", "line": number,
        }  # fmt: skip
        body = _body(OPENED, task_id, number, context.now_ms) | {"kind": TaskKind.UNRESOLVED.value, "facts": facts}
        changes.append(_change(context, OPENED, "task_opened", task_id, body))
    connection.executemany(
        "INSERT INTO task (task_id, series, certificate, list, number) VALUES (?, ?, ?, ?, ?)", tasks
    )
    connection.executemany(INSERT_CHANGE, changes)
    return len(found)


def _unused(context: Context, line_id: str) -> str:
    """The line's id, or a next one where its task was closed by a later month that was then withdrawn."""
    found = context.lists.connection.execute(
        "SELECT COUNT(*) FROM task WHERE task_id = ?1 OR task_id LIKE ?1 || '.%'", (line_id,)
    ).fetchone()
    return f"{line_id}.{found[0] + 1}" if found[0] else line_id


def close_gone(context: Context) -> int:
    connection = context.lists.connection
    gone = connection.execute(_GONE, (context.series.id,)).fetchall()
    connection.executemany("UPDATE task SET closed = 1 WHERE task_id = ?", [(task_id,) for task_id, _, _ in gone])
    changes = []
    for task_id, _, number in gone:
        body = _body(CLOSED, task_id, number, context.now_ms) | {"because": "cause_gone"}
        changes.append(_change(context, CLOSED, "task_closed", task_id, body))
    connection.executemany(INSERT_CHANGE, changes)
    return len(gone)


def _body(type_: str, task_id: str, number: int, now_ms: int) -> dict[str, object]:
    return {
        "type": type_, "version": 1, "task_id": task_id, "sequence": 1, "person_key": key_of(task_id),
        "cause": {"type": CAUSE, "partition": 0, "offset": number, "stamp": now_ms},
    }  # fmt: skip


def key_of(task_id: str) -> str:
    """What stands for a person key in the records of a task."""
    return sha256(f"list line|{task_id}".encode()).hexdigest()


def _change(context: Context, topic: str, what: str, task_id: str, body: dict[str, object]) -> tuple[object, ...]:
    text = orjson.dumps(body).decode()
    return context.list_id, topic, what, None, key_of(task_id), text, context.now_ms
