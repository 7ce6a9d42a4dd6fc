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
from workers.errors import Usage
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts

FOLDER = Path(__file__).parents[2] / "tests" / "cases"
"""The project's own worked examples: a folder a city."""

REASONS = {
    "救助": "assisted", "起付线内": "within_deductible", "无可救助": "nothing_to_assist", "限额用完": "cap_used_up",
    "施行前": "before_in_force", "届满后": "after_expiry", "无身份": "no_identity", "身份终止": "identity_ended",
    "范围外": "scope_not_covered", "非定点": "not_designated", "未参保": "uninsured", "待补事实": "fact_missing",
    "待保险结果": "insurance_result_missing", "待文件": "figure_missing",
    "不予救助": "excluded",
    "非参保对象": "not_member", "未申请": "application_missing",
    "无办法": "no_instrument", "待人认定": "needs_person",
}  # fmt: skip
BILLS = {
    "住院结算": "inpatient", "慢特病结算": "chronic_outpatient", "普通门诊结算": "outpatient", "急诊结算": "emergency",
    "药店结算": "pharmacy", "生育结算": "maternity", "特殊病结算": "special_outpatient",
    "重疾门诊结算": "major_outpatient",
    "其他结算": "other",
}  # fmt: skip
APPLICATIONS = {
    "倾斜救助": "tilt", "一次性救助": "uninsured_once", "认定": "class_recognition", "追溯": "retro",
    "市外": "elsewhere", "零星报销": "manual_claim",
}  # fmt: skip
FUNDS = {
    "风险储备金": "risk_reserve", "救助资金": "assistance_fund", "扶贫资金": "poverty_fund", "共富基金": "charity_fund",
}  # fmt: skip
SECOND = {"倾斜": "tilt", "二次": "secondary", "追溯": "retro", "化解": "resolution", "医中": "in_treatment"}
"""Columns of the layers above the ordinary one."""
MEMBERS = {
    "老年人": "elderly", "未成年人": "minor", "重度残疾人": "severely_disabled", "重病患者": "severe_patient",
    "其他成员": "other",
}  # fmt: skip
TAGS: dict[str, dict[str, Any]] = {
    "非定点": {"designated": False}, "定点不明": {"designated": None},
    "急诊抢救": {"emergency_rescue": True}, "抢救不明": {"emergency_rescue": None},
    "省外": {"place": "out_of_province"}, "省内": {"place": "in_province"}, "地点不明": {"place": None},
    "已转诊": {"referral": "referred"}, "已备案": {"referral": "filed"}, "转诊不明": {"referral": None},
    "个人未转诊": {"referral": "missing", "referral_missing_by": "person"},
    "非个人未转诊": {"referral": "missing", "referral_missing_by": "other"},
    "未转诊原因不明": {"referral": "missing", "referral_missing_by": None},
    "未参保": {"insured": False, "in_scope_personal": None}, "保险未结算": {"insurance_settled": False},
    "零星报销": {"channel": "manual"}, "无票据": {"formal_receipt": False}, "有票据": {"formal_receipt": True},
    "自残": {"exclusion": "self_harm"}, "违法行为": {"exclusion": "illegal_act"},
    "交通事故": {"exclusion": "third_party_traffic"}, "医疗事故": {"exclusion": "third_party_malpractice"},
    "他方承担": {"exclusion": "third_party_other"}, "县级规定除外": {"exclusion": "county_listed"},
    "其他除外": {"exclusion": "other"}, "自行非定点": {"exclusion": "non_designated"},
    "认定无票据": {"exclusion": "no_formal_receipt"}, "险种不明": {"insutype": None},
    "重特大疾病": {"major_disease": True},
    "非重特大疾病": {"major_disease": False},
    "本市": {"place": "in_city"},
    "职工医保": {"insutype": "310"}, "居民医保": {"insutype": "390"},
}  # fmt: skip
AMOUNT_TAGS = {
    "乙类": "class_b_first_pay", "超限价": "over_limit_price_pay", "目录外": "out_of_scope", "合规费用": "in_scope",
    "补充保险": "supplementary_paid", "已救助": "assistance_paid_upstream",
}  # fmt: skip
ORDERED_TAGS = {"经办认定": "ordinary", "认定倾斜": "tilt", "认定二次": "secondary", "认定医中": "in_treatment"}
"""What an officer laid down for a bill that the law leaves to a person."""
DATE_TAGS = {"入院": "admitted_on", "结算": "settled_on"}
TEXT_TAGS = {"参保地": "county", "疾病": "disease_code"}


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


