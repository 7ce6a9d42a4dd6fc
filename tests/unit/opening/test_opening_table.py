"""The file of balances: every wrong line is named with what to mend, and none of its values."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import Usage
from workers.opening.control import Total, differences, read_control, totals_of
from workers.opening.plan import counters_of_law
from workers.opening.table import WrongLine, read_table

COUNTERS = {"QN": frozenset({"ordinary_used", "deductible_used"}), "JY": frozenset({"inpatient_used"})}
HEAD = "region,psn_no,measure,year,ordinary_used,inpatient_used,paid\n"
GOOD = "520000,P1,QN,2023,12000.00,,12000.00\n"


def table(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "b.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_good_lines_are_read_in_fen(tmp_path: Path) -> None:
    found = read_table(table(tmp_path, "\ufeff" + HEAD + GOOD + "520000,P1,QN,2024,0.00,,\n"), COUNTERS)
    assert found.wrong == []
    assert [(b.line, b.year, b.used, b.paid) for b in found.balances] == [
        (2, 2023, {"ordinary_used": 1_200_000}, 1_200_000),
        (3, 2024, {"ordinary_used": 0}, 0),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("52,P1,QN,2023,1.00,,", "region: six digits"),
        ("520000,张三,QN,2023,1.00,,", "psn_no: 1 to 64 characters of A-Z a-z 0-9 . _ : -"),
        ("520000,13800138000,QN,2023,1.00,,", "psn_no: shaped like an ID number or a telephone number"),
        ("520000,P1,XX,2023,1.00,,", "measure: one of JY, QN"),
        ("520000,P1,QN,1999,1.00,,", "year: 2000 to 2099"),
        ("520000,P1,QN,2023,1.0,,", "ordinary_used: yuan with two places, not negative"),
        ("520000,P1,QN,2023,-1.00,,", "ordinary_used: yuan with two places, not negative"),
        ("520000,P1,QN,2023,,1.00,", "inpatient_used: this measure keeps no such counter"),
        ("520000,P1,QN,2023,,,1.00", "states no counter"),
        ("520000,P1,QN,2023,1.00", "not as many cells as columns"),
        ("520000,P1,QN,2023,1.00,,,9", "not as many cells as columns"),
        (GOOD.strip(), "the same person, measure and year as line 2"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, what: str) -> None:
    found = read_table(table(tmp_path, HEAD + GOOD + line + "\n"), COUNTERS)
    assert found.wrong == [WrongLine(3, what)]
    assert len(found.balances) == 1


@pytest.mark.parametrize(
    "head", ["region,psn_no,measure,year\n", HEAD.replace("paid", "bogus"), HEAD.strip() + ",paid\n"]
)
def test_other_columns_are_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(Usage, match=r"b.csv:1: the columns are region, psn_no"):
        read_table(table(tmp_path, head + GOOD), COUNTERS)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.csv"
    file.write_bytes(HEAD.encode() + b"\xff\xfe,\n")
    with pytest.raises(Usage, match="not CSV in UTF-8"):
        read_table(file, COUNTERS)


def test_totals_must_agree_to_the_fen_and_the_person(tmp_path: Path) -> None:
    totals = totals_of(read_table(table(tmp_path, HEAD + GOOD), COUNTERS).balances)
    assert totals == {("QN", 2023, "ordinary_used"): Total(1, 1_200_000), ("QN", 2023, "paid"): Total(1, 1_200_000)}
    control = tmp_path / "c.csv"
    rows = "measure,year,cum_type_code,persons,cum\nQN,2023,ordinary_used,1,12000.01\nQN,2023,tilt_used,2,1.00\n"
    control.write_text(rows + "QN,2023,paid,1,12000.00\n")
    assert differences(totals, read_control(control)) == [
        "QN 2023 ordinary_used: the file has 12000.00 of 1 persons, the control 12000.01 of 1",
        "QN 2023 tilt_used: the file has 0.00 of 0 persons, the control 1.00 of 2",
    ]
    for bad in ("QN,x,paid,1,1.00\n", "QN,2023,paid,1,1\n", "QN,2023,paid,1,1.00\n"):
        control.write_text(rows.split("\n")[0] + "\nQN,2023,paid,1,1.00\n" + bad)
        with pytest.raises(Usage, match=r"c.csv:3: "):
            read_control(control)


def test_the_counters_are_those_of_the_shipped_law() -> None:
    found = counters_of_law()
    assert found["QN"] == {"ordinary_used", "deductible_used", "tilt_used"}
    assert "inpatient_used" in found["JY"]
    assert set(found) >= {"QN", "JY", "HS", "LZ"}
