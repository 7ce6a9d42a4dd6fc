"""Worked examples as a spreadsheet and back: one flat table, a row of it for each row of a case.

The columns in front repeat what belongs to the file and to the section, so that the table can be sorted out and
filtered; the order of rows within a section is the order of arrival and must stay. Everything is text: a spreadsheet
that turns an amount into a number or a day into a date of its own is read back exactly, or refused.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from workers.cases.document import HEAD, Document, Line, Section
from workers.errors import Usage

FRONT = ("文件", "标题", "条款", "出处", "复核人", "文件说明", "小节", "小节说明")
TABLE = (
    "顺序", "事件", "日期", "合规自付", "情形", "应救助", "倾斜", "二次", "追溯", "化解", "医中",
    "累计", "理由", "资金", "算式", "依据",
)  # fmt: skip
"""Columns in their usual order; a case file may have others, which follow."""

ROWS_MAX, BYTES_MAX, UNPACKED_MAX = 20_000, 5_000_000, 60_000_000
_ABSENT = "—"
"""In a cell whose column the section's own table does not have."""


def rows_of(documents: Iterable[Document]) -> list[list[str]]:
    """The flat table with its heading."""
    kept = list(documents)
    known = [name for each in kept for section in each.sections for name in section.columns]
    table = [*TABLE, *dict.fromkeys(name for name in known if name not in TABLE)]
    rows = [[*FRONT, *table]]
    for document in kept:
        front = [
            f"{document.city}/{document.path.name}",
            *(document.head[name] for name in HEAD),
            _text(document.intro),
        ]
        for section in document.sections:
            for line in section.lines:
                cells = [line.cells.get(name, "") if name in section.columns else _ABSENT for name in table]
                rows.append([*front, section.title, _text(section.notes), *cells])
    return rows


def _text(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")


def documents_of(rows: Iterable[list[Any]], folder: Path) -> list[Document]:
    """The documents that a flat table holds, in its order; Usage names the row that is not in form."""
    kept = iter(rows)
    heading = [_cell(value, 1, "") for value in next(kept, [])]
    if tuple(heading[: len(FRONT)]) != FRONT or not set(TABLE) <= set(heading):
        raise Usage(f"row 1: the columns are {', '.join((*FRONT, *TABLE))}; `tuodi cases export` writes such a table")
    table = heading[len(FRONT) :]
    found: dict[str, Document] = {}
    for number, row in enumerate(kept, start=2):
        if number > ROWS_MAX:
            raise Usage(f"the table has more than {ROWS_MAX} rows; import it in parts")
        cells = {name: _cell(value, number, name) for name, value in zip(heading, row, strict=False)}
        if any(cells.values()):
            _add(found, folder, number, cells, [name for name in table if cells.get(name, "") != _ABSENT])
    return list(found.values())


def _add(found: dict[str, Document], folder: Path, number: int, cells: dict[str, str], columns: list[str]) -> None:
    name = cells["文件"]
    path = Path(name)
    if path.suffix != ".md" or len(path.parts) != 2 or ".." in path.parts or path.is_absolute():
        raise Usage(f"row {number}: 文件 is a folder of a city and a file name, such as qiannan/01-一类.md")
    head = dict(zip(HEAD, (cells["标题"], cells["条款"], cells["出处"], cells["复核人"]), strict=True))
    document = found.setdefault(name, Document(folder / path, head, cells["文件说明"].split("\n")))
    if document.head != head:
        raise Usage(
            f"row {number}: 标题, 条款, 出处 or 复核人 differ from the rows of {name} above; make them the same"
        )
    if not document.sections or document.sections[-1].title != cells["小节"]:
        if any(section.title == cells["小节"] for section in document.sections):
            raise Usage(f"row {number}: the rows of 小节 {cells['小节']!r} do not stand together; keep their order")
        document.sections.append(Section(cells["小节"], tuple(columns), cells["小节说明"].split("\n")))
    section = document.sections[-1]
    section.lines.append(Line(number, {each: cells.get(each, "").replace(_ABSENT, "") for each in section.columns}))


def _cell(value: Any, number: int, name: str) -> str:
    """The text of a cell, exactly; a number is an amount, a date a day."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        amount = Decimal(str(value))
        if name == "顺序" and amount == amount.to_integral_value():
            return str(int(amount))
        if amount != amount.quantize(Decimal("0.01")):
            raise Usage(f"row {number}, {name}: {value} has more than two places; write the amount as text")
        return str(amount.quantize(Decimal("0.01")))
    text = str(value).strip()
    if text.startswith("="):
        raise Usage(f"row {number}, {name}: a formula stands there; paste its value")
    if "|" in text:
        raise Usage(f"row {number}, {name}: the sign | divides the cells of a case file; leave it out")
    return text


def save(rows: list[list[str]], out: Path) -> None:
    """Write the table as .xlsx or .csv, by the name."""
    if out.suffix == ".csv":
        with out.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(rows)
        return
    _want_xlsx(out)
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "样例"
    for row in rows:
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.number_format = "@"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "A2"
    book.save(out)


def loaded(file: Path) -> Iterator[list[Any]]:
    """Rows of a .xlsx or .csv file; Usage where it cannot be read or is too large."""
    if not file.is_file() or file.stat().st_size > BYTES_MAX:
        raise Usage(f"{file} is not a file of at most {BYTES_MAX} bytes")
    if file.suffix == ".csv":
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                yield from csv.reader(lines, strict=True)
        except (UnicodeDecodeError, csv.Error) as error:
            raise Usage(f"{file} is no table of commas in UTF-8: {error}") from error
        return
    _want_xlsx(file)
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_MAX:
                raise Usage(f"{file} unpacks to more than {UNPACKED_MAX} bytes")
        book = load_workbook(file, read_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Usage(f"{file} cannot be read as a spreadsheet: {error}; save it as .xlsx or .csv") from error
    yield from (list(row) for row in book.worksheets[0].iter_rows(values_only=True))
    book.close()


def _want_xlsx(file: Path) -> None:
    if file.suffix != ".xlsx":
        raise Usage(f"{file} is neither .xlsx nor .csv; name one of the two")
