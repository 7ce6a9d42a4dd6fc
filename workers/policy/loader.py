"""From the text of a rulebook and of its instrument to a `Loaded`; every fault becomes a finding with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from workers.policy.lines import Path, line_index, line_of
from workers.policy.numbers import normal
from workers.policy.problems import Finding, RulebookError
from workers.policy.schema import Rulebook
from workers.policy.values import Model

RULEBOOK_BYTES_MAX = 400_000
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class Loaded(NamedTuple):
    """A rulebook whose form is right, with what is needed to point at its lines and its articles."""

    book: Rulebook
    file: str
    lines: dict[Path, int]
    articles: dict[str, str]  # article number → normalised text

    def finding(self, path: Path, message: str, fix: str, *articles: str) -> Finding:
        article = next((each for each in articles if each in self.articles), None)
        see = f"tuodi rulebook show {self.book.measure}" + (f" --article {article}" if article is not None else "")
        return Finding(self.file, line_of(self.lines, path), message, fix, articles, see)


def load(file: str, text: str, sources: dict[str, str]) -> Loaded:
    """Parse and check the form of one rulebook; RulebookError lists what is wrong. Proofs are in `checks`."""
    if len(text.encode()) > RULEBOOK_BYTES_MAX:
        message = f"the file has more than {RULEBOOK_BYTES_MAX} bytes"
        raise RulebookError([Finding(file, 1, message, "one file per instrument revision")])
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError([_syntax(file, error)]) from error
    index = line_index(text)
    try:
        book = Rulebook.model_validate(raw)
    except ValidationError as error:
        raise RulebookError([_form(file, index, fault) for fault in error.errors()]) from error
    source = sources.get(book.instrument.source)
    if source is None:
        line = line_of(index, ("instrument", "source"))
        fix = f"put the instrument's text as {book.instrument.source} beside {file}"
        raise RulebookError([Finding(file, line, "the source text is not there", fix)])
    articles, findings = _articles(file, index, book, normal(source))
    if findings:
        raise RulebookError(findings)
    return Loaded(book, file, index, articles)


def _syntax(file: str, error: tomllib.TOMLDecodeError) -> Finding:
    found = _TOML_LINE.search(str(error))
    message = str(error)
    fix = "write each key once in its table" if "overwrite" in message else "correct the TOML at this place"
    return Finding(file, int(found[1]) if found else 1, f"not readable as TOML: {message}", fix)


_FIXES = {
    "extra_forbidden": "remove the key or correct its spelling; docs/rulebook.md lists what exists",
    "missing": "add it",
    "union_tag_invalid": "use one of the names listed in docs/rulebook.md",
    "union_tag_not_found": "say which kind it is",
}


def _form(file: str, index: dict[Path, int], fault: Any) -> Finding:
    """A pydantic fault in a clerk's words; never the value that was found."""
    path = tuple(fault["loc"])
    kind = fault["type"]
    where = ".".join(str(part) for part in path)
    message = fault["msg"]
    if kind == "union_tag_invalid" and fault["ctx"].get("discriminator") == "'do'":
        message = f"the verb {fault['ctx']['tag']!r} is not in the closed list of verbs"
    elif kind == "missing" and path and path[-1] == "cite":
        message = "the citation is missing"
        return Finding(file, line_of(index, path), f"{where}: {message}", "cite the words, the figure or the question")
    return Finding(file, line_of(index, path), f"{where}: {message}", _FIXES.get(kind, "correct the value"))


def _articles(file: str, index: dict[Path, int], book: Rulebook, source: str) -> tuple[dict[str, str], list[Finding]]:
    """Cut the instrument at the beginnings of its articles, in order."""
    starts: list[tuple[str, int]] = []
    findings: list[Finding] = []
    position = 0
    for number, article in enumerate(book.article):
        found = source.find(normal(article.starts), position)
        if found < 0:
            line = line_of(index, ("article", number))
            message = f"article {article.no} does not begin anywhere after the article before it"
            fix = "copy its first words from the instrument and keep the order of the instrument"
            findings.append(Finding(file, line, message, fix, (article.no,)))
            continue
        starts.append((article.no, found))
        position = found + 1
    ends = [start for _, start in starts[1:]] + [len(source)]
    return {no: source[start:end] for (no, start), end in zip(starts, ends, strict=True)}, findings


def walk(node: object, path: Path = ()) -> Iterator[tuple[Path, Model]]:
    """Every model of a rulebook with its path, parents first."""
    if isinstance(node, Model):
        yield path, node
        for name in type(node).model_fields:
            yield from walk(getattr(node, name), (*path, name))
    elif isinstance(node, tuple):
        for number, item in enumerate(node):
            yield from walk(item, (*path, number))
