"""A person's year as a page of text: cap tables, then bills."""

from __future__ import annotations

from pathlib import Path

import orjson

from schemas.reasons import Reason
from workers.errors import TuodiError
from workers.history.queries import PersonYear, open_for_reading, person_year
from workers.pages.words import LAYERS as LAYER_LABELS
from workers.pages.words import STATUSES as STATUS_LABELS

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
REASON_TEXTS = {reason.value: reason.text for reason in Reason}


def show_person(database: Path, key: str, year: int, *, as_json: bool) -> str:
    """The text or JSON of one person-year; TuodiError (exit 1) where nothing is known."""
    connection = open_for_reading(database)
    try:
        found = person_year(connection, key, year)
    finally:
        connection.close()
    if not found.tables and not found.bills:
        raise TuodiError(f"nothing is known of this person in {year}; check the key (`tuodi person-key`) and the year")
    if as_json:
        return orjson.dumps(found._asdict(), option=orjson.OPT_INDENT_2).decode()
    return "\n".join([f"救助对象 {found.person_key}  {year} 年度", *_tables(found), "", *_bills(found)])


def _tables(found: PersonYear) -> list[str]:
    lines = []
    for measure, counters in found.tables.items():
        lines.append(f"  办法 {measure}")
        lines += [f"    {COUNTER_LABELS.get(name, name)}: {amount} 元" for name, amount in sorted(counters.items())]
    return lines


def _bills(found: PersonYear) -> list[str]:
    lines = ["  结算单            受益日期    状态    金额(元)"]
    for bill in found.bills:
        layers = " ".join(f"{LAYER_LABELS.get(name, name)} {amount}" for name, amount in bill["layers"].items())
        lines.append(
            f"  {bill['bill']['setl_id']:<16}  {bill['benefit_date']}  {STATUS_LABELS[bill['status']]}  {layers}"
            f"  {REASON_TEXTS[bill['reason']]}"
        )
    return lines
