"""Taking a month back: a list that should never have counted, and no right one to put in its place yet.

The month has no complete list any more, as if none had come (an earlier text of it is not put back: take it again where
it was right). Everybody of the series is folded anew, since an absence may end with the month that denied it. The
ledger has noted the month as received and does not ask for it again; a corrected list can be taken at any time.
"""

from __future__ import annotations

from typing import NamedTuple

from workers.errors import Usage
from workers.journal.pii import holds_person_data
from workers.lists import tasks
from workers.lists.change import ADDED, CHANGED, ENDED, WITHDRAWN, Context, concern, fold
from workers.lists.database import WAITING, WITHDRAWN_MONTH, Lists, Series
from workers.lists.order import Order
from workers.lists.take import Way, ends_many
from workers.settings import Settings

WORDS_MAX = 200
_CONCERNED = """
SELECT person FROM held WHERE series = ?1
UNION SELECT person FROM line WHERE list = ?2 AND person IS NOT NULL ORDER BY 1
"""


class Because(NamedTuple):
    """Who takes a month back, and by what. Neither may be shaped like an ID number or a telephone number."""

    author: str
    document: str

    def checked(self) -> Because:
        """Itself. Raises `Usage`."""
        for name, value in zip(("author", "document"), self, strict=True):
            if not value.strip() or len(value) > WORDS_MAX or not value.isprintable():
                raise Usage(f"--{name} has 1 to {WORDS_MAX} printable characters")
            if holds_person_data(value.encode()):
                raise Usage(f"--{name} is shaped like an ID number or a telephone number: nothing of that is kept here")
        return self


class Withdrawn(NamedTuple):
    """What became of the month, or would: `state` is `withdrawn`, or `waiting` for a person's word."""

    state: str
    list_id: int
    lines: int
    people: int
    added: int
    changed: int
    ended: int
    withdrawn: int
    tasks_opened: int
    tasks_closed: int
    note: str


def withdraw(lists: Lists, settings: Settings, order: Order, because: Because, way: Way) -> Withdrawn:
    """Withdraw the list in force of a month, in one transaction. Usage where there is none."""
    because.checked()
    lists.begin()
    try:
        found = _withdraw(lists, settings, order, because, way)
        keep = found.state == WITHDRAWN_MONTH and not way.dry_run
        lists.commit() if keep else lists.rollback()
    except BaseException:
        lists.rollback()
        raise
    return found


def _withdraw(lists: Lists, settings: Settings, order: Order, because: Because, way: Way) -> Withdrawn:
    run = lists.connection.execute
    series = lists.series_of(order.rules.name, order.sender.word, order.kind.kind, order.county)
    list_id = lists.current(series).get(order.period)
    if list_id is None:
        raise Usage(f"no list of {order.period} is in force there; `tuodi lists status` shows what is")
    persons = [person for (person,) in run(_CONCERNED, (series.id, list_id))]
    note = f"withdrawn by {because.author}: {because.document}"
    run("UPDATE list SET state = ?, note = ? WHERE id = ?", (WITHDRAWN_MONTH, note, list_id))
    concern(lists, persons)
    changed = fold(Context(lists, order.rules, series, list_id, way.now_ms), len(persons), way.fold_progress)
    opened, closed = _tasks(lists, order, series, list_id, way.now_ms)
    (lines,) = run("SELECT lines FROM list WHERE id = ?", (list_id,)).fetchone()
    (people,) = run("SELECT COUNT(DISTINCT person) FROM line WHERE list = ?", (list_id,)).fetchone()
    counts = changed.counts
    doubt = ends_many(settings, counts[ENDED] + counts[WITHDRAWN], people)
    state = WAITING if doubt and not way.confirm else WITHDRAWN_MONTH
    return Withdrawn(
        state, list_id, lines, people, counts[ADDED], counts[CHANGED], counts[ENDED], counts[WITHDRAWN], opened, closed,
        f"{doubt}: if that is meant, --confirm" if state == WAITING else note,
    )  # fmt: skip


def _tasks(lists: Lists, order: Order, series: Series, list_id: int, now_ms: int) -> tuple[int, int]:
    """Unresolved lines are tasks of the newest month in force: of the one before, where the newest was withdrawn."""
    months = lists.current(series)
    newest = max(months, default=order.period)
    context = Context(lists, order.rules, series, months.get(newest, list_id), now_ms)
    if newest > order.period:
        return 0, 0
    closed = tasks.close_gone(context)
    return tasks.open_new(context, newest), closed
