"""A spreadsheet that a clerk's program has touched: numbers and dates are read exactly, the rest is refused."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from workers.cases.document import read
from workers.cases.sheet import BYTES_MAX, documents_of, loaded, rows_of, save
from workers.cases.timeline import FOLDER, timelines_of
from workers.errors import Usage

CASE = FOLDER / "qiannan" / "03-三类.md"
Rows = list[list[Any]]


def table() -> Rows:
    return [list(row) for row in rows_of([read(CASE)])]


def column(rows: Rows, name: str) -> int:
    return int(rows[0].index(name))


def with_cell(row: int, name: str, value: Any) -> Rows:
    rows = table()
    rows[row][column(rows, name)] = value
    return rows


def first_bill(rows: Rows) -> int:
    return next(number for number, row in enumerate(rows) if str(row[column(rows, "事件")]).startswith("住院结算"))


def test_numbers_and_dates_of_the_program_are_read_exactly() -> None:
    rows = table()
    number = first_bill(rows)
    amount, day = rows[number][column(rows, "合规自付")], rows[number][column(rows, "日期")]
    rows[number][column(rows, "合规自付")] = float(amount)
    rows[number][column(rows, "日期")] = datetime.fromisoformat(day)
    rows[number][column(rows, "顺序")] = 2.0
    (document,) = documents_of(rows, FOLDER)
    assert timelines_of(document)[0].rows[0].bill == timelines_of(read(CASE))[0].rows[0].bill


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("合规自付", 0.001, "more than two places"),
        ("应救助", "=1+1", "a formula stands there"),
        ("情形", "a|b", "divides the cells"),
        ("文件", "../../x.md", "folder of a city and a file name"),
        ("文件", "/etc/x.md", "folder of a city and a file name"),
        ("复核人", "另一个人", "differ from the rows"),
        ("小节", "插在中间的小节", "do not stand together"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_row(name: str, value: Any, says: str) -> None:
    rows = table()
    number = first_bill(rows)
    with pytest.raises(Usage, match=says) as caught:
        documents_of(with_cell(number, name, value), FOLDER)
    assert "row " in str(caught.value)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="the columns are"):
        documents_of([["文件", "标题"]], FOLDER)
    for name, content in (("a.xlsx", b"no zip"), ("a.csv", b"\xff\xfe\x00"), ("a.ods", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Usage):
            list(loaded(tmp_path / name))
    (tmp_path / "big.csv").write_bytes(b"x" * (BYTES_MAX + 1))
    with pytest.raises(Usage, match="at most"):
        list(loaded(tmp_path / "big.csv"))
    with pytest.raises(Usage, match="neither"):
        save([["a"]], tmp_path / "a.txt")
