"""The verdict on one feed record: accepted or refused with a typed reason. A pure function of the record's bytes.

It depends on the bytes (key, value, headers, the record's own time) and on the version of the dictionaries in the code,
on nothing else: no clock, no state, no configuration but the size limit. Read again after a crash or a rebalance, the
same record gets the same verdict. No text made here holds a value of the input.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from schemas.codec import UnknownType, UnknownVersion
from schemas.events.header import CE_SOURCE, CE_TIME, UNKNOWN_SOURCE
from schemas.reasons import RejectReason
from workers.intake.checks import first_wrong
from workers.intake.plans import Plan, plan_of
from workers.intake.shape import NotJson, object_of
from workers.journal.pii import value_holds_person_data
from workers.log.port import Headers

DICTIONARY_VERSION: Final = 1
"""Version of codes, models and checks; a change that can change a verdict raises it."""
FEED_RECORD_BYTES_MAX: Final = 512_000


class Accepted(NamedTuple):
    """A checked event and the name its sender gave itself.

    `event` holds the journal's fields with `psn_no`, defaults spelled, absent facts None, nothing unknown; days are
    `date`. `workers.journal.record.canonical_json` writes it.
    """

    event: dict[str, Any]
    source: str


class Refused(NamedTuple):
    """Why a record becomes a dead letter. `field` is a name of the contract, never a name of the input."""

    reason: RejectReason
    field: str | None = None
    stage: str = "decode"

    @property
    def detail(self) -> str:
        """What to fix, for people; free of values."""
        return f"{self.field}: {self.reason.text}" if self.field else self.reason.text


Verdict = Accepted | Refused


def judge(
    topic: str,
    key: bytes | None,
    value: bytes | None,
    headers: Headers = (),
    timestamp_ms: int | None = None,
    *,
    bytes_max: int = FEED_RECORD_BYTES_MAX,
) -> Verdict:
    """Judge one record of a feed (short topic name). `timestamp_ms`: the record's own time, None where it has none."""
    if not value:
        return Refused(RejectReason.EMPTY)
    if len(value) > bytes_max:
        return Refused(RejectReason.TOO_LARGE)
    try:
        decoded = object_of(value)
    except NotJson:
        return Refused(RejectReason.NOT_JSON)
    if value_holds_person_data(value, decoded):
        return Refused(RejectReason.PERSONAL_DATA)
    plan = _plan(topic, decoded)
    if isinstance(plan, Refused):
        return plan
    try:
        event = plan.validate(value)
    except ValidationError as error:
        return _refusal(plan, error)
    refused = _check_key(plan, key, decoded)
    if refused is not None:
        return refused
    wrong = first_wrong(decoded["type"], decoded, _sent_at(headers, timestamp_ms))
    if wrong is not None:
        return Refused(wrong.reason, wrong.field, "validate")
    return Accepted(event, _source(headers))


def _plan(topic: str, decoded: dict[str, Any]) -> Plan | Refused:
    type_, version = decoded.get("type"), decoded.get("version")
    if not isinstance(type_, str):
        return Refused(RejectReason.UNKNOWN_TYPE, "type")
    if type(version) is not int:
        return Refused(RejectReason.UNKNOWN_VERSION, "version")
    try:
        return plan_of(topic, type_, version)
    except UnknownVersion:
        return Refused(RejectReason.UNKNOWN_VERSION, "version")
    except UnknownType:
        return Refused(RejectReason.UNKNOWN_TYPE, "type")


def _refusal(plan: Plan, error: ValidationError) -> Refused:
    """The first complaint of the model as a typed reason; a field that the contract does not know is not named."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind, place = first["type"], first["loc"]
    if kind == "json_invalid":
        return Refused(RejectReason.NOT_JSON)
    field = place[0] if place and place[0] in plan.fields else None
    if field is None or kind == "missing":
        reason = RejectReason.BAD_FIELD
    elif field in plan.amounts:
        reason = RejectReason.BAD_AMOUNT
    elif field in plan.days:
        reason = RejectReason.BAD_DATE
    elif field in plan.codes and kind == "enum":
        reason = RejectReason.UNKNOWN_CODE
    else:
        reason = RejectReason.BAD_FIELD
    return Refused(reason, str(field) if field is not None else None, "validate")


def _check_key(plan: Plan, key: bytes | None, decoded: dict[str, Any]) -> Refused | None:
    if not key:
        return Refused(RejectReason.KEY_MISSING, None, "validate")
    for name in plan.key_fields:
        stated = decoded.get(name)
        if stated is not None:
            return None if key == stated.encode() else Refused(RejectReason.KEY_MISMATCH, name, "validate")
    return Refused(RejectReason.KEY_MISSING, None, "validate")


def _header(headers: Headers, name: str) -> bytes | None:
    found = None
    for key, value in headers:
        if key == name:
            found = value
    return found


def _sent_at(headers: Headers, timestamp_ms: int | None) -> int | None:
    """When the event was sent: `ce_time` where it is a time with offset, else the record's own time."""
    text = _header(headers, CE_TIME)
    if text is None or len(text) > 40:
        return timestamp_ms
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
        return int(moment.timestamp() * 1000) if moment.tzinfo is not None else timestamp_ms
    except (ValueError, OverflowError):
        return timestamp_ms


def _source(headers: Headers) -> str:
    found = _header(headers, CE_SOURCE)
    return found.decode("ascii", "replace") if found else UNKNOWN_SOURCE
