"""A lists worker on two files of a folder, lists written by hand, and what stands in the end by its outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from tests.unit.directory.people import KEYS, REGION, card, psn_no
from workers.directory.bring import bring
from workers.directory.database import Directory
from workers.lists.database import Lists
from workers.lists.order import Taken, order_of
from workers.lists.take import Way, take
from workers.settings import Settings
from workers.sheets.rows import Digest

COUNTY = "522701"
HEAD = ("证件类型", "证件号码", "姓名", "救助身份", "认定日期", "终止日期", "终止原因")

Line = tuple[int, str, str]
"""Person, identity word, day of recognition (or "")."""


def silent(done: int, total: int) -> None:
    """A progress that nobody sees; what is done never exceeds the total."""
    assert done <= total


def row(person: int, word: str = "低保对象", recognised: str = "2020-01-05", removed: str = "", why: str = "") -> str:
    return f"01,{card(person)},某某,{word},{recognised},{removed},{why}"


def text_of(rows: Iterable[str], *, closed: bool = True, head: Sequence[str] = HEAD) -> str:
    digest = Digest()
    lines = [",".join(head)]
    for each in rows:
        digest.add("|".join(each.split(",")))
        lines.append(each)
    if closed:
        lines.append(f"#END,{digest.count},{digest.hex()}")
    return "\n".join(lines) + "\n"


class ListWorld:
    """One folder with a directory that knows people 0 … known − 1."""

    def __init__(self, folder: Path, known: int = 0, **options: Any) -> None:
        self.folder = folder
        self.settings = Settings(
            directory=folder / "d.sqlite", lists=folder / "l.sqlite", lists_folder=folder / "guarded", **options
        )
        self.directory = Directory(self.settings.directory, KEYS)
        self.lists = Lists(self.settings.lists)
        for each in (self.directory, self.lists):  # nobody pulls the plug here: a third of the time
            each.connection.execute("PRAGMA synchronous = OFF")
        self.clock = 1_700_000_000_000
        if known:
            self.know(range(known))

    def close(self) -> None:
        self.directory.close()
        self.lists.close()

    def know(self, people: Iterable[int]) -> None:
        """Import these people into the directory."""
        file = self.folder / "mapping.csv"
        lines = [f"01,{card(each)},{psn_no(each)}" for each in people]
        file.write_text("\n".join(["证件类型,证件号码,人员编号", *lines]) + "\n", "utf-8")
        assert bring(self.directory, file, REGION, dry_run=False, progress=silent).wrong == 0

    def take(
        self, period: str, rows: Iterable[str], *, source: str = "civil_affairs", kind: str = "subsistence",
        county: str = COUNTY, dry_run: bool = False, confirm: bool = False, closed: bool = True,
    ) -> Taken:  # fmt: skip
        file = self.folder / f"{period}.csv"
        file.write_text(text_of(rows, closed=closed), "utf-8")
        return self.take_file(file, period, source=source, kind=kind, county=county, dry_run=dry_run, confirm=confirm)

    def take_file(
        self, file: Path, period: str, *, source: str = "civil_affairs", kind: str = "subsistence",
        county: str = COUNTY, dry_run: bool = False, confirm: bool = False,
    ) -> Taken:  # fmt: skip
        order = order_of(self.settings, source=source, kind=kind, county=county, period=period)
        self.clock += 1_000
        way = Way(dry_run, confirm, self.clock, silent, silent)
        return take(self.lists, self.directory, self.settings, order, file, way)

    def outbox(self) -> list[dict[str, Any]]:
        """Everything that was or will be published, in order, with `psn_no`."""
        rows = self.lists.connection.execute("SELECT topic, what, person, body FROM change ORDER BY seq").fetchall()
        numbers = self.directory.numbers({row[2] for row in rows if row[2] is not None})
        return [
            {"topic": topic, "what": what, "psn_no": numbers.get(person), **orjson.loads(body)}
            for topic, what, person, body in rows
        ]

    def dump(self) -> list[Any]:
        """All tables of the lists database but the clock's figures."""
        tables = ("series", "line", "held", "change", "task")
        run = self.lists.connection.execute
        return [run("SELECT * FROM ?".replace("?", name)).fetchall() for name in tables]


def standing(events: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """By person and identity the intervals [first day, first day without) that stand after these events.

    As every reader of the feed does it: of each (source_id, identity) the highest revision holds.
    """
    newest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for event in events:
        if event["type"] != "identity.changed":
            continue
        key = (event["psn_no"], event["source_id"], event["identity"])
        if key not in newest or newest[key]["revision"] < event["revision"]:
            newest[key] = event
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for (person, _, identity), event in newest.items():
        if not event["withdrawn"]:
            found.setdefault((person, identity), []).append((event["recognised_on"], event.get("removed_on", "")))
    return {key: sorted(each) for key, each in found.items()}
