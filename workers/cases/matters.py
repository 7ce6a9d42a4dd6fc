"""Rows of worked examples that are not bills: contributions, stays, facts of a person, what should stand in the end.

`应有 …` and `应无 …` are looked up among the matters that stand after all rows; a tag names what it must state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from workers.cases.arithmetic import parts_of
from workers.errors import Usage
from workers.policy.county_lists import EXCLUSIONS, IDENTITIES, PREMIUM, with_list
from workers.policy.matters.plan import City
from workers.policy.matters.situation import Admission, Checkup, PremiumPaid, Recorded, Result, Situation
from workers.policy.matters.wanted import Grant, Matter
from workers.policy.types import Status

if TYPE_CHECKING:
    from workers.cases.timeline import Timeline
    from workers.policy.law import Law
    from workers.policy.types import Verdict

KINDS = {
    "参保资助": "premium",
    "大病保险倾斜": "insurer_preference", "免收押金": "deposit_waiver", "先诊疗后付费": "treat_first",
    "家庭医生免费签约": "family_doctor", "体检套餐": "checkup", "未参保提醒": "not_enrolled",
    "税务名单": "tax_list", "自付清单": "payment_extract", "返贫预警": "falling_back", "致贫预警": "falling_in",
    "转介": "referral", "待审批": "approval_pending", "申请提示": "offer", "家庭调查": "means_test",
    "他方承担": "rest", "名单缺失": "list_missing",
    "标准缺失": "parameter_missing", "届满提醒": "expiry",
}  # fmt: skip
REASONS = {
    "资助": "assisted", "期后缴费": "paid_after_window", "已资助": "already_subsidised", "不资助": "no_premium_subsidy",
    "待补事实": "fact_missing", "待文件": "figure_missing", "不涉及": "no_decision", "限额用完": "cap_used_up",
    "非参保对象": "not_member",
}  # fmt: skip
FACTS: dict[str, tuple[str, Any]] = {
    "重度残疾": ("severe_disability", True), "非重度残疾": ("severe_disability", False),
    "残疾证": ("disability_certificate", True), "无残疾证": ("disability_certificate", False),
    "农村居民": ("rural", True), "城镇居民": ("rural", False),
    "长期居住": ("long_residence", True), "非长期居住": ("long_residence", False),
}  # fmt: skip
LISTS = {"特殊困难人员": IDENTITIES, "不予救助": EXCLUSIONS}
ENTRIES = {"名称": "", "资助": PREMIUM, "疾病": ""}
"""What a row about a county's list names, and what stands in front of it in the list."""
STAYS: dict[str, dict[str, Any]] = {
    "非定点": {"designated": False}, "未首诊": {"primary_care_first": False}, "本市": {"place": "in_city"},
    "省内": {"place": "in_province"}, "省外": {"place": "out_of_province"}, "未转诊": {"referral": "missing"},
    "补充保险": {"supplementary": True}, "无须转诊": {"referral": "not_required"}, "已备案": {"referral": "filed"},
}  # fmt: skip


@dataclass
class Told:
    """What the rows of a timeline tell besides bills, identities, applications and enrolments."""

    premiums: list[PremiumPaid] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    checkups: list[Checkup] = field(default_factory=list)
    lists: set[tuple[str, str, str]] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)
    closed: date | None = None


class Expected(NamedTuple):
    """One row with what the clerk expects: the amount and reason of a contribution, or whether a matter stands."""

    line: int
    event: str
    ordinary: int
    reason: str
    clauses: tuple[str, ...]
    sums: tuple[Fraction, ...]
    holds: Callable[[tuple[Matter, ...]], str]
    tilt: int = 0


def read_row(timeline: Timeline, number: int, words: list[str], tags: list[str], cells: Mapping[str, str]) -> bool:
    """Take one row; False if it is none of these."""
    kind, told = words[0], timeline.told
    day = date.fromisoformat(cells["日期"]) if cells.get("日期") else None
    values = {name: value for name, _, value in (tag.partition(" ") for tag in tags)}
    if kind == "缴费" and day is not None:
        told.premiums.append(_premium(timeline, words[1], day, values))
        timeline.expected.append(_of_grant("premium", number, words[1], cells))
    elif kind == "入院登记" and day is not None:
        told.admissions.append(_stay(timeline, words[1], day, tags, values))
    elif kind == "体检" and day is not None:
        told.checkups.append(_checkup(timeline, words[1], day, tags, values))
        timeline.expected.append(_of_grant("checkup", number, words[1], cells))
    elif kind == "个人情况":
        if "出生" in values:
            told.facts["born_on"] = date.fromisoformat(values["出生"])
        told.facts.update(FACTS[tag] for tag in tags if tag in FACTS)
    elif kind == "名单送达":
        told.lists.add((words[1], timeline.home.county, values["月份"]))
    elif kind == "县级名单" and day is not None:
        named = (tag.split() for tag in tags if tag.split()[0] in ENTRIES)
        entries = [ENTRIES[name] + value for name, value in named]
        county = values.get("县", timeline.home.county)
        timeline.lists = with_list(timeline.lists, LISTS[words[1]], county, day.isoformat(), entries)
    elif kind == "日终" and day is not None:
        told.closed = day
    elif kind in ("应有", "应无"):
        timeline.expected.append(_of_matter(number, words, day, values, cells))
    else:
        return False
    return True