def fen(text: str) -> int:
    found = re.fullmatch(r"(\d+)\.(\d{2})", text)
    if found is None:
        raise Usage(f"an amount has two places: {text!r}")
    return int(found[1]) * 100 + int(found[2])


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Usage(f"{text!r} is no date; write 2023-05-06") from None


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
        applied = next((day(tag.split()[1]) for tag in tags if tag.startswith("申请 ")), None)
        source = f"I{number}"
        timeline.identities.append(
            Identity(
                source,
                names[0],
                day(cells["日期"]),
                applied_on=applied,
                withdrawn="撤销" in tags,
                member_type=next((MEMBERS[tag] for tag in tags if tag in MEMBERS), None),
                county=next((tag.split()[1] for tag in tags if tag.startswith("认定地 ")), None),
                recognised_by=next((tag.split()[1] for tag in tags if tag.startswith("认定部门 ")), None),
                entered_on=next((day(tag.split()[1]) for tag in tags if tag.startswith("录入 ")), None),
                approved_on=next((day(tag.split()[1]) for tag in tags if tag.startswith("审批 ")), None),
                region=timeline.home.region,
                sub_class=next((tag.split()[1] for tag in tags if tag.startswith("小类 ")), None),
                new_recognition=True if "新认定" in tags else False if "续期" in tags else None,
            )
        )
    elif kind == "终止":
        _remove(timeline, names[0], day(cells["日期"]), "death" if "死亡" in tags else "ineligible")
    elif kind == "申请":
        year = next((int(tag.split()[1]) for tag in tags if tag.startswith("年度 ")), None)
        named = tuple(tag.split()[1] for tag in tags if tag.startswith("单据 "))
        application = Application(f"A{number}", APPLICATIONS[names[0]], day(cells["日期"]), year, named)
        timeline.applications.append(
            application._replace(
                withdrawn="撤回" in tags,
                rejected_on=day(cells["日期"]) if "驳回" in tags else None,
                approved_on=day(cells["日期"]) if "审核通过" in tags else None,
                identity=next((tag.split()[1] for tag in tags if tag.startswith("身份 ")), None),
                county=next((tag.split()[1] for tag in tags if tag.startswith("申请地 ")), None),
                not_assisted_proof=True if "有证明" in tags else False if "不能证明" in tags else None,
            )
        )
    elif kind == "户籍":
        timeline.registered = names[0]
    elif kind == "精神障碍":
        timeline.mental_disorder = "否" not in tags
    elif kind == "暴力倾向":
        timeline.violence_risk = "否" not in tags
    elif kind == "参保缴费":
        registered = day(cells["日期"])
        paid = next((day(tag.split()[1]) for tag in tags if tag.startswith("缴费 ")), registered)
        insutype = "310" if "职工医保" in tags else "390"
        county = next((tag.split()[1] for tag in tags if tag.startswith("参保地 ")), timeline.home.county)
        last = next((day(tag.split()[1]) for tag in tags if tag.startswith("停保 ")), None)
        timeline.enrolments.append(
            Enrolment(f"E{number}", insutype, county, registered, None if "未缴费" in tags else paid, last_day=last)
        )
    elif not read_row(timeline, number, words, tags, cells):
        raise Usage(f"the event {kind!r} is not known; docs/clerks/worked-examples.zh.md lists the events")


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
