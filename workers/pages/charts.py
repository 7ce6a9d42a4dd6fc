"""Small plots as SVG text: pairs of bars, and a histogram around zero. No script, no font, the same bytes always."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, LABEL, VALUE = 760, 190, 190
ROW, BAR = 44, 15
INK, BEFORE, AFTER, MORE, LESS = "#222", "#9aa7b5", "#1f6fb2", "#2e7d4f", "#b23a2e"


class Pair(NamedTuple):
    """One row: a label and two amounts in fen with the words shown beside them."""

    label: str
    before: int
    after: int
    said: tuple[str, str]


def pairs(title: str, rows: Sequence[Pair], names: tuple[str, str]) -> str:
    """Two bars a row, today above and the draft below, on one scale."""
    most = max((max(row.before, row.after) for row in rows), default=0) or 1
    room = WIDTH - LABEL - VALUE
    parts = []
    for number, row in enumerate(rows):
        top = 26 + number * ROW
        parts.append(_text(LABEL - 8, top + BAR + 4, row.label, "end"))
        for side, (fen, color, said) in enumerate(zip((row.before, row.after), (BEFORE, AFTER), row.said, strict=True)):
            y = top + side * (BAR + 2)
            parts.append(_bar(LABEL, y, max(1 if fen else 0, room * fen // most), color, f"{row.label} {said}"))
            parts.append(_text(LABEL + 6 + room * fen // most, y + 12, said, "start", 12))
    legend = _bar(LABEL, 4, 12, BEFORE, "") + _text(LABEL + 18, 15, names[0], "start", 12)
    legend += _bar(LABEL + 110, 4, 12, AFTER, "") + _text(LABEL + 128, 15, names[1], "start", 12)
    return _svg(title, 26 + len(rows) * ROW, legend + "".join(parts))


def histogram(title: str, bins: Sequence[tuple[str, int, bool]], unit: str) -> str:
    """One column a bin: (label, count, less). Columns of people who get less are red, of the others green."""
    most = max((count for _, count, _ in bins), default=0) or 1
    step, height, base = (WIDTH - 40) // max(1, len(bins)), 150, 182
    parts = []
    for number, (label, count, less) in enumerate(bins):
        x, tall = 20 + number * step, height * count // most
        tall = max(tall, 2 if count else 0)
        color = LESS if less else MORE
        parts.append(_bar(x + 4, base - tall, step - 8, color, f"{label}: {count}{unit}", tall))
        parts.append(_text(x + step // 2, base - tall - 5, str(count) if count else "", "middle", 12))
        parts.append(_text(x + step // 2, base + 16, label, "middle", 11))
    axis = f'<line x1="20" y1="{base}" x2="{WIDTH - 20}" y2="{base}" stroke="{INK}"/>'
    return _svg(title, base + 26, "".join(parts) + axis)


def _svg(title: str, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{body}</svg>'
    )


def _bar(x: int, y: int, width: int, color: str, told: str, height: int = BAR) -> str:
    title = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{color}">{title}</rect>'


def _text(x: int, y: int, words: str, anchor: str, size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'
