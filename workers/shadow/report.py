"""The comparison as one object, and for people: text, one HTML file, CSV. Equal bills give equal bytes.

Outside the office small cells are left out (`hidden`): a cause in a county of few people is a person. The bills behind
the sums are another file (`bills_csv`), for the office alone; they name numbers of bills and of decisions, nobody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schemas.money import text_of
from workers.pages.html import render
from workers.pages.words import measure_words
from workers.shadow.causes import LABELS, Cause
from workers.shadow.cells import Bill, Cell, Cells, hidden

_LABELS = {cause.value: LABELS[cause] for cause in Cause}
_SENTENCES = {cause.value: cause.text for cause in Cause}
DIMENSIONS = {"causes": "差异原因", "counties": "参保地", "classes": "救助对象类别"}
COLUMNS = ("bills", "persons", "ours", "platform", "more", "less")
WORDS = {
    "bills": "单据", "persons": "人数", "ours": "我方（元）", "platform": "平台（元）", "more": "我方多（元）",
    "less": "我方少（元）",
}  # fmt: skip


def report(cells: Cells, wanted: Mapping[str, Any], k: int, waiting: int) -> dict[str, Any]:
    """The whole answer. `k` is 1 inside the office; amounts are yuan texts, a hidden cell says only that it is."""
    told: dict[str, Any] = {"type": "shadow.report", "version": 1, "asked": dict(wanted), "k": k}
    told["waiting_without_decision"] = waiting if waiting == 0 or waiting >= k else None
    told["total"] = None if 0 < cells.total.persons < k else _numbers(cells.total)
    for name in DIMENSIONS:
        part: Mapping[str, Cell] = getattr(cells, name)
        unseen = hidden(part, k) if told["total"] is not None else frozenset(part)
        told[name] = [_row(name, key, cell, key in unseen) for key, cell in _ordered(name, part) if cell.bills]
    return told


def text(told: Mapping[str, Any]) -> str:
    """What a clerk wants to know first."""
    asked = told["asked"]
    span = f"{asked.get('from') or '开始'} 至 {asked.get('to') or '现在'}"
    lines = [f"试运行（影子模式）对比  地区 {asked.get('region') or '全部'}  受益日期 {span}", _total(told)]
    if told["waiting_without_decision"] != 0:
        lines.append(f"另有 {_shown(told['waiting_without_decision'], told['k'])} 张单据我方尚未作出决定。")
    for name, title in DIMENSIONS.items():
        lines += ["", f"按{title}："]
        lines += [] if told[name] else ["  没有单据。"]
        for row in told[name]:
            if row["hidden"]:
                lines.append(f"  {shown(name, row)}：人数过少，不显示")
            else:
                lines.append("  " + f"{shown(name, row)}：" + "，".join(f"{WORDS[c]} {row[c]}" for c in COLUMNS))
            if "text" in row:
                lines.append(f"      {row['text']}")
    if told["k"] > 1:
        lines += ["", f"少于 {told['k']} 人的分组不显示；全部数据只在经办机构内部使用（--internal）。"]
    return "\n".join(lines)


def page(told: Mapping[str, Any]) -> str:
    """One HTML file that needs nothing else."""
    return render(
        "shadow/report.html.j2",
        t=told,
        dimensions=DIMENSIONS,
        columns=COLUMNS,
        words=WORDS,
        total=_total(told),
        shown=shown,
    )


def table(told: Mapping[str, Any]) -> str:
    """The sums as CSV (UTF-8 with the mark that spreadsheets want, RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["dimension", "name", *COLUMNS, "hidden"])
    for name in DIMENSIONS:
        for row in told[name]:
            writer.writerow([name, row["name"], *(row.get(column, "") for column in COLUMNS), int(row["hidden"])])
    return "\ufeff" + out.getvalue()


def bills_csv(bills: Iterable[Bill]) -> Iterator[str]:
    """The bills that differ, a line each: for the office, to be looked up at the platform."""
    yield "\ufeffregion,setl_id,county,measure,class,ours,platform,difference,cause,decision_id\r\n"
    for bill in bills:
        done = bill.compared
        if done.cause is Cause.SAME:
            continue
        out = io.StringIO()
        csv.writer(out).writerow([
            bill.region, bill.setl_id, bill.county, bill.measure, done.group, text_of(done.ours),
            text_of(done.platform), text_of(done.ours - done.platform), done.cause.value, bill.decision_id,
        ])  # fmt: skip
        yield out.getvalue()


_COUNTED = str.maketrans("一二三四五六七八九（", "123456789~")
"""Classes stand as they are counted, not as their characters are numbered; who has none comes last."""


def shown(dimension: str, row: Mapping[str, Any]) -> str:
    """The name of a row as a clerk reads it; codes of causes stay beside it, the guide explains them."""
    name = str(row["name"])
    if dimension == "causes":
        return f"{_LABELS[name]}（{name}）"
    if dimension == "classes":
        measure, _, group = name.partition(" ")
        return f"{measure_words(measure)} {group}".strip()
    return name


def _ordered(name: str, cells: Mapping[str, Cell]) -> list[tuple[str, Cell]]:
    if name == "causes":
        return list(cells.items())
    return sorted(cells.items(), key=lambda each: (each[0].translate(_COUNTED), each[0]))


def _numbers(cell: Cell) -> dict[str, Any]:
    amounts = {name: text_of(getattr(cell, name)) for name in ("ours", "platform", "more", "less")}
    return {"bills": cell.bills, "persons": cell.persons, **amounts}


def _row(dimension: str, name: str, cell: Cell, unseen: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "hidden": unseen}
    if dimension == "causes":
        row["text"] = _SENTENCES[name]
    return row if unseen else {**row, **_numbers(cell)}


def _total(told: Mapping[str, Any]) -> str:
    if told["total"] is None:
        return f"全部不足 {told['k']} 人，不显示。"
    return "合计：" + "，".join(f"{WORDS[column]} {told['total'][column]}" for column in COLUMNS)


def _shown(number: int | None, k: int) -> str:
    return f"少于 {k}" if number is None else str(number)
