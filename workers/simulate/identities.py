"""Identity lists: what the departments decided, when the list that says so arrived, and how it was corrected later.

Lists are monthly: what happens in a month stands on the list that arrives between the 4th and the 12th of the next
month, or of a later one if the line was missed (QN-1.1d). A revision states the identity in full.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from workers.simulate import county
from workers.simulate.cities import City
from workers.simulate.draws import Draws
from workers.simulate.envelope import DAY, QIANNAN, Calendar, Sheet, encode
from workers.simulate.people import Person
from workers.simulate.rates import PPM

MONTHS_BEFORE = 4
"""Months of the file before the year begins (September to December)."""

MONTHS = MONTHS_BEFORE + 12 + 4
_MISSED_TWICE = 200_000  # of the lines missed once: share missed again


class Lists:
    """The monthly lists of all departments: days of arrival, and the count and digest that close each."""

    def __init__(self, seed: int, calendar: Calendar, county_code: str, city: City = QIANNAN) -> None:
        self._city = city
        self._calendar = calendar
        self._county = county_code
        self._starts = [self._month_start(month) for month in range(MONTHS + 2)]
        draws = Draws(seed)
        draws.begin((1 << 39) + 1)
        departments = sorted({department for department in county.DEPARTMENTS.values()})
        self._days = {(d.code, month): draws.between(3, 11) for d in departments for month in range(MONTHS + 1)}
        self._departments = departments
        self._counts: dict[tuple[str, int], list[int]] = {}

    def _month_start(self, month: int) -> int:
        years, rest = divmod(8 + month, 12)
        return (date(self._calendar.year - 1 + years, rest + 1, 1) - self._calendar.first_day).days

    def month_of(self, day: int) -> int:
        """Index of the month in which a day of the file lies; what was before stands on the list of November."""
        month = MONTHS_BEFORE - 2
        while month < MONTHS and self._starts[month + 1] <= day:
            month += 1
        return month

    def month_text(self, month: int) -> str:
        return self._calendar.text(self._starts[month])[:7]

    def arrival(self, department: county.Department, month: int, draws: Draws) -> int:
        """Seconds at which a line of this month's list arrives."""
        day = self._starts[month + 1] + self._days[department.code, month]
        return day * DAY + 9 * 3600 + draws.below(3600)

    def note(self, department: county.Department, month: int, text: str) -> None:
        """Count a line that this month's list holds."""
        digest = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
        entry = self._counts.setdefault((department.code, month), [0, 0])
        entry[0] += 1
        entry[1] = (entry[1] + digest) & ((1 << 128) - 1)

    def closings(self) -> list[tuple[int, bytes]]:
        """`identity.snapshot_closed` of every department and month, at the time the list is complete."""
        lines = []
        for department in self._departments:
            for month in range(MONTHS_BEFORE - 2, MONTHS_BEFORE + 12):
                count, digest = self._counts.get((department.code, month), [0, 0])
                at = (self._starts[month + 1] + self._days[department.code, month]) * DAY + 10 * 3600 + 1
                lines.append((at, self._closing(department, month, count, digest, at)))
        return lines

    def _closing(self, department: county.Department, month: int, count: int, digest: int, at: int) -> bytes:
        source_id = f"{department.code}{self._county[2:]}"
        value: dict[str, Any] = {
            "type": "identity.snapshot_closed", "version": 1, "region": county.REGION, "source_id": source_id,
            "county": self._county, "list_month": self.month_text(month), "count": count, "digest": f"{digest:032x}",
        }  # fmt: skip
        message = f"L{source_id}M{month}"
        return encode(
            "identity.changed", source_id, "identity.snapshot_closed", self._city.source(department.source), message,
            self._calendar.time_text(at), self._city.value(value),
        )  # fmt: skip


