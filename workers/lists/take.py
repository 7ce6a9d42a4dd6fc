"""Taking a list: read, check, difference, outbox, in one transaction. A dry run is the same, taken back at its end.

Killed at any point, the database is as before or as after. The directory is committed first: certificates noted there
by a list that then was not taken are only noted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from workers.directory.database import Directory
from workers.lists import tasks
from workers.lists.change import (
    ADDED,
    CHANGED,
    CLOSED,
    ENDED,
    INSERT_CHANGE,
    WITHDRAWN,
    Changed,
    Context,
    difference,
    fold,
)
from workers.lists.database import CURRENT, OPEN, REFUSED, SUPERSEDED, WAITING, Lists, Series
from workers.lists.order import Change, Order, Shown, Taken
from workers.lists.stage import REFUSED_SHOWN_MAX, Stage, Staged
from workers.settings import Settings
from workers.sheets.read import Progress

REPEAT = "repeat"
_TWICE = """
SELECT MAX(number) FROM line WHERE list = ? AND person IS NOT NULL
GROUP BY person, identity HAVING COUNT(DISTINCT facts) > 1 ORDER BY 1
"""
_PLACE = """
INSERT INTO list (series, period, state, form, taken_ms, lines, digest, wrong, unresolved, added, changed, ended,
  withdrawn, note, rules_version) VALUES (?, ?, ?, ?, ?, 0, '', 0, 0, 0, 0, 0, 0, '', ?)
"""


class Way(NamedTuple):
    """How to take a list: `confirm` is a person's word that an unusual one is right."""

    dry_run: bool
    confirm: bool
    now_ms: int
    read_progress: Progress
    fold_progress: Progress


def ends_many(settings: Settings, gone: int, before: int) -> str:
    """Why so many ends wait for a person's word; empty where they do not."""
    if gone <= settings.lists_end_persons_min or gone * 100 <= settings.lists_end_percent_max * before:
        return ""
    return (
        f"it would end {gone:,} of {before:,} people, more than {settings.lists_end_percent_max} %"
        " (TUODI_LISTS_END_PERCENT_MAX)"
    )


Fill = Callable[[Stage], Staged]
"""Writes the lines of a list through a stage."""


def take(lists: Lists, directory: Directory, settings: Settings, order: Order, file: Path, way: Way) -> Taken:
    """Take the list of a file. Usage where the file is no table; everything else is told in what is returned."""
    form = file.suffix.lower().lstrip(".")
    return take_lines(lists, directory, settings, order, form, lambda stage: stage.read(file, way.read_progress), way)


def take_lines(
    lists: Lists, directory: Directory, settings: Settings, order: Order, form: str, fill: Fill, way: Way
) -> Taken:
    """Take a list whose lines `fill` writes."""
    directory.begin()
    try:
        lists.begin()
        taken = _Taking(lists, directory, settings, order, form, way).run(fill)
        keep = not way.dry_run and taken.state == CURRENT
        directory.commit() if keep else directory.rollback()
        lists.commit() if keep else lists.rollback()
    except BaseException:
        directory.rollback()
        lists.rollback()
        raise
    if not way.dry_run and taken.state in (OPEN, REFUSED, WAITING):
        _register(lists, order, form, taken, way.now_ms)
    return taken


def _register(lists: Lists, order: Order, form: str, taken: Taken, now_ms: int) -> None:
    """A list that was not taken is in the register too: who sent what when, and why it does not count."""
    lists.begin()
    series = lists.series_of(order.rules.name, order.sender.word, order.kind.kind, order.county)
    list_id = _place(lists, series, order, form, taken.state, now_ms)
    _describe(lists, list_id, taken)
    lists.commit()


def _place(lists: Lists, series: Series, order: Order, form: str, state: str, now_ms: int) -> int:
    row = (series.id, order.period, state, form, now_ms, order.rules.version)
    found = lists.connection.execute(_PLACE, row).lastrowid
    return int(found or 0)


def _describe(lists: Lists, list_id: int, taken: Taken) -> None:
    lists.connection.execute(
        "UPDATE list SET lines = ?, digest = ?, wrong = ?, unresolved = ?, added = ?, changed = ?, ended = ?,"
        " withdrawn = ?, note = ? WHERE id = ?",
        (
            taken.lines, taken.digest, taken.wrong, taken.unresolved, taken.added, taken.changed, taken.ended,
            taken.withdrawn, taken.note, list_id,
        ),
    )  # fmt: skip


