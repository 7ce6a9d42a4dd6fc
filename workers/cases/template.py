"""A new worked example to fill in: the clause's words, a person of a class it concerns, one bill with open cells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workers.cases.document import COLUMNS, OPEN, Document, Line, Section
from workers.cases.laws import Books
from workers.errors import Usage
from workers.policy.loader import Loaded, walk
from workers.policy.values import LiteralCite

SECOND = {"JY": "二次", "DT": "化解"}


def template(books: Books, city: str, clause: str) -> Document:
    """The document; Usage where city or clause do not exist."""
    home = books.homes.get(city) or next((each for each in books.homes.values() if each.measure == city), None)
    if home is None:
        raise Usage(f"there is no measure {city!r}; there are: {', '.join(books.homes)}")
    folder = next(name for name, each in books.homes.items() if each == home)
    loaded = books.of(home.measure)[-1]
    nodes = [node for _, node in walk(loaded.book) if clause in getattr(node, "clauses", ())]
    if not nodes:
        known = sorted({name for _, node in walk(loaded.book) for name in getattr(node, "clauses", ())})
        raise Usage(f"no rule or class of {home.measure} cites {clause!r}; it cites: {', '.join(known)}")
    name = next((text for node in nodes if (text := getattr(node, "name", ""))), clause)
    head = {
        "title": f"{name}（{clause}）",
        "clauses": clause,
        "authority": f"{loaded.book.instrument.doc_no}条文；未明确处按规则库所选解释",
        "checked_by": "待政策经办人员复核",
    }
    intro = [f"{article}：“{quote}”" for article, quote in _quotes(nodes)]
    return Document(Path(folder) / f"90-{clause}.md", head, intro, [_section(loaded, nodes, clause)])


def _quotes(nodes: list[Any]) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for node in nodes:
        for _, each in walk(node):
            if isinstance(each, LiteralCite) and (each.article, each.quote) not in seen:
                seen.add((each.article, each.quote))
                yield each.article, each.quote


def _section(loaded: Loaded, nodes: list[Any], clause: str) -> Section:
    measure = loaded.book.measure
    columns = tuple(SECOND.get(measure, name) if name == "倾斜" else name for name in COLUMNS)
    names = [node.name for node in nodes if hasattr(node, "recognised_by")]
    identity = names[0] if names else loaded.book.group[0].identity[0].name
    year = loaded.book.instrument.in_force.value.year + 1
    rows = [
        {"顺序": "1", "事件": f"认定 {identity}", "日期": f"{year}-01-01"},
        {"顺序": "2", "事件": "住院结算 S1", "日期": f"{year}-03-01", "合规自付": "1000.00", "应救助": OPEN,
         "累计": OPEN, "理由": OPEN, "算式": OPEN, "依据": clause},
    ]  # fmt: skip
    lines = [Line(0, dict.fromkeys(columns, "") | row) for row in rows]
    return Section("写明这个例子说明什么", columns, [], lines)
