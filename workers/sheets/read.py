"""Opening a table by its name: `.csv`, `.xlsx`, `.ndjson`. Memory: a row; of an XLSX its shared texts too."""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import orjson

from workers.errors import Usage
from workers.sheets.rows import (
    CELL_CHARACTERS_MAX,
    LOST_DIGITS,
    Aliases,
    Closing,
    Line,
    Row,
    chosen,
    data_rows,
    heading,
)

BYTES_MAX = 1_000_000_000
UNPACKED_MAX = 4_000_000_000
LINE_CHARACTERS_MAX = 100_000
_CHUNK = 1 << 20
EXACT_DIGITS = 15

Progress = Callable[[int, int], None]


class Table(NamedTuple):
    """An open table. `has` are the wanted columns that it has; `far` says (done, total) in a unit of its own."""

    has: frozenset[str]
    rows: Iterator[Row | Closing]
    far: Callable[[], tuple[int, int]]


@contextmanager
def opened(file: Path, aliases: Aliases, wanted: Sequence[str]) -> Iterator[Table]:
    """The table of a file. Usage where it is no such file; rows of it raise Usage where they cannot be read."""
    if not file.is_file():
        raise Usage(f"{file.name}: no such file")
    if file.stat().st_size > BYTES_MAX:
        raise Usage(f"{file.name}: larger than {BYTES_MAX:,} bytes; divide it")
    ways = {".csv": _csv, ".xlsx": _xlsx, ".ndjson": _ndjson, ".jsonl": _ndjson}
    way = ways.get(file.suffix.lower())
    if way is None:
        raise Usage(f"{file.name}: the name ends in {', '.join(ways)}")
    with way(file, aliases, wanted) as table:
        yield table


def encoding_of(file: Path) -> str:
    """UTF-8 (with or without byte order mark) where the whole file is, else GB18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


@contextmanager
def _csv(file: Path, aliases: Aliases, wanted: Sequence[str]) -> Iterator[Table]:
    size = file.stat().st_size
    with file.open(encoding=encoding_of(file), newline="") as source:
        lines = _csv_lines(source, file.name)
        columns = next(lines, Line(1, [])).cells
        places = chosen(columns, aliases, wanted, file.name)
        has = frozenset(name for name, at in zip(wanted, places, strict=True) if at >= 0)
        far = source.buffer.raw.tell  # type: ignore[attr-defined]
        yield Table(has, data_rows(lines, places, file.name), lambda: (min(far(), size), size))


def _csv_lines(source: TextIO, where: str) -> Iterator[Line]:
    reader = csv.reader(_bounded(source, where), strict=True)
    try:
        for cells in reader:
            yield Line(reader.line_num, cells)
    except (csv.Error, UnicodeDecodeError):
        raise Usage(f"{where}:{reader.line_num + 1}: not CSV in UTF-8 or GB18030") from None


def _bounded(source: TextIO, where: str) -> Iterator[str]:
    while line := source.readline(LINE_CHARACTERS_MAX + 1):
        if len(line) > LINE_CHARACTERS_MAX:
            raise Usage(f"{where}: a line of more than {LINE_CHARACTERS_MAX:,} characters")
        yield line


@contextmanager
def _xlsx(file: Path, aliases: Aliases, wanted: Sequence[str]) -> Iterator[Table]:
    from openpyxl import load_workbook

    _check_zip(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises what zipfile, the XML parser and its own checks raise
        raise Usage(f"{file.name}: cannot be read as XLSX ({type(error).__name__})") from None
    try:
        sheet = book.worksheets[0]
        total = max(sheet.max_row or 1, 1)
        seen = [0]
        lines = _xlsx_lines(sheet, seen, file.name)
        columns = next(lines, Line(1, [])).cells
        places = chosen(columns, aliases, wanted, file.name)
        has = frozenset(name for name, at in zip(wanted, places, strict=True) if at >= 0)
        yield Table(has, data_rows(lines, places, file.name), lambda: (min(seen[0], total), total))
    finally:
        book.close()


def _check_zip(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
    except zipfile.BadZipFile:
        raise Usage(f"{file.name}: cannot be read as XLSX") from None
    if unpacked > UNPACKED_MAX:
        raise Usage(f"{file.name}: unpacks to more than {UNPACKED_MAX:,} bytes")


def _xlsx_lines(sheet: Any, seen: list[int], where: str) -> Iterator[Line]:
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            seen[0] = number
            yield Line(number, [_cell(value) for value in values])
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, SyntaxError) as error:
        raise Usage(f"{where}:{seen[0] + 1}: cannot be read as XLSX ({type(error).__name__})") from None


def _cell(value: Any) -> str:
    """Text of a cell; a number of more than fifteen digits has lost its last ones, and says so."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:CELL_CHARACTERS_MAX]
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value)
    if isinstance(value, int) and not isinstance(value, bool) and len(text.lstrip("-")) > EXACT_DIGITS:
        return LOST_DIGITS
    return text[:CELL_CHARACTERS_MAX]


@contextmanager
def _ndjson(file: Path, aliases: Aliases, wanted: Sequence[str]) -> Iterator[Table]:
    size = file.stat().st_size
    known = {heading(name): ours for name, ours in aliases.items()}
    with file.open("rb") as source:
        rows = _ndjson_rows(source, known, wanted, file.name)
        yield Table(frozenset(wanted), rows, lambda: (min(source.tell(), size), size))


def _ndjson_rows(source: Any, known: Aliases, wanted: Sequence[str], where: str) -> Iterator[Row | Closing]:
    closed = False
    number = 0
    while raw := source.readline(LINE_CHARACTERS_MAX + 1):
        number += 1
        if len(raw) > LINE_CHARACTERS_MAX:
            raise Usage(f"{where}:{number}: a line of more than {LINE_CHARACTERS_MAX:,} bytes")
        raw = raw.strip()
        if not raw:
            continue
        if closed:
            raise Usage(f"{where}:{number}: rows after the closing line; it is the last")
        value = _object(raw, where, number)
        if value.get("end") is True:
            closed = True
            yield Closing(number, str(value.get("count", "")), str(value.get("digest", "")))
            continue
        cells = {known.get(heading(name)): _json_text(found) for name, found in value.items()}
        yield Row(number, tuple([cells.get(name, "") for name in wanted]), raw.decode())


def _object(raw: bytes, where: str, number: int) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Usage(f"{where}:{number}: not one JSON object")
    return value


def _json_text(value: Any) -> str:
    return value.strip()[:CELL_CHARACTERS_MAX] if isinstance(value, str) else _cell(value)
