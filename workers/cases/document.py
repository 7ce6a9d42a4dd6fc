"""A case file as a document: front matter, sections, tables. Markdown in, Markdown out; no meaning yet.

`read` and `write` are inverses up to spaces in table cells; the spreadsheet form (`sheet`) holds the same document.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workers.errors import Usage

HEAD = ("title", "clauses", "authority", "checked_by")
COLUMNS = ("顺序", "事件", "日期", "合规自付", "情形", "应救助", "倾斜", "累计", "理由", "算式", "依据")
OPEN = "？"
"""What stands in a cell that the clerk has still to fill."""

FILE_BYTES_MAX = 1_000_000


@dataclass(frozen=True)
class Line:
    """One row of a table: where it stands and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass
class Section:
    """One person with one table; `notes` are the lines between heading and table."""

    title: str
    columns: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass
class Document:
    """One file. `path` is where it stands, `city` the folder it stands in."""

    path: Path
    head: dict[str, str] = field(default_factory=dict)
    intro: list[str] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def city(self) -> str:
        return self.path.parent.name

    @property
    def clauses(self) -> tuple[str, ...]:
        return tuple(part for part in self.head["clauses"].replace(" ", "").split(",") if part)


def read(path: Path) -> Document:
    """The document of a file; Usage names file and line of what is not in form."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Usage(f"{path} has more than {FILE_BYTES_MAX} bytes; split it into several files")
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{path} cannot be read: {error}; give a Markdown file in UTF-8") from error
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise Usage(f"{path}:1: the front matter is missing; `tuodi cases new` shows its form")
    end = lines.index("---", 1)
    document = Document(path, {name: text for name, _, text in (line.partition(": ") for line in lines[1:end])})
    missing = [name for name in HEAD if name not in document.head]
    if missing:
        raise Usage(f"{path}:1: the front matter has no {', '.join(missing)}; add it")
    for number, line in enumerate(lines[end + 1 :], start=end + 2):
        _take(document, number, line.rstrip())
    return document


def _take(document: Document, number: int, line: str) -> None:
    if line.startswith("## "):
        document.sections.append(Section(line[3:].strip()))
    elif not document.sections:
        document.intro.append(line)
    elif line.startswith("|"):
        _table_line(document, number, [cell.strip() for cell in line.strip("|").split("|")])
    elif line or document.sections[-1].notes:
        document.sections[-1].notes.append(line)


def _table_line(document: Document, number: int, cells: list[str]) -> None:
    section = document.sections[-1]
    if not section.columns:
        section.columns = tuple(cells)
    elif set("".join(cells)) <= set("-: ") and not section.lines and any(cells):
        return
    elif len(cells) != len(section.columns):
        raise Usage(
            f"{document.path}:{number}: the row has {len(cells)} cells, the table has {len(section.columns)} columns;"
            " put a | between any two cells"
        )
    else:
        section.lines.append(Line(number, dict(zip(section.columns, cells, strict=True))))


def write(document: Document) -> str:
    """The document as Markdown, in one form for all files."""
    return "\n".join(_written(document)).rstrip() + "\n"


def _written(document: Document) -> Iterator[str]:
    yield "---"
    yield from (f"{name}: {text}" for name, text in document.head.items())
    yield "---"
    yield from _paragraphs(document.intro)
    for section in document.sections:
        yield from ("", f"## {section.title}")
        yield from _paragraphs(section.notes)
        yield from ("", f"| {' | '.join(section.columns)} |", "|" + "---|" * len(section.columns))
        for line in section.lines:
            yield f"| {' | '.join(line.cells.get(column, '') for column in section.columns)} |"


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The lines without blank ones at either end, behind one blank line."""
    text = "\n".join(lines).strip("\n")
    if text:
        yield from ("", *text.split("\n"))


def paths(place: Path) -> list[Path]:
    """Case files at a place: the file itself, the files of a city's folder, or of a folder of such folders."""
    if place.is_file():
        return [place]
    cases = [path for path in sorted(place.glob("*.md")) if path.name != "README.md"] or sorted(place.glob("*/*.md"))
    if not cases:
        raise Usage(f"there is no worked example (*.md) at {place}; name a file or a folder of a city")
    return cases
