"""What differs between two laws, for a clerk: which value changes, from when to when, on which words.

Laws are compared as they govern, period by period: a revision that only begins later differs only from its first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from workers.policy.dates import ONE_DAY
from workers.policy.instrument import Instrument
from workers.policy.law import Law
from workers.policy.parts import Part, parts_of


class Changed(NamedTuple):
    """One part that differs while `since` ≤ day ≤ `until`; an empty word: the part is not there."""

    measure: str
    since: date
    until: date
    place: str
    label: str
    was: str
    now: str
    was_cite: str
    now_cite: str

    def lines(self) -> Iterator[str]:
        """As a clerk reads it."""
        was, now = self.was or "（无）", self.now or "（删去）"
        yield f"{self.label}: {was} → {now}" if self.was else f"{self.label}: 新增 {now}"
        if self.was and self.was_cite:
            yield f"    原依据 {self.was_cite}"
        if self.now and self.now_cite:
            yield f"    新依据 {self.now_cite}"


class Period(NamedTuple):
    """Days with the same two revisions; None: no revision governs on that side."""

    since: date
    until: date
    was: Instrument | None
    now: Instrument | None


def compare(was: Law, now: Law) -> list[Changed]:
    """All differences: by measure, then by first day, then in the order of the rulebook."""
    found: dict[tuple[str, str, str, str], Changed] = {}
    for measure in sorted({*was.measures, *now.measures}):
        for period in periods(was.measures.get(measure, ()), now.measures.get(measure, ())):
            for change in _period(measure, period):
                key = (measure, change.place, change.was, change.now)
                before = found.get(key)
                joined = before is not None and before.until + ONE_DAY == change.since
                found[key] = before._replace(until=change.until) if before and joined else change
    return list(found.values())


def periods(was: Sequence[Instrument], now: Sequence[Instrument]) -> Iterator[Period]:
    """The time line cut at every first and last day of both sides."""
    edges = {each.in_force for each in (*was, *now)}
    edges |= {each.last_day + ONE_DAY for each in (*was, *now) if each.last_day != date.max}
    days = sorted(edges)
    for since, until in zip(days, [day - ONE_DAY for day in days[1:]] + [date.max], strict=True):
        yield Period(since, until, _governing(was, since), _governing(now, since))


def _governing(revisions: Sequence[Instrument], day: date) -> Instrument | None:
    return next((each for each in reversed(revisions) if each.in_force <= day <= each.last_day), None)


def _period(measure: str, period: Period) -> Iterator[Changed]:
    was, now = _parts(period.was), _parts(period.now)
    if not was or not now:
        if was or now:
            one = period.was or period.now
            assert one is not None  # noqa: S101  one side has parts
            title = f"{one.book.instrument.title}（{one.book.instrument.doc_no}）"
            sides = (title if was else "", title if now else "")
            yield Changed(measure, period.since, period.until, "", "整部办法", *sides, "", "")
        return
    for place in {**now, **was}:
        old, new = was.get(place), now.get(place)
        if (old.words if old else "") != (new.words if new else "") and not _inside(place, was, now):
            yield Changed(
                measure, period.since, period.until, place, (new or old or _NOTHING).label,
                old.words if old else "", new.words if new else "", old.cite if old else "", new.cite if new else "",
            )  # fmt: skip


_NOTHING = Part("", "", "", "")


def _inside(place: str, was: dict[str, Part], now: dict[str, Part]) -> bool:
    """Whether a part lies in a table that is new or gone as a whole, which is told once."""
    names = place.split(".")
    above = (".".join(names[:length]) for length in range(1, len(names)))
    return any((name in was) != (name in now) for name in above)


def _parts(instrument: Instrument | None) -> dict[str, Part]:
    return {} if instrument is None else parts_of(instrument.book)


def as_text(changes: Sequence[Changed]) -> str:
    """The differences as a page; says so where there are none."""
    if not changes:
        return "两部规则没有差别。"
    lines: list[str] = []
    head = None
    for change in changes:
        if head != (change.measure, change.since, change.until):
            head = (change.measure, change.since, change.until)
            until = "起" if change.until == date.max else f"至 {change.until}"
            lines += [*([""] if lines else []), f"{change.measure}  费用日期自 {change.since} {until}"]
        lines += [f"  {line}" for line in change.lines()]
    return "\n".join(lines)


def differences(was: Law, now: Law) -> list[str]:
    """Each difference in one line, for the head of a what-if."""
    told = []
    for change in compare(was, now):
        until = "" if change.until == date.max else f"至 {change.until}"
        told.append(f"{change.measure} 自 {change.since}{until} {next(change.lines())}")
    return told
