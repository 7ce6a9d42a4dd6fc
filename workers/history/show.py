"""A person's year as a page of text: cap tables, then bills."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from schemas.reasons import REASON_TEXTS
from workers.errors import TuodiError
from workers.history.known import known_year
from workers.history.queries import PersonYear, open_for_reading
from workers.pages.words import LAYERS as LAYER_LABELS
from workers.pages.words import STATUSES as STATUS_LABELS
from workers.pages.words import measure_words

COUNTER_LABELS = {
    "ordinary_used": "普通救助已用",
    "deductible_used": "起付标准已扣",
    "tilt_used": "倾斜救助已用",
    "secondary_used": "二次救助已用",
    "secondary_burden": "年度个人负担累计",
    "outpatient_used": "门诊救助已用",
    "inpatient_used": "住院救助已用",
    "ordinary_general_used": "非重特大疾病救助已用",
    "tilt_burden": "年度倾斜救助费用累计",
    "retro_used": "追溯救助已用",
    "resolution_used": "高额费用已化解",
    "resolution_burden": "年度个人负担累计",
    "in_treatment_used": "医中医疗救助已用",
}


def show_person(database: Path, key: str, year: int, *, as_json: bool, known_on: str | None = None) -> str:
    """The text or JSON of one person-year (as known on an ISO date); TuodiError (exit 1) where nothing is known."""
    connection = open_for_reading(database)
    try:
        found = known_year(connection, key, year, known_on)
    finally:
        connection.close()
    if not (found.tables or found.bills or found.identities or found.undecided or found.forwarded_to):
        raise TuodiError(f"nothing is known of this person in {year}; check the key (`tuodi person-key`) and the year")
    if as_json:
        return orjson.dumps(found._asdict(), option=orjson.OPT_INDENT_2).decode()
    return "\n".join([*_head(found), *_tables(found), *_identities(found), "", *_bills(found)])


def _head(found: PersonYear) -> list[str]:
    lines = [f"救助对象 {found.person_key}  {found.year} 年度"]
    if found.known_on is not None:
        still = "" if found.closed else "（该日尚未日终，以下为目前已知）"
        lines.append(f"  截至 {found.known_on} 日终已知的情况{still}")
    if found.forwarded_to is not None:
        lines.append(f"  本标识已并入 {found.forwarded_to}")
    return lines


def _tables(found: PersonYear) -> list[str]:
    lines = []
    for measure, counters in found.tables.items():
        lines.append(f"  办法 {measure_words(measure)}（{measure}）")
        lines += [f"    {COUNTER_LABELS.get(name, name)}: {amount} 元" for name, amount in sorted(counters.items())]
    if not found.complete:
        lines.append("  （当时的累计表已被压缩，可用 tuodi recompute 由日志重算）")
    return lines


def _identities(found: PersonYear) -> list[str]:
    return [
        f"  身份 {each['identity']}  {each['recognised_on']} 起"
        + (f"，{each['removed_on']} 止" if each.get("removed_on") else "")
        + ("（已撤销）" if each.get("withdrawn") else "")
        for each in found.identities
    ]


def _bills(found: PersonYear) -> list[str]:
    lines = ["  结算单            受益日期    状态    金额(元)"]
    for bill in found.bills:
        layers = " ".join(f"{LAYER_LABELS.get(name, name)} {amount}" for name, amount in bill["layers"].items())
        lines.append(
            f"  {_number(bill):<16}  {bill['benefit_date']}  {STATUS_LABELS[bill['status']]}  {layers}"
            f"  {REASON_TEXTS[bill['reason']]}"
        )
    lines += [
        f"  {each['bill']['setl_id']:<16}  {STATUS_LABELS[each['status']]}  {REASON_TEXTS.get(str(each['reason']), '')}"
        for each in found.undecided
    ]
    return lines


def _number(decision: dict[str, Any]) -> str:
    """The settlement number, or what else was decided on."""
    bill, subject = decision["bill"], decision.get("subject")
    return str(bill["setl_id"] if bill is not None else f"{subject['kind']} {subject['id']}")  # type: ignore[index]
