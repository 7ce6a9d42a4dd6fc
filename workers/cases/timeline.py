"""Worked examples as a clerk writes them: Markdown files with timeline tables, read into facts and expected amounts.

A file has front matter (title, authority, clauses, checked_by) and sections `## …`, each one person with one table.
How to write one: docs/clerks/worked-examples.zh.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from workers.cases.arithmetic import parts_of
from workers.cases.document import OPEN, Document, Section, paths
from workers.cases.document import read as read_document
from workers.cases.homes import Home, shipped_homes
from workers.cases.matters import Expected, Told, read_row
from workers.cases.words import (
    AMOUNT_TAGS,
    APPLICATIONS,
    BILLS,
    DATE_TAGS,
    FUNDS,
    MEMBERS,
    ORDERED_TAGS,
    REASONS,
    SECOND,
    TAGS,
    TEXT_TAGS,
    day,
    fen,
)
from workers.errors import Usage
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts

FOLDER = Path(__file__).parents[2] / "tests" / "cases"
"""The project's own worked examples: a folder a city."""


@dataclass(frozen=True)
class Row:
    """One bill of a timeline with what the clerk expects of it."""

    line: int
    event: str
    bill: BillFacts
    ordinary: int
    tilt: int
    total: int | None
    reason: str
    clauses: tuple[str, ...]
    sums: tuple[Fraction, ...]
    parts: tuple[tuple[Fraction, ...], ...]  # numbers and intermediate results of each sum
    shares: tuple[bool, ...]  # whether the sum names a rate
    funds: tuple[str, ...] = ()
    second: Mapping[str, int] = field(default_factory=dict)  # expected layers above the ordinary one, by column
    ordered: Mapping[str, int] | None = None  # an officer's layers


