"""The file of balances: CSV in UTF-8, one line a person, measure and year; every wrong line is named.

    region,psn_no,measure,year,ordinary_used,deductible_used,paid
    520000,P-1001,QN,2023,12000.00,3000.00,12000.00

Columns after `year` are counters of the measures (`tuodi import --columns`) and `paid`, the assistance paid in that
year so far. Amounts are yuan with two places; an empty cell states nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.money import fen_of
from workers.errors import Usage
from workers.journal.pii import holds_person_data

WHO = ("region", "psn_no", "measure", "year")
PAID = "paid"
BYTES_MAX = 512_000_000
_REGION = re.compile(r"[0-9]{6}", re.ASCII)
_NUMBER = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_YEAR = re.compile(r"20[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})\.[0-9]{2}", re.ASCII)

Counters = Mapping[str, frozenset[str]]
"""Measure → the counters that its law keeps."""


class Balance(NamedTuple):
    """One good line; amounts in fen."""

    line: int
    region: str
    psn_no: str
    measure: str
    year: int
    used: dict[str, int]
    paid: int


class WrongLine(NamedTuple):
    """One line that cannot be taken. `what` holds no value of the line."""

    line: int
    what: str


class Table(NamedTuple):
    balances: list[Balance]
    wrong: list[WrongLine]


def read_table(file: Path, counters: Counters) -> Table:
    """All lines of the file; Usage where it is no such file at all."""
    if file.stat().st_size > BYTES_MAX:
        raise Usage(f"{file}: larger than {BYTES_MAX} bytes; divide it")
    balances: list[Balance] = []
    wrong: list[WrongLine] = []
    first: dict[tuple[str, ...], int] = {}
    try:
        for number, row in _rows(file, counters):
            what = _fault(row, counters)
            key = tuple(row[name] or "" for name in WHO)
            if what is None and key in first:
                what = f"the same person, measure and year as line {first[key]}"
            if what is None:
                first[key] = number
                balances.append(_balance(number, row))
            else:
                wrong.append(WrongLine(number, what))
    except (UnicodeDecodeError, csv.Error):
        raise Usage(f"{file}: not CSV in UTF-8") from None
    return Table(balances, wrong)


def _rows(file: Path, counters: Counters) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source, strict=True)
        columns = list(reader.fieldnames or ())
        known = {*WHO, PAID, *(name for names in counters.values() for name in names)}
        strange = [name for name in columns if name not in known]
        missing = [name for name in (*WHO, PAID) if name not in columns]
        if strange or missing or len(set(columns)) != len(columns):
            raise Usage(
                f"{file}:1: the columns are {', '.join(WHO)}, counters, {PAID}, each once; missing: "
                f"{', '.join(missing) or 'none'}; unknown or of no measure: {len(strange)}"
            )
        for row in reader:
            yield reader.line_num, row


def _fault(row: dict[str, Any], counters: Counters) -> str | None:
    """What is wrong with a line, or None."""
    if None in row or None in row.values():
        return "not as many cells as columns"
    if not _REGION.fullmatch(row["region"]):
        return "region: six digits"
    if not _NUMBER.fullmatch(row["psn_no"]):
        return "psn_no: 1 to 64 characters of A-Z a-z 0-9 . _ : -"
    if holds_person_data(row["psn_no"].encode()):
        return "psn_no: shaped like an ID number or a telephone number"
    if row["measure"] not in counters:
        return f"measure: one of {', '.join(sorted(counters))}"
    if not _YEAR.fullmatch(row["year"]):
        return "year: 2000 to 2099"
    return _wrong_amount(row, counters[row["measure"]])


def _wrong_amount(row: dict[str, Any], kept: frozenset[str]) -> str | None:
    for name in row.keys() - set(WHO):
        if row[name] and not _AMOUNT.fullmatch(row[name]):
            return f"{name}: yuan with two places, not negative"
        if row[name] and name != PAID and name not in kept:
            return f"{name}: this measure keeps no such counter"
    if not any(row[name] for name in row.keys() - set(WHO) - {PAID}):
        return "states no counter"
    return None


def _balance(number: int, row: dict[str, Any]) -> Balance:
    used = {name: fen_of(row[name]) for name in sorted(row.keys() - {*WHO, PAID}) if row[name]}
    paid = fen_of(row[PAID]) if row[PAID] else 0
    return Balance(number, row["region"], row["psn_no"], row["measure"], int(row["year"]), used, paid)
