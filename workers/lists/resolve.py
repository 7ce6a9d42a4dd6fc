"""After an import of the directory: unresolved lines find their people, their identities are published, tasks close.

`everything` also looks at lines that were resolved before: after `directory import --replace` a certificate may belong
to another person, who then gets the identity while the former one's is withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from schemas.national.list_rules import load_list_rules
from schemas.national.load import SHIPPED
from workers.directory.database import Directory
from workers.errors import Usage
from workers.lists import tasks
from workers.lists.change import Context, concern, fold
from workers.lists.database import Lists, Series
from workers.settings import Settings
from workers.sheets.read import Progress

CHUNK = 2_000
_LINES = """
SELECT DISTINCT line.certificate FROM line JOIN list ON list.id = line.list
WHERE list.series = ?1 AND list.state = 'current' AND line.certificate > ?2 AND (?3 OR line.person IS NULL)
ORDER BY line.certificate LIMIT ?4
"""
_FORMER = """
SELECT line.person FROM line JOIN list ON list.id = line.list WHERE line.certificate = ?1 AND line.person IS NOT NULL
AND line.person <> ?2 AND list.series = ?3 AND list.state = 'current'
"""
_SET = """
UPDATE line SET person = ?1 WHERE certificate = ?2 AND (person IS NULL OR person <> ?1)
AND list IN (SELECT id FROM list WHERE series = ?3 AND state = 'current')
"""


class Resolved(NamedTuple):
    """Certificates that found a person, changes of identities by kind, tasks closed, lines still unresolved."""

    certificates: int
    added: int
    changed: int
    ended: int
    withdrawn: int
    tasks_closed: int
    unresolved: int


def resolve(
    lists: Lists, directory: Directory, settings: Settings, *, everything: bool, dry_run: bool, now_ms: int,
    progress: Progress,
) -> Resolved:  # fmt: skip
    """Resolve the lines of every series, in one transaction."""
    rules = load_list_rules(settings.national_folder or SHIPPED)
    total: Counter[str] = Counter()
    found = closed = 0
    lists.begin()
    try:
        for series in lists.all_series():
            months = lists.current(series)
            if not months:
                continue
            if series.region not in rules:
                raise Usage(f"no rules of lists for region {series.region}; keep them, old lists rest on them")
            persons = list(_resolved(lists, directory, series, everything=everything))
            context = Context(lists, rules[series.region], series, months[max(months)], now_ms)
            concern(lists, sorted({person for each in persons for person in each}))
            total += fold(context, len(persons), progress).counts
            found += len(persons)
            closed += tasks.keep(context, max(months))[1]
        (unresolved,) = lists.connection.execute(
            "SELECT COUNT(*) FROM line JOIN list ON list.id = line.list"
            " WHERE line.person IS NULL AND list.state = 'current'"
        ).fetchone()
        lists.rollback() if dry_run else lists.commit()
    except BaseException:
        lists.rollback()
        raise
    kinds = (total["added"], total["changed"], total["ended"], total["withdrawn"])
    return Resolved(found, *kinds, closed, unresolved)


def _resolved(lists: Lists, directory: Directory, series: Series, *, everything: bool) -> Iterator[tuple[int, ...]]:
    """For each certificate that newly has a person: that person and those who had its lines before."""
    last = 0
    while True:
        rows = lists.connection.execute(_LINES, (series.id, last, everything, CHUNK)).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        known = directory.persons_of(certificate for (certificate,) in rows)
        for certificate, person in sorted(known.items()):
            former = lists.connection.execute(_FORMER, (certificate, person, series.id)).fetchall()
            if lists.connection.execute(_SET, (person, certificate, series.id)).rowcount:
                yield (person, *(each for (each,) in former))
