"""Messages of hospitals brought into the form that the national room reads, and our answers in the platform's names."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any, Final

from schemas.http.person_year import PersonYearAnswer
from schemas.http.settlement import SettlementAnswer
from schemas.http.trial import TrialAnswer
from workers.gateway.envelope import CHINA, Envelope
from workers.intake.national.sheet import Number, Sheet

SETTLE_OF: Final = {"2206": "2207", "2303": "2304"}
"""Trial → the interface whose body it has."""
ASSISTANCE_FUND: Final = "610100"
_ANSWER_PARTS: Final = ("setlinfo", "setldetail")


def with_output(envelope: Envelope) -> dict[str, Any]:
    """The message with what basic insurance answered as its `output`; numbers as they were spelled."""
    message: dict[str, Any] = json.loads(envelope.raw, parse_float=Number, parse_int=Number)
    asked = message.get("input")
    if not isinstance(message.get("output"), dict) and isinstance(asked, dict) and "setlinfo" in asked:
        message["output"] = {name: asked[name] for name in _ANSWER_PARTS if name in asked}
        message["input"] = {name: value for name, value in asked.items() if name not in _ANSWER_PARTS}
    return message


def as_settled(envelope: Envelope, sheet: Sheet) -> dict[str, Any]:
    """A trial as the settlement it would be: a number and a time of its own where the platform gives none."""
    message = with_output(envelope)
    number = envelope.number or ""
    message["infno"] = SETTLE_OF[number] + str(message["infno"])[4:]
    output = message.get("output")
    answer = output.get("setlinfo") if isinstance(output, dict) else None
    place = answer if isinstance(answer, dict) else output if isinstance(output, dict) else message
    for part in (message, output, answer):
        if isinstance(part, dict):
            part.pop("setl_cal_type", None)
    if sheet.text("setl_id") is None:
        place["setl_id"] = f"T{uuid.uuid4().hex}"
    if sheet.text("settled") is None:
        now = datetime.fromtimestamp(envelope.came_ms // 1000, UTC).astimezone(CHINA)
        place["setl_time"] = f"{now:%Y-%m-%d %H:%M:%S}"
    return message


def raw_of(message: dict[str, Any]) -> bytes:
    """The bytes of a message."""
    return json.dumps(message, ensure_ascii=False).encode()


def settled(answer: SettlementAnswer | TrialAnswer, sheet: Sheet) -> dict[str, Any]:
    """`setlinfo` and `setldetail` with what assistance pays; `decision_id`, state and sentence beside them."""
    fields = answer.model_dump(mode="json", exclude_none=True)
    info = {
        "setl_id": fields.get("setl_id"),
        "mdtrt_id": sheet.text("visit_id"),
        "maf_pay": fields["assistance"],
    }
    more = {
        name: fields[name]
        for name in ("decision_id", "outcome", "status", "reason", "sentence", "layers")
        if name in fields
    }
    detail = {
        "fund_pay_type": ASSISTANCE_FUND,
        "fund_payamt": fields["assistance"],
        "fund_pay_type_name": "医疗救助基金",
    }
    return {
        "setlinfo": {name: value for name, value in info.items() if value is not None},
        "setldetail": [detail],
        "assistance": more,
    }


def cumulated(found: PersonYearAnswer, sheet: Sheet) -> dict[str, Any]:
    """The cap tables as 5206 lists them: one line a counter; `cum_type_code` is our name of it."""
    lines = [
        {
            "insutype": sheet.text("insutype") or "",
            "year": str(found.year),
            "cum_ym": str(found.year),
            "cum_type_code": counter,
            "cum": amount,
            "measure": table["measure"],
        }
        for table in found.model_dump(mode="json")["tables"]
        for counter, amount in sorted(table["counters"].items())
    ]
    return {"cuminfo": lines, "assistance": {"sentence": found.sentence}}
