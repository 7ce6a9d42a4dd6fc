"""The verdict on one feed record: accepted or refused with a typed reason. A pure function of the record's bytes.

It depends on the bytes (key, value, headers, the record's own time) and on the version of the dictionaries in the code,
on nothing else: no clock, no state, no configuration but the size limit. Read again after a crash or a rebalance, the
same record gets the same verdict. No text made here holds a value of the input.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.codec import UnknownType, UnknownVersion
from schemas.events.header import CE_SOURCE, CE_TIME, UNKNOWN_SOURCE
from schemas.national.load import National, load_national
from schemas.reasons import RejectReason
from workers.intake.checks import first_wrong, horizon_of
from workers.intake.national.personal import personal_field
from workers.intake.national.read import Read, read
from workers.intake.national.sheet import looks_national
from workers.intake.plans import Plan, plan_of
from workers.intake.shape import NotJson, TooMany, object_of
from workers.journal.pii import value_holds_person_data
from workers.log.port import Headers

FEED_RECORD_BYTES_MAX: Final = 512_000


class Accepted(NamedTuple):
    """A checked event and the name its sender gave itself.

    `event` holds the journal's fields with `psn_no`, defaults spelled, absent facts None, nothing unknown; days are
    `date`. `workers.journal.record.canonical_json` writes it.
    """

    event: dict[str, Any]
    source: str
    more: tuple[dict[str, Any], ...] = ()
    """Further events of the same record: a message of the platform may state several identities."""
    warnings: tuple[str, ...] = ()
    """Checks of docs/integrate/platform.md (A5 …) that were not met and do not refuse."""


class Refused(NamedTuple):
    """Why a record becomes a dead letter. `field` is a name of the contract, never a name of the input.

    `code` is an unknown code of a dictionary (at most six letters and digits), `check` what found it (I1, A8).
    """

    reason: RejectReason
    field: str | None = None
    stage: str = "decode"
    code: str | None = None
    check: str | None = None

    @property
    def detail(self) -> str:
        """What to fix, for people; free of values."""
        if self.field is None:
            return self.reason.text
        code = "" if self.code is None else f" {self.code}"
        check = "" if self.check is None else f" ({self.check})"
        return f"{self.field}{code}: {self.reason.text}{check}"


Verdict = Accepted | Refused


def judge(
    topic: str,
    key: bytes | None,
    value: bytes | None,
    headers: Headers = (),
    timestamp_ms: int | None = None,
    *,
    bytes_max: int = FEED_RECORD_BYTES_MAX,
    national: National | None = None,
    keyed: bool = True,
) -> Verdict:
    """Judge one record of a feed (short topic name). `timestamp_ms`: the record's own time, None where it has none.

    `keyed` False: a body that came without a record around it (HTTP), so there is no key to compare with.

    A message in the platform's own shape is read by `national` (default: the shipped vocabulary and dictionaries).
    """
    if not value:
        return Refused(RejectReason.EMPTY)
    if len(value) > bytes_max:
        return Refused(RejectReason.TOO_LARGE)
    try:
        decoded = object_of(value)
    except TooMany:
        return Refused(RejectReason.TOO_LARGE)
    except NotJson:
        return Refused(RejectReason.NOT_JSON)
    if value_holds_person_data(value, decoded):
        return _personal(decoded, national)
    plan = _plan(topic, decoded)
    if isinstance(plan, Refused):
        if "type" not in decoded and looks_national(decoded):
            return _judge_national(topic, key, value, headers, timestamp_ms, national or load_national(), keyed)
        return plan
    try:
        event = plan.validate(value)
    except ValidationError as error:
        return _refusal(plan, error)
    refused = _check_key(plan, key, decoded) if keyed else None
    if refused is not None:
        return refused
    wrong = first_wrong(decoded["type"], decoded, _sent_at(headers, timestamp_ms))
    if wrong is not None:
        return Refused(wrong.reason, wrong.field, "validate")
    return Accepted(event, _source(headers))


def _judge_national(
    topic: str,
    key: bytes | None,
    value: bytes,
    headers: Headers,
    timestamp_ms: int | None,
    national: National,
    keyed: bool,
) -> Verdict:
    """Read a message of the platform; what comes out is checked like any event of ours."""
    found = read(topic, value, national)
    if not isinstance(found, Read):
        return Refused(found.reason, found.field, "national", found.code, found.check)
    sent_at = _sent_at(headers, timestamp_ms)
    if sent_at is None:
        sent_at = _said_at(found.sent)
    if found.written is not None and sent_at is not None and found.written > horizon_of(sent_at):
        return Refused(RejectReason.BAD_DATE, national.vocabulary.shown("updated"), "national", None, "A12")
    events = []
    for stated in found.events:
        event = _checked(topic, key if keyed else stated["psn_no"].encode(), stated, national, sent_at)
        if isinstance(event, Refused):
            return event
        events.append(event)
    source = _source(headers)
    return Accepted(events[0], found.source if source == UNKNOWN_SOURCE else source, tuple(events[1:]), found.warnings)


def _personal(decoded: dict[str, Any], national: National | None) -> Refused:
    """A18. Of a message of the platform the field is named where it is one of the interface, never any other name."""
    if "type" in decoded or not looks_national(decoded):
        return Refused(RejectReason.PERSONAL_DATA)
    field = personal_field(decoded, (national or load_national()).vocabulary)
    return Refused(RejectReason.PERSONAL_DATA, field, check="A18")


def _checked(
    topic: str, key: bytes | None, stated: dict[str, Any], national: National, sent_at: int | None
) -> dict[str, Any] | Refused:
    """One event under its model; a complaint names the field as the platform does."""
    plan = plan_of(topic, stated["type"], stated["version"])
    try:
        event = plan.validate(orjson.dumps(stated))
    except ValidationError as error:
        refused = _refusal(plan, error)
        return refused._replace(field=_platform_name(national, refused.field, stated["type"]))
    refused_key = _check_key(plan, key, stated)
    if refused_key is not None:
        return refused_key
    wrong = first_wrong(stated["type"], stated, sent_at)
    if wrong is not None:
        return Refused(wrong.reason, _platform_name(national, wrong.field, stated["type"]), "validate")
    return event


_OURS = {"admitted_on": "begins", "discharged_on": "ends", "settled_on": "settled", "cancelled_on": "settled",
         "removed_on": "identity_to", "recognised_on": "identity_from"}  # fmt: skip
"""Our day → the word under which the vocabulary has the platform's name of it."""


_OWN_NUMBERS = {
    "settlement.cancel": {"own_id": "setl_id"},
    "settlement.reverse": {"reversal_id": "msgid", "msgid": "reversed_message", "own_id": "reversed_message"},
}
"""The same of numbers that have another name in another type."""


def _platform_name(national: National, field: str | None, type_: str) -> str | None:
    if field is None:
        return None
    word = _OWN_NUMBERS.get(type_, {}).get(field) or _OURS.get(field, field)
    return national.vocabulary.shown(word)


_CHINA = timezone(timedelta(hours=8))


def _said_at(sent: str | None) -> int | None:
    """When the platform says it sent the message (`inf_time`, UTC+8); None where it does not say."""
    try:
        moment = datetime.fromisoformat((sent or "")[:19])
        return int(moment.replace(tzinfo=_CHINA).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


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
