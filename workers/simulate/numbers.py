"""A person who got a second number in the course of the year, and the order that says so (docs/persons.md)."""

from __future__ import annotations

import orjson

from workers.simulate import county
from workers.simulate.draws import Draws
from workers.simulate.envelope import DAY, Line, Sheet

SECOND = "B"
"""What the second number has behind the first one."""


def give_second_number(sheet: Sheet, draws: Draws) -> None:
    """All that arrives after a day of the year has the second number; an order merges it into the first weeks later.

    The platform goes on under the second number after the order: such records are forwarded.
    """
    first, serial = sheet.psn_no, sheet.index + 1
    cut = (sheet.calendar.year_start_day + 30 + draws.below(250)) * DAY
    sheet.lines[:] = [_renumbered(line, first + SECOND) if line.at >= cut else line for line in sheet.lines]
    at = cut + draws.between(20, 60) * DAY
    body = {
        "order_id": sheet.new_id("O"), "kind": "person_merged", "to_psn_no": first, "serial": serial, "author": "U017",
        "second_signer": "U022", "document": f"2023-{serial}", "ordered_on": sheet.calendar.text(at // DAY),
    }  # fmt: skip
    sheet.psn_no = first + SECOND
    sheet.add(at, "office.ordered", "office.ordered", county.SOURCE_WINDOW, body)
    sheet.psn_no = first


def _renumbered(line: Line, psn_no: str) -> Line:
    told = orjson.loads(line.data)
    told["key"] = told["value"]["psn_no"] = psn_no
    return Line(line.at, orjson.dumps(told))
