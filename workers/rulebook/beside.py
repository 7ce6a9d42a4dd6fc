"""A rulebook beside its articles: the words of each article, under them what the rulebook makes of them.

Reads the form only: a draft whose figures or quotes are wrong can be read here, which is where one sees what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workers.errors import Usage
from workers.policy.adoption import SHIPPED, read_folder
from workers.policy.loader import Loaded, load
from workers.policy.parts import parts_of
from workers.policy.problems import Finding, RulebookError

EVERY = "all"
SILENT = (".clauses", ".recognised_by", ".do")
"""Parts that say nothing of what a person gets."""


def books(folder: Path | None, measure: str | None) -> list[Loaded]:
    """Rulebooks of a folder, unproved; RulebookError where the form is wrong, Usage where the measure is not there."""
    files = read_folder(folder or SHIPPED)
    found, findings = list[Loaded](), list[Finding]()
    for name in sorted(each for each in files if each.endswith(".toml")):
        beside = {path.rpartition("/")[2]: text for path, text in files.items() if _folder(path) == _folder(name)}
        try:
            found.append(load(name, files[name], beside))
        except RulebookError as error:
            findings += error.findings
    if findings:
        raise RulebookError(findings)
    chosen = [each for each in found if measure in (None, each.book.measure)]
    if not chosen:
        there = ", ".join(dict.fromkeys(each.book.measure for each in found))
        raise Usage(f"there is no measure of that name; there are: {there}")
    return chosen


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def page(loaded: Loaded, article: str) -> str:
    """One article (or `all`) with what cites it; Usage where the instrument has no such article."""
    names = list(loaded.articles) if article == EVERY else [article]
    if names[0] not in loaded.articles:
        raise Usage(f"{loaded.book.instrument.doc_no} has no article {article}; it has: {'、'.join(loaded.articles)}")
    return "\n".join(line for name in names for line in _article(loaded, name))


def _article(loaded: Loaded, name: str) -> Iterator[str]:
    table = loaded.book.instrument
    yield f"{table.title}（{table.doc_no}） {name}"
    yield f"  {loaded.articles[name]}"
    quoted: dict[str, list[str]] = {}
    for part in parts_of(loaded.book).values():
        if part.cite.startswith(f"{name}“") and not part.place.endswith(SILENT):
            told = part.label if part.words.startswith("有") else f"{part.label}：{part.words}"
            quoted.setdefault(part.cite.removeprefix(name), []).append(told)
    if not quoted:
        yield "  （没有规则引用这一条）"
    for quote, lines in quoted.items():
        yield f"  {quote}"
        yield from (f"      → {line}" for line in lines)
    yield ""
