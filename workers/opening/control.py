"""Reconciliation: totals of the file against a control file of the platform, as interface 5206 would add up.

    measure,year,cum_type_code,persons,cum
    QN,2023,ordinary_used,4711,1234567.00

`cum_type_code` is a column of the balances, `cum` its sum in yuan, `persons` how many lines state more than 0.00.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from schemas.money import fen_of, text_of
from workers.errors import Usage
from workers.opening.table import PAID, Balance

COLUMNS = ("measure", "year", "cum_type_code", "persons", "cum")
Place = tuple[str, int, str]  # measure, year, column


class Total(NamedTuple):
    """Persons with more than 0.00 and the sum in fen."""

    persons: int
    fen: int


def totals_of(balances: Iterable[Balance]) -> dict[Place, Total]:
    """What the lines add up to."""
    found: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    for balance in balances:
        for name, fen in {**balance.used, PAID: balance.paid}.items():
            total = found[balance.measure, balance.year, name]
            total[0] += fen > 0
            total[1] += fen
    return {place: Total(persons, fen) for place, (persons, fen) in sorted(found.items())}


def read_control(file: Path) -> dict[Place, Total]:
    """The platform's totals; Usage names the line that is wrong."""
    found: dict[Place, Total] = {}
    with file.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise Usage(f"{file}:1: the columns are {', '.join(COLUMNS)}")
        for row in reader:
            try:
                place = row["measure"], int(row["year"]), row["cum_type_code"]
                total = Total(int(row["persons"]), fen_of(row["cum"]))
            except (TypeError, ValueError):
                raise Usage(f"{file}:{reader.line_num}: a year, a number of persons and a sum in yuan") from None
            if place in found:
                raise Usage(f"{file}:{reader.line_num}: the same measure, year and code as an earlier line")
            found[place] = total
    return found


def differences(found: dict[Place, Total], control: dict[Place, Total]) -> list[str]:
    """Every place where file and control disagree, with both values."""
    nothing = Total(0, 0)
    lines = []
    for place in sorted({*found, *control}):
        here, there = found.get(place, nothing), control.get(place, nothing)
        if here != there:
            measure, year, name = place
            lines.append(
                f"{measure} {year} {name}: the file has {text_of(here.fen)} of {here.persons} persons, the control "
                f"{text_of(there.fen)} of {there.persons}"
            )
    return lines
