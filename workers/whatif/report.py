"""The answer for people: a page of text, and one HTML file with plots that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from schemas.money import fen_of
from schemas.whatif import Change, WhatIf
from workers.pages.charts import Pair, histogram, pairs
from workers.pages.html import render
from workers.pages.words import LAYERS, fund_words, measure_words, result_words

SIDES = ("现行规则", "草案")
PEOPLE_SHOWN = 50
CHANGES_SHOWN = 12
EDGES_YUAN = (-10_000, -5_000, -1_000, -100, 0, 100, 1_000, 5_000, 10_000)
"""Edges of the histogram of personal changes."""


def summary(answer: WhatIf) -> str:
    """What a clerk wants to know first."""
    persons, total = answer.persons, answer.total
    more = len(answer.changes) - CHANGES_SHOWN
    lines = [
        f"事实：{answer.facts.file}，{answer.facts.lines} 行，{answer.facts.bills} 张结算单，{persons.seen} 人",
        *(f"规则差别：{each}" for each in answer.changes[:CHANGES_SHOWN]),
        *([f"……另有 {more} 处，用 tuodi rulebook diff 查看"] if more > 0 else []),
        *([] if answer.changes else ["两部规则没有差别。"]),
        *(f"注意：草案没有办法 {each}，如果启用，当地的全部费用将暂挂" for each in answer.dropped_measures),
        f"救助合计：{total.before} → {total.after} 元（{signed(total.delta)}）",
        f"受影响 {persons.changed} 人：金额增加 {persons.gain} 人，减少 {persons.lose} 人",
        f"需要退回的 {persons.owe} 人，共 {answer.recover} 元（逐笔由经办人员审批）；应补付 {answer.pay_more} 元",
    ]
    lines += [
        f"  {measure_words(row.measure)} {row.name}: {row.before} → {row.after}（{signed(row.delta)}）"
        for row in answer.classes
    ]
    return "\n".join(lines)


def page(answer: WhatIf) -> str:
    """The report as one HTML file; equal answers give equal bytes."""
    largest = sorted(answer.people, key=lambda each: (-abs(fen_of(each.delta)), each.person_key))
    by_class = [_pair(f"{measure_words(row.measure)} {row.name}", row) for row in answer.classes if row.group]
    by_fund = [_pair(f"{measure_words(row.measure)} {fund_words(row.funding)}", row) for row in answer.funds]
    people = bins([fen_of(each.delta) for each in answer.people])
    return render(
        "whatif/report.html.j2",
        w=answer,
        people=largest[:PEOPLE_SHOWN],
        classes_plot=_plot(pairs("各类别救助金额（元）", by_class, SIDES)),
        funds_plot=_plot(pairs("各资金渠道（元）", by_fund, SIDES)),
        people_plot=_plot(histogram("每个人的变化", people, "人")),
        signed=signed,
        tone=tone,
        result=result_words,
        measure=measure_words,
        layer=lambda name: LAYERS.get(name, name),
    )


def _plot(svg: str) -> Markup:
    """Plots escape what they show themselves."""
    return Markup(svg)  # noqa: S704


def _pair(label: str, row: Change) -> Pair:
    return Pair(label, fen_of(row.before), fen_of(row.after), (row.before, row.after))


def bins(deltas: Sequence[int]) -> list[tuple[str, int, bool]]:
    """Counts of personal changes between the edges; a person without a change in sum is in none."""
    lows: list[int | None] = [None, *EDGES_YUAN]
    highs: list[int | None] = [*EDGES_YUAN, None]
    found = []
    for low, high in zip(lows, highs, strict=True):
        inside = [d for d in deltas if d and (low is None or d >= low * 100) and (high is None or d < high * 100)]
        less = high is not None and high <= 0
        label = f"<{high}" if low is None else f"≥{low}" if high is None else f"{low}~{high}"
        found.append((label, len(inside), less))
    return found


def signed(text: str) -> str:
    """`+12.00`, `-3.00`, `0.00`."""
    return f"+{text}" if fen_of(text) > 0 else text


def tone(text: str) -> str:
    """CSS class of a difference."""
    fen = fen_of(text)
    return "more" if fen > 0 else "less" if fen < 0 else ""