def standing(law: Law, timeline: Timeline, verdicts: list[Verdict]) -> tuple[Matter, ...]:
    """All matters that stand after the rows: of the person, of each bill, of the city."""
    told = timeline.told
    person = timeline.person
    burdens: dict[str, int] = {}
    found: list[Matter] = []
    for row, verdict in zip(timeline.rows, verdicts, strict=True):
        if verdict.status is Status.DECIDED:
            result = Result(verdict.reason, verdict.layers, verdict.benefit_date, verdict.year)
            watched = law.watch(row.bill, person, result)
            found.extend(watched.matters)
            for count in watched.counts:
                burdens[count.key] = burdens.get(count.key, 0) + count.amount
    recorded = Recorded(tuple(told.premiums), tuple(told.admissions), tuple(told.checkups))
    billed = tuple(sorted({row.bill.county for row in timeline.rows}))
    found.extend(law.matters(Situation(person, recorded, burdens, told.closed, billed)).matters)
    if told.closed is not None:
        found.extend(law.city(City(told.closed, frozenset(told.lists))))
    return tuple(found)


def wrong_matters(law: Law, timeline: Timeline, verdicts: list[Verdict]) -> Iterator[tuple[Expected, str, str]]:
    """Row, what should be, what is."""
    if not timeline.expected:
        return
    matters = standing(law, timeline, verdicts)
    for row in timeline.expected:
        wrong = row.holds(matters)
        if wrong:
            yield row, f"{row.event} {row.reason}".strip(), wrong


def _premium(timeline: Timeline, payment_id: str, day: date, values: Mapping[str, str]) -> PremiumPaid:
    insutype = None if "险种不明" in values else "310" if "职工医保" in values else "390"
    return PremiumPaid(
        timeline.home.region, payment_id, int(values["年度"]), day, _fen(values["标准"]),
        "supplementary" if "补充保险" in values else "basic", values.get("参保地", timeline.home.county), insutype,
    )  # fmt: skip


def _stay(timeline: Timeline, id_: str, day: date, tags: list[str], values: Mapping[str, str]) -> Admission:
    left = date.fromisoformat(values["出院"]) if "出院" in values else None
    stay = Admission(
        timeline.home.region, id_, day, timeline.home.county, "in_county", True, True, "referred", False, left
    )
    for tag in tags:
        stay = stay._replace(**STAYS.get(tag, {}))
    return stay


def _checkup(timeline: Timeline, id_: str, day: date, tags: list[str], values: Mapping[str, str]) -> Checkup:
    insured = None if "参保不明" in tags else "未参加补充保险" not in tags
    return Checkup(timeline.home.region, id_, day, _fen(values["费用"]), "未管理" not in tags, insured)


def _of_grant(kind: str, number: int, about: str, cells: Mapping[str, str]) -> Expected:
    amount, reason = _fen(cells.get("应救助") or "0.00"), REASONS[cells["理由"]]

    def holds(matters: tuple[Matter, ...]) -> str:
        grants = [each for each in matters if isinstance(each, Grant) and each.subject[0] == kind]
        grant = next((each for each in grants if each.subject[2] == about), None)
        got = ("no_decision", 0) if grant is None else (grant.reason, sum(grant.layers.values()))
        return "" if got == (reason, amount) else f"{got[0]} {got[1]} fen"

    return Expected(number, cells["事件"], amount, reason, *_cited(cells), holds)


def _of_matter(
    number: int, words: list[str], day: date | None, values: Mapping[str, str], cells: Mapping[str, str]
) -> Expected:
    kind, wanted = KINDS[words[1]], words[0] == "应有"
    stated: dict[str, Any] = {FIELDS[name][0]: FIELDS[name][1](value) for name, value in values.items()}
    if day is not None:
        stated["first_day"] = day

    def holds(matters: tuple[Matter, ...]) -> str:
        same = [each for each in matters if _kind(each) == kind]
        fits = any(all(_states(each, name, value) for name, value in stated.items()) for each in same)
        return "" if fits is wanted else "; ".join(map(_told, same)) or "无"

    return Expected(number, cells["事件"], 0, "", *_cited(cells), holds)


def _cited(cells: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[Fraction, ...]]:
    texts = [part for part in cells.get("算式", "").split("；") if part.strip()]
    clauses = tuple(part for part in re.split(r"[、，\s]+", cells["依据"]) if part)
    return clauses, tuple(parts_of(text)[-1] for text in texts)


def _kind(matter: Matter) -> str:
    return matter.subject[0] if isinstance(matter, Grant) else matter.kind


def _states(matter: Matter, name: str, value: Any) -> bool:
    """Whether the matter has the value in a field, in its details, or as the number of what it is about."""
    if name == "about":
        bill = getattr(matter, "bill", None)
        subject = matter.subject[2] if isinstance(matter, Grant) else None
        return value in (getattr(matter, "admission_id", None), subject, bill[1] if bill else None)
    if name == "amount" and isinstance(matter, Grant):
        return bool(sum(matter.layers.values()) == value)
    if name == "detail":
        told = getattr(matter, "details", {})
        return value in {*map(str, told.values()), *(f"{name}={each}" for name, each in told.items())}
    if name == "fund":
        return bool("→".join(getattr(matter, "funding", ())) == value)
    return bool(getattr(matter, name, None) == value)


def _told(matter: Matter) -> str:
    return " ".join(f"{name}={value}" for name, value in matter._asdict().items() if value and name != "clauses")


def _fen(text: str) -> int:
    found = re.fullmatch(r"(\d+)\.(\d{2})", text)
    if found is None:
        raise Usage(f"an amount has two places: {text!r}")
    return int(found[1]) * 100 + int(found[2])


FIELDS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "至": ("last_day", lambda text: None if text == "不限" else date.fromisoformat(text)),
    "年度": ("year", int), "金额": ("amount", _fen), "界限": ("threshold", _fen), "单号": ("about", str),
    "明细": ("detail", str), "资金": ("fund", str), "属地": ("county", str),
}  # fmt: skip
