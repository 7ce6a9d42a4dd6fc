"""One line of the file: topic, key, CloudEvents headers, value. A sheet collects the lines of one person.

Numbers of people and bills are of a reserved pattern: letters between short runs of digits, never eleven, fifteen or
eighteen digits in a row, so that nothing here can be taken for an ID card or a telephone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson

from schemas.money import text_of
from workers.simulate.cities import CITIES, City
from workers.simulate.county import REGION

DAY = 86_400


class Calendar:
    """Arrival times as whole seconds since the first day of the file; dates as texts, computed once."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.first_day = date(year - 1, 9, 1)
        self.year_start = date(year, 1, 1)
        self.year_start_day = (self.year_start - self.first_day).days
        self.days_in_year = (date(year + 1, 1, 1) - self.year_start).days
        self._texts = [(self.first_day + timedelta(days=day)).isoformat() for day in range(-4000, 1500)]

    def text(self, day: int) -> str:
        """ISO text of a day number (0 = first day of the file, negative before it)."""
        return self._texts[day + 4000]

    def time_text(self, seconds: int) -> str:
        """RFC 3339 text, UTC+8, of an arrival time."""
        day, rest = divmod(seconds, DAY)
        return f"{self.text(day)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}+08:00"


Platform = Callable[[Mapping[str, Any], Mapping[str, Any] | None, str], dict[str, Any] | None]
"""Makes the platform's message of an event, its extra facts and its time; None: it has no such message."""


class Line(NamedTuple):
    at: int
    data: bytes


def person_number(county: str, index: int) -> str:
    """`psn_no` of a simulated person: SIM, four digits, P, seven or more digits."""
    return f"SIM{county[2:]}P{index:07d}"


QIANNAN = CITIES["qiannan"]


class Sheet:
    """The lines of one person, in the order in which they were written down, each with its arrival time."""

    def __init__(
        self, calendar: Calendar, county: str, index: int, platform: Platform | None = None, city: City = QIANNAN
    ) -> None:
        self.calendar = calendar
        self._platform = platform
        self._city = city
        self.index = index
        self.county = county
        self.psn_no = person_number(county, index)
        self.lines: list[Line] = []
        self._serial = 0

    def new_id(self, letter: str) -> str:
        """An id that no other line of the county has."""
        self._serial += 1
        return f"{letter}{self.county[2:]}N{self.index:07d}T{self._serial}"

    def add(
        self,
        at: int,
        topic: str,
        type_: str,
        source: str,
        body: dict[str, Any],
        message: str | None = None,
        bill: Mapping[str, Any] | None = None,
    ) -> Line:
        """Write one event down; amounts must already be texts. Returns the line, so that it can be sent twice.

        `bill` is what a cancel gives back, which only the platform's shape states.
        """
        value = self._city.value({"type": type_, "version": 1, "region": REGION, "psn_no": self.psn_no, **body})
        source = self._city.source(source)
        message = message or self.new_id("M")
        foreign = None
        if self._platform is not None:
            more = {"county": self.county, "bill": None if bill is None else {**bill, "psn_no": self.psn_no}}
            foreign = self._platform(value, more, self.calendar.time_text(at))
        if foreign is None:
            line = Line(at, self._encode(at, topic, type_, source, self.psn_no, value, message))
        else:
            line = Line(at, encode_platform(topic, self.psn_no, source, message, self.calendar.time_text(at), foreign))
        self.lines.append(line)
        return line

    def again(self, line: Line, at: int) -> None:
        """The same bytes once more, later."""
        self.lines.append(Line(at, line.data))

    def _encode(
        self, at: int, topic: str, type_: str, source: str, key: str, value: dict[str, Any], message: str
    ) -> bytes:
        return encode(topic, key, type_, source, message, self.calendar.time_text(at), value)


def encode(topic: str, key: str, type_: str, source: str, message: str, time: str, value: dict[str, Any]) -> bytes:
    """The bytes of one line, without the line feed."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": message,
        "ce_type": f"medassist.{type_}.v1",
        "ce_source": source,
        "ce_time": time,
        "content-type": "application/json",
    }
    return orjson.dumps({"topic": topic, "key": key, "headers": headers, "value": value})


def encode_platform(topic: str, key: str, source: str, message: str, time: str, value: dict[str, Any]) -> bytes:
    """The bytes of one line in the platform's shape: it names no type of ours."""
    headers = {"ce_specversion": "1.0", "ce_id": message, "ce_source": source, "ce_time": time}
    return orjson.dumps({"topic": topic, "key": key, "headers": headers, "value": value})


def money(fen: int) -> str:
    """Wire text of an amount in fen."""
    return text_of(fen)