@dataclass
class Timeline:
    """One person: everything known in the end, and the bills in the order of arrival."""

    path: Path
    title: str
    clauses: tuple[str, ...]
    home: Home
    readings: dict[str, str] = field(default_factory=dict)
    identities: list[Identity] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    expected: list[Expected] = field(default_factory=list)
    mental_disorder: bool | None = None
    violence_risk: bool | None = None
    registered: str | None = None
    adopted: bool = False
    lists: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Lists of counties, as an adoption has them."""

    @property
    def file(self) -> str:
        return self.path.name

    @property
    def measure(self) -> str:
        return self.home.measure

    @property
    def cited(self) -> list[str]:
        """Every clause that a row cites, once a row."""
        by_row = [*(row.clauses for row in self.rows), *(row.clauses for row in self.expected)]
        return [clause for clauses in by_row for clause in clauses]

    @property
    def person(self) -> PersonFacts:
        identities = tuple(sorted(self.identities, key=lambda each: (each.source_id, each.identity)))
        return PersonFacts(
            identities,
            tuple(self.applications),
            tuple(self.enrolments),
            mental_disorder=self.mental_disorder,
            violence_risk=self.violence_risk,
            registration_county=self.registered,
            **self.told.facts,
        )


def read_all(place: Path = FOLDER, homes: Mapping[str, Home] | None = None) -> list[Timeline]:
    """Every timeline of every case file at a place; `homes` of other rulebooks than the shipped ones."""
    return [timeline for path in paths(place) for timeline in timelines_of(read_document(path), homes)]


def timelines_of(document: Document, homes: Mapping[str, Home] | None = None) -> list[Timeline]:
    """The timelines of a document; Usage with file and line where a word or number is not understood."""
    known = shipped_homes() if homes is None else homes
    if document.city not in known:
        raise Usage(f"{document.path}: the folder {document.city} has no rulebook; there are: {', '.join(known)}")
    return [_timeline(document, section, known[document.city]) for section in document.sections]


def _timeline(document: Document, section: Section, home: Home) -> Timeline:
    timeline = Timeline(document.path, section.title, document.clauses, home)
    for note in section.notes:
        if note.startswith("解释："):
            pairs = (pair.partition("=") for pair in note[3:].replace(" ", "").split("，"))
            timeline.readings.update((name, reading) for name, _, reading in pairs)
        elif note == "文件：已录入样例数值":
            timeline.adopted = True
    for line in section.lines:
        try:
            _row(timeline, line.number, line.cells)
        except KeyError as error:
            message = f"{error.args[0]!r} is not known here; docs/clerks/worked-examples.zh.md lists the words"
            raise Usage(f"{document.path}:{line.number}: {message}") from None
        except (Usage, IndexError) as error:
            message = "the event has no name" if isinstance(error, IndexError) else str(error)
            raise Usage(f"{document.path}:{line.number}: {message}") from error
    return timeline


def _row(timeline: Timeline, number: int, cells: dict[str, str]) -> None:
    words = cells["事件"].split()
    if not words:
        raise Usage("the event is missing")
    still = [name for name, text in cells.items() if OPEN in text]
    if still:
        raise Usage(f"{', '.join(still)} still to be filled in; work the amounts out by hand from the article")
    kind, names = words[0], words[1:]
    tags = [tag.strip() for tag in cells.get("情形", "").split("，") if tag.strip()]
    if kind in BILLS:
        timeline.rows.append(_bill(timeline, number, BILLS[kind], names[0], tags, cells))
    elif kind == "认定":
        timeline.identities.append(_identity(timeline, number, names[0], tags, cells))
    elif kind == "终止":
        _remove(timeline, names[0], day(cells["日期"]), "death" if "死亡" in tags else "ineligible")
    elif kind == "申请":
        timeline.applications.append(_application(number, names[0], tags, cells))
    elif kind == "户籍":
        timeline.registered = names[0]
    elif kind == "精神障碍":
        timeline.mental_disorder = "否" not in tags
    elif kind == "暴力倾向":
        timeline.violence_risk = "否" not in tags
    elif kind == "参保缴费":
        timeline.enrolments.append(_enrolment(timeline, number, tags, cells))
    elif not read_row(timeline, number, words, tags, cells):
        raise Usage(f"the event {kind!r} is not known; docs/clerks/worked-examples.zh.md lists the events")


def _said(tags: list[str], name: str) -> str | None:
    """What a tag `name value` says; None where there is no such tag."""
    return next((tag.split()[1] for tag in tags if tag.startswith(f"{name} ")), None)


def _day_said(tags: list[str], name: str) -> date | None:
    text = _said(tags, name)
    return None if text is None else day(text)


def _identity(timeline: Timeline, number: int, name: str, tags: list[str], cells: dict[str, str]) -> Identity:
    return Identity(
        f"I{number}",
        name,
        day(cells["日期"]),
        applied_on=_day_said(tags, "申请"),
        withdrawn="撤销" in tags,
        member_type=next((MEMBERS[tag] for tag in tags if tag in MEMBERS), None),
        county=_said(tags, "认定地"),
        recognised_by=_said(tags, "认定部门"),
        entered_on=_day_said(tags, "录入"),
        approved_on=_day_said(tags, "审批"),
        region=timeline.home.region,
        sub_class=_said(tags, "小类"),
        new_recognition=True if "新认定" in tags else False if "续期" in tags else None,
    )


def _application(number: int, name: str, tags: list[str], cells: dict[str, str]) -> Application:
    on, year = day(cells["日期"]), _said(tags, "年度")
    named = tuple(tag.split()[1] for tag in tags if tag.startswith("单据 "))
    return Application(f"A{number}", APPLICATIONS[name], on, None if year is None else int(year), named)._replace(
        withdrawn="撤回" in tags,
        rejected_on=on if "驳回" in tags else None,
        approved_on=on if "审核通过" in tags else None,
        identity=_said(tags, "身份"),
        county=_said(tags, "申请地"),
        not_assisted_proof=True if "有证明" in tags else False if "不能证明" in tags else None,
    )


def _enrolment(timeline: Timeline, number: int, tags: list[str], cells: dict[str, str]) -> Enrolment:
    registered = day(cells["日期"])
    paid = None if "未缴费" in tags else _day_said(tags, "缴费") or registered
    county = _said(tags, "参保地") or timeline.home.county
    insutype = "310" if "职工医保" in tags else "390"
    return Enrolment(f"E{number}", insutype, county, registered, paid, last_day=_day_said(tags, "停保"))


def _remove(timeline: Timeline, name: str, removed: Any, reason: str) -> None:
    for position, identity in enumerate(timeline.identities):
        if identity.identity == name and identity.removed_on is None:
            timeline.identities[position] = identity._replace(removed_on=removed, removal_reason=reason)
            return
    raise Usage(f"{name} was not recognised above; put the row 认定 {name} before its 终止")


def _bill(timeline: Timeline, number: int, care_type: str, setl_id: str, tags: list[str], cells: dict[str, str]) -> Row:
    facts: dict[str, Any] = {
        "region": timeline.home.region, "setl_id": setl_id, "county": timeline.home.county, "care_type": care_type,
        "discharged_on": day(cells["日期"]), "settled_on": day(cells["日期"]), "insutype": "390",
        "designated": True, "emergency_rescue": False, "place": "in_county", "referral": "not_required",
        "in_scope_personal": fen(cells["合规自付"]) if cells["合规自付"] else None,
    }  # fmt: skip
    ordered: dict[str, int] = {}
    for tag in tags:
        name, _, value = tag.partition(" ")
        if name in ORDERED_TAGS:
            ordered[ORDERED_TAGS[name]] = fen(value)
        elif name in AMOUNT_TAGS:
            facts[AMOUNT_TAGS[name]] = fen(value)
        elif name in DATE_TAGS:
            facts[DATE_TAGS[name]] = day(value)
        elif name in TEXT_TAGS:
            facts[TEXT_TAGS[name]] = value
        else:
            facts.update(TAGS[tag])
    second = {name: fen(cells[name]) for name in SECOND if cells.get(name)}
    texts = [part for part in cells.get("算式", "").split("；") if part.strip()]
    sums = [parts_of(text) for text in texts]
    return Row(
        line=number,
        event=cells["事件"],
        bill=BillFacts(**facts),
        ordinary=fen(cells["应救助"]),
        tilt=sum(second.values()),
        total=fen(cells["累计"]) if cells.get("累计") else None,
        reason=REASONS[cells["理由"]],
        clauses=tuple(part for part in re.split(r"[、，\s]+", cells["依据"]) if part),
        sums=tuple(each[-1] for each in sums),
        parts=tuple(map(tuple, sums)),
        shares=tuple("%" in text for text in texts),
        funds=tuple(FUNDS[name] for name in cells["资金"].split("→")) if cells.get("资金") else (),
        second=second,
        ordered=ordered or None,
    )
