"""Worked examples as a clerk writes them: Markdown files with timeline tables, read into facts and expected amounts.

A file has front matter (title, authority, clauses, checked_by) and sections `## …`, each one person with one table.
How to write one: tests/cases/README.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from workers.cases.arithmetic import value_of
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
    "市外": "elsewhere",
}  # fmt: skip
HOME = {
    "qiannan": ("520000", "522701"),
    "jieyang": ("440000", "445202"),
    "lanzhou": ("620000", "620102"),
    "heshan": ("440000", "440784"),
}
FUNDS = {"风险储备金": "risk_reserve", "救助资金": "assistance_fund", "扶贫资金": "poverty_fund"}
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
    "本市": {"place": "in_city"},
    "职工医保": {"insutype": "310"}, "居民医保": {"insutype": "390"},
}  # fmt: skip
AMOUNT_TAGS = {
    "乙类": "class_b_first_pay", "超限价": "over_limit_price_pay", "目录外": "out_of_scope", "合规费用": "in_scope",
    "补充保险": "supplementary_paid",
}  # fmt: skip
DATE_TAGS = {"入院": "admitted_on", "结算": "settled_on"}


@dataclass(frozen=True)
class Row:
    """One bill of a timeline with what the clerk expects of it."""

    line: int
    bill: BillFacts
    ordinary: int
    tilt: int
    total: int | None
    reason: str
    clauses: tuple[str, ...]
    sums: tuple[Fraction, ...]
    funds: tuple[str, ...] = ()


@dataclass
class Timeline:
    """One person: everything known in the end, and the bills in the order of arrival."""

    file: str
    title: str
    clauses: tuple[str, ...]
    readings: dict[str, str] = field(default_factory=dict)
    identities: list[Identity] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    measure: str = "QN"
    home: tuple[str, str] = ("520000", "522701")
    mental_disorder: bool | None = None
    registered: str | None = None
    adopted: bool = False

    @property
    def person(self) -> PersonFacts:
        identities = tuple(sorted(self.identities, key=lambda each: (each.source_id, each.identity)))
        return PersonFacts(
            identities,
            tuple(self.applications),
            tuple(self.enrolments),
            mental_disorder=self.mental_disorder,
            registration_county=self.registered,
        )


def fen(text: str) -> int:
    found = re.fullmatch(r"(\d+)\.(\d{2})", text)
    if found is None:
        raise Usage(f"an amount has two places: {text!r}")
    return int(found[1]) * 100 + int(found[2])


def day(text: str) -> date:
    return date.fromisoformat(text)


def read_all(folder: Path = FOLDER) -> list[Timeline]:
    """Every timeline of every case file in the folders of the cities."""
    return [timeline for path in sorted(folder.glob("*/*.md")) for timeline in read(path)]


def read(path: Path) -> list[Timeline]:
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != "---":
        raise Usage(f"{path}:1: the front matter is missing; begin with a line --- ")
    end = lines.index("---", 1)
    head = {name: text for name, _, text in (line.partition(": ") for line in lines[1:end])}
    missing = {"title", "authority", "clauses", "checked_by"} - set(head)
    if missing:
        raise Usage(f"{path}:1: the front matter has no {', '.join(sorted(missing))}; add it")
    clauses = tuple(head["clauses"].replace(" ", "").split(","))
    timelines: list[Timeline] = []
    columns: list[str] = []
    for number, line in enumerate(lines[end + 1 :], start=end + 2):
        if line.startswith("## "):
            timelines.append(_timeline(path, line[3:].strip(), clauses))
            columns = []
        elif line.startswith("解释："):
            timelines[-1].readings.update(
                (name, reading)
                for name, _, reading in (pair.partition("=") for pair in line[3:].replace(" ", "").split("，"))
            )
        elif line == "文件：已录入样例数值":
            timelines[-1].adopted = True
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not columns:
                columns = cells
            elif not set("".join(cells)) <= set("-: "):
                _row(timelines[-1], number, dict(zip(columns, cells, strict=True)))
    return timelines


def _timeline(path: Path, title: str, clauses: tuple[str, ...]) -> Timeline:
    folder = path.parent.name
    measure = {"qiannan": "QN", "jieyang": "JY", "lanzhou": "LZ", "heshan": "HS"}[folder]
    return Timeline(path.name, title, clauses, measure=measure, home=HOME[folder])


def _row(timeline: Timeline, number: int, cells: dict[str, str]) -> None:
    words = cells["事件"].split()
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
                sub_class=next((tag.split()[1] for tag in tags if tag.startswith("小类 ")), None),
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
                identity=next((tag.split()[1] for tag in tags if tag.startswith("身份 ")), None),
                not_assisted_proof=True if "有证明" in tags else False if "不能证明" in tags else None,
            )
        )
    elif kind == "户籍":
        timeline.registered = names[0]
    elif kind == "精神障碍":
        timeline.mental_disorder = "否" not in tags
    elif kind == "参保缴费":
        registered = day(cells["日期"])
        paid = next((day(tag.split()[1]) for tag in tags if tag.startswith("缴费 ")), registered)
        insutype = "310" if "职工医保" in tags else "390"
        county = next((tag.split()[1] for tag in tags if tag.startswith("参保地 ")), timeline.home[1])
        last = next((day(tag.split()[1]) for tag in tags if tag.startswith("停保 ")), None)
        timeline.enrolments.append(
            Enrolment(f"E{number}", insutype, county, registered, None if "未缴费" in tags else paid, last_day=last)
        )
    else:
        raise Usage(f"{timeline.file}:{number}: unknown event {kind}")


def _remove(timeline: Timeline, name: str, removed: Any, reason: str) -> None:
    for position, identity in enumerate(timeline.identities):
        if identity.identity == name and identity.removed_on is None:
            timeline.identities[position] = identity._replace(removed_on=removed, removal_reason=reason)
            return
    raise Usage(f"{timeline.file}: {name} was not recognised above")


def _bill(timeline: Timeline, number: int, care_type: str, setl_id: str, tags: list[str], cells: dict[str, str]) -> Row:
    facts: dict[str, Any] = {
        "region": timeline.home[0], "setl_id": setl_id, "county": timeline.home[1], "care_type": care_type,
        "discharged_on": day(cells["日期"]), "settled_on": day(cells["日期"]), "insutype": "390",
        "designated": True, "emergency_rescue": False, "place": "in_county", "referral": "not_required",
        "in_scope_personal": fen(cells["合规自付"]) if cells["合规自付"] else None,
    }  # fmt: skip
    for tag in tags:
        name, _, value = tag.partition(" ")
        if name in AMOUNT_TAGS:
            facts[AMOUNT_TAGS[name]] = fen(value)
        elif name in DATE_TAGS:
            facts[DATE_TAGS[name]] = day(value)
        elif name == "参保地":
            facts["county"] = value
        else:
            facts.update(TAGS[tag])
    return Row(
        line=number,
        bill=BillFacts(**facts),
        ordinary=fen(cells["应救助"]),
        tilt=fen(cells.get("倾斜") or cells.get("二次") or "0.00"),
        total=fen(cells["累计"]) if cells.get("累计") else None,
        reason=REASONS[cells["理由"]],
        clauses=tuple(part for part in re.split(r"[、，\s]+", cells["依据"]) if part),
        sums=tuple(value_of(part) for part in cells.get("算式", "").split("；") if part.strip()),
        funds=tuple(FUNDS[name] for name in cells["资金"].split("→")) if cells.get("资金") else (),
    )