class _Taking:
    """One list on its way; inside the transactions of `take_lines`."""

    def __init__(
        self, lists: Lists, directory: Directory, settings: Settings, order: Order, form: str, way: Way
    ) -> None:
        self._lists, self._directory, self._settings = lists, directory, settings
        self._order, self._form, self._way = order, form, way

    def run(self, fill: Fill) -> Taken:
        lists, order, way = self._lists, self._order, self._way
        series = lists.series_of(order.rules.name, order.sender.word, order.kind.kind, order.county)
        list_id = _place(lists, series, order, self._form, OPEN, way.now_ms)
        staged = self._refuse_twice(list_id, fill(Stage(lists, self._directory, order, list_id)))
        if staged.open_because is not None or staged.wrong:
            state = OPEN if staged.open_because is not None else REFUSED
            return self._told(list_id, staged, state, 0, None, staged.open_because or "lines are wrong")
        earlier = lists.current(series)
        same = earlier.get(order.period)
        if same is not None and self._is_repeat(same, staged):
            return self._told(list_id, staged, REPEAT, self._people(same), None, "this very list is in force already")
        base = same if same is not None else earlier.get(max((p for p in earlier if p < order.period), default=""))
        if same is not None:
            lists.connection.execute("UPDATE list SET state = ? WHERE id = ?", (SUPERSEDED, same))
        lists.connection.execute("UPDATE list SET state = ? WHERE id = ?", (CURRENT, list_id))
        return self._difference(series, list_id, base, staged)

    def _difference(self, series: Series, list_id: int, base: int | None, staged: Staged) -> Taken:
        context = Context(self._lists, self._order.rules, series, list_id, self._way.now_ms)
        affected = difference(self._lists, list_id, base)
        changed = fold(context, affected, self._way.fold_progress)
        before = 0 if base is None else self._people(base)
        taken = self._told(list_id, staged, CURRENT, before, changed, "")
        doubt = self._doubt(taken)
        if doubt and not self._way.confirm:
            return taken._replace(state=WAITING, note=doubt)
        tasks.keep(context, self._order.period)
        self._close(context, taken)
        _describe(self._lists, list_id, taken)
        return taken

    def _refuse_twice(self, list_id: int, staged: Staged) -> Staged:
        """The same person and identity twice with different facts: which line is right is not ours to guess."""
        rows = self._lists.connection.execute(_TWICE, (list_id,)).fetchall()
        if not rows:
            return staged
        what = "this person and identity stand in an earlier line with other facts"
        shown = [*staged.refused, *(Shown(number, what) for (number,) in rows)][:REFUSED_SHOWN_MAX]
        return staged._replace(wrong=staged.wrong + len(rows), refused=tuple(shown))

    def _is_repeat(self, current: int, staged: Staged) -> bool:
        row = self._lists.connection.execute("SELECT lines, digest FROM list WHERE id = ?", (current,)).fetchone()
        return bool(row == (staged.digest.count, staged.digest.hex()))

    def _people(self, list_id: int) -> int:
        (count,) = self._lists.connection.execute(
            "SELECT COUNT(DISTINCT person) FROM line WHERE list = ?", (list_id,)
        ).fetchone()
        return int(count)

    def _doubt(self, taken: Taken) -> str:
        """Why a person should look at this list before it counts; empty where nothing is unusual."""
        ended = ends_many(self._settings, taken.ended + taken.withdrawn, taken.people_before)
        if ended:
            return f"{ended}: is the list whole? If so, --confirm"
        if taken.unresolved > self._settings.lists_end_persons_min and taken.unresolved * 2 > taken.lines:
            return (
                f"the directory knows fewer than half of its people ({taken.unresolved:,} of {taken.lines:,} lines are"
                " unresolved, each would be a task): import the mapping first; otherwise --confirm"
            )
        return ""

    def _close(self, context: Context, taken: Taken) -> None:
        """The closing event, last: the ledger notes the month as received."""
        order = self._order
        source_id = f"{order.sender.code}.{order.kind.kind}"
        body = {
            "type": "identity.snapshot_closed", "version": 1, "region": order.rules.profile.platform,
            "source_id": source_id, "county": order.county,
            "list_month": f"{order.period[:4]}-{order.period[4:]}", "count": taken.lines, "digest": taken.digest,
        }  # fmt: skip
        row = (
            context.list_id,
            "identity.changed",
            CLOSED,
            None,
            source_id,
            orjson.dumps(body).decode(),
            context.now_ms,
        )
        self._lists.connection.execute(INSERT_CHANGE, row)

    def _told(self, list_id: int, staged: Staged, state: str, before: int, changed: Changed | None, note: str) -> Taken:
        (unresolved,) = self._lists.connection.execute(
            "SELECT COUNT(*) FROM line WHERE list = ? AND person IS NULL", (list_id,)
        ).fetchone()
        counts = {} if changed is None else changed.counts
        sample = () if changed is None else tuple(self._shown(changed))
        return Taken(
            state, staged.digest.count, staged.digest.hex(), before, counts.get(ADDED, 0), counts.get(CHANGED, 0),
            counts.get(ENDED, 0), counts.get(WITHDRAWN, 0), unresolved, staged.wrong, note, staged.refused, sample,
        )  # fmt: skip

    def _shown(self, changed: Changed) -> list[Change]:
        shown = []
        for what, person, body in changed.sample:
            masks = self._directory.masked_of_person(person)
            who = masks[0][1] if masks else "psn_no ****"
            shown.append(Change(what, body["identity"], who, body["recognised_on"], body.get("removed_on", "")))
        return shown