class _Row:
    """One identity of one person: its revisions, each meant for the list of a month."""

    def __init__(self, sheet: Sheet, lists: Lists, draws: Draws, name: str) -> None:
        self._sheet, self._lists, self._draws = sheet, lists, draws
        self.department = county.DEPARTMENTS[name]
        self.name = name
        self._state: dict[str, Any] = {"source_id": sheet.new_id(self.department.code), "identity": name}
        self._revisions: list[tuple[int, dict[str, Any]]] = []

    def state(self, month: int, **changes: Any) -> None:
        """State the next revision, in full, on this month's list."""
        self._state.update(changes)
        at = self._lists.arrival(self.department, month, self._draws)
        if self._revisions and at <= self._revisions[-1][0]:
            at = self._revisions[-1][0] + 1 + self._draws.below(600)
        more = {"revision": len(self._revisions) + 1, "list_month": self._lists.month_text(month)}
        self._revisions.append((at, {**self._state, **more, "county": self._sheet.county}))
        self._lists.note(self.department, month, f"{self._state['source_id']}|{len(self._revisions)}")

    def send(self) -> None:
        """Write the revisions down; now and then one is overtaken by the next."""
        for number, (at, body) in enumerate(self._revisions):
            if number + 1 < len(self._revisions) and self._draws.chance(PPM["stale"]):
                at = self._revisions[number + 1][0] + 1 + self._draws.below(1800)
            self._sheet.add(at, "identity.changed", "identity.changed", self.department.source, body)


def write_identities(person: Person, sheet: Sheet, lists: Lists, draws: Draws, last_day: int) -> int:
    """Write all identity events of a person; returns the day of death, or `last_day` where the person lives on."""
    death = last_day
    for name in (person.identity, person.second):
        if name is not None:
            death = min(death, _write_row(person, sheet, lists, draws, name, last_day))
    return death


def _missed(draws: Draws, ppm: int) -> int:
    """How many lists a line misses."""
    if not draws.chance(ppm):
        return 0
    return 2 if draws.chance(_MISSED_TWICE) else 1


def _write_row(person: Person, sheet: Sheet, lists: Lists, draws: Draws, name: str, last_day: int) -> int:
    calendar = sheet.calendar
    row = _Row(sheet, lists, draws, name)
    in_year = draws.chance(PPM["recognised_in_year"])
    start = calendar.year_start_day
    recognised = start + draws.below(300) if in_year else start - 60 - draws.below(2000)
    month = lists.month_of(recognised)
    facts: dict[str, Any] = {"recognised_on": calendar.text(recognised), "withdrawn": False, "new_recognition": in_year}
    if name == county.CLASS_FOUR:
        facts["applied_on"] = calendar.text(recognised - draws.between(20, 60))
        facts["approved_on"] = calendar.text(recognised)
        _class_four_application(sheet, draws, recognised, facts["applied_on"])
    if in_year:
        month += _missed(draws, PPM["list_missed"])
    row.state(month, **facts)
    if draws.chance(PPM["corrected"]):
        row.state(month + draws.between(1, 2), recognised_on=calendar.text(recognised - draws.between(1, 20)))
    if draws.chance(PPM["withdrawn"]):
        row.state(month + draws.between(1, 3), withdrawn=True)
        death = last_day
    else:
        death = _end(row, lists, draws, max(recognised, start), month, last_day, sheet)
    row.send()
    return death


def _end(row: _Row, lists: Lists, draws: Draws, since: int, month: int, last_day: int, sheet: Sheet) -> int:
    """A change of class, a removal, or neither."""
    days_left = last_day - since - 40
    if days_left < 10:
        return last_day
    changed = row.name in county.NEXT_IDENTITY and draws.chance(PPM["class_change"])
    removed = not changed and draws.chance(PPM["removed"])
    if not changed and not removed:
        return last_day
    day = since + 30 + draws.below(days_left)
    listed = max(month, lists.month_of(day))
    text = sheet.calendar.text(day)
    if changed:
        successor = _Row(sheet, lists, draws, county.NEXT_IDENTITY[row.name])
        row.state(listed, removed_on=text, removal_reason="ineligible")
        successor.state(listed, recognised_on=text, withdrawn=False, new_recognition=False)
        successor.send()
        return last_day
    reasons = (("ineligible", 60), ("death", 15), ("moved", 10), ("expired", 10), ("other", 5))
    reason = draws.weighted(reasons)
    row.state(listed + _missed(draws, PPM["removed_late"]), removed_on=text, removal_reason=reason)
    return day if reason == "death" else last_day


def _class_four_application(sheet: Sheet, draws: Draws, recognised: int, applied_on: str) -> None:
    """Class 4 arises by application (QN-4.2c); only applications of the file's time are written."""
    if recognised < 80:
        return
    at = (recognised - 15) * DAY + 10 * 3600 + draws.below(20_000)
    body = {
        "application_id": sheet.new_id("A"), "revision": 1, "kind": "class_recognition",
        "applied_on": applied_on, "identity": county.CLASS_FOUR, "setl_ids": [], "withdrawn": False,
    }  # fmt: skip
    sheet.add(at, "application.filed", "application.filed", county.SOURCE_WINDOW, body)
