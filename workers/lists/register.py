"""The register: who sent what when, whether it counts, what waits. Nothing of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from workers.lists.database import Lists
from workers.lists.publish import waiting

SHOWN_MAX = 1_000
_BEIJING = timezone(timedelta(hours=8))

_ROWS = """
SELECT series.region, series.source, series.kind, series.county, list.period, list.state, list.form, list.taken_ms,
  list.lines, list.digest, list.wrong, list.added, list.changed, list.ended, list.withdrawn, list.note, list.id,
  CASE list.state WHEN 'current' THEN
    (SELECT COUNT(*) FROM line WHERE line.list = list.id AND line.person IS NULL) ELSE list.unresolved END
FROM list JOIN series ON series.id = list.series
WHERE (?1 IS NULL OR list.period = ?1) AND (?2 IS NULL OR series.county = ?2)
ORDER BY list.id DESC LIMIT ?3
"""
_NAMES = (
    "region", "source", "kind", "county", "period", "state", "form", "taken_at", "lines", "digest", "wrong", "added",
    "changed", "ended", "withdrawn", "note", "list", "unresolved",
)  # fmt: skip


def register(lists: Lists, period: str | None, county: str | None) -> list[dict[str, Any]]:
    """Lists as they were taken in hand, the newest first; at most a thousand."""
    rows = lists.connection.execute(_ROWS, (period, county, SHOWN_MAX))
    found = [dict(zip(_NAMES, row, strict=True)) for row in rows]
    for each in found:
        moment = datetime.fromtimestamp(each["taken_at"] / 1000, UTC).astimezone(_BEIJING)
        each["taken_at"] = moment.isoformat(timespec="seconds")
    return found


def status(lists: Lists, period: str | None, county: str | None) -> dict[str, Any]:
    """The register, the outbox and the open tasks."""
    (tasks,) = lists.connection.execute("SELECT COUNT(*) FROM task WHERE closed = 0").fetchone()
    return {"waiting": waiting(lists), "open_tasks": tasks, "lists": register(lists, period, county)}


def page(told: dict[str, Any]) -> str:
    """The same as lines of text."""
    lines = [f"{told['waiting']} records wait to be published, {told['open_tasks']} lines are unresolved tasks"]
    for each in told["lists"]:
        lines.append(
            f"{each['list']:>6}  {each['period']} {each['county']} {each['source']}/{each['kind']}  {each['state']}"
            f"  {each['taken_at']}  {each['lines']} lines: +{each['added']} ~{each['changed']} -{each['ended']}"
            f" withdrawn {each['withdrawn']}, unresolved {each['unresolved']}, wrong {each['wrong']}"
            + (f"\n        {each['note']}" if each["note"] else "")
        )
    return "\n".join(lines)
