"""From a journal record to what the fold understands. Intake checked it: what cannot be read here stops the partition.

The type is peeked from the canonical bytes (a raw `"type":"` cannot stand inside a JSON string) and proved by the
model, whose `type` and `version` are literals; validators are compiled once (`schemas.codec`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.codec import UnknownType, UnknownVersion, journal_model, kind_of
from schemas.events.header import ARRIVAL, CE_SOURCE
from schemas.events.settlement import CancelFields
from workers.entitlement.cancels import carried_mark
from workers.entitlement.carried import BALANCE
from workers.entitlement.known import BILL_FIELDS
from workers.entitlement.records import (
    Arrival,
    Cancel,
    Final,
    MovedBill,
    MovedRest,
    Order,
    PersonRecord,
    Reinstate,
    Reverse,
    Revision,
    Transfer,
)
from workers.entitlement.sameness import digest_of
from workers.errors import Stop
from workers.log.port import Record
from workers.policy.types import BillFacts

CARRIED = (
    "pool_pay", "critical_illness_pay", "large_amount_pay", "civil_servant_pay", "enterprise_pay", "disabled_pay",
    "other_fund_pay", "account_pay", "cash_pay", "hospital_share", "fund_total", "person_total",
)  # fmt: skip
"""Payments of a bill that decide nothing; a cancel gives back the same (A8)."""
_amounts_carried = itemgetter(*CARRIED)
_DAYS = ("admitted_on", "discharged_on", "settled_on")
_BILL = "settlement.final"
_GIVEN_BACK = tuple(name for name in BILL_FIELDS if name in CancelFields.model_fields and name != "setl_id")
_STATED_OTHERWISE = frozenset({"type", "version", "person_key"})


class Decoded(NamedTuple):
    """A journal record. `person` is what it says of the person under `person_key`, if it is about one."""

    type: str
    model: Any
    headers: Mapping[str, bytes]
    person_key: str | None = None
    person: PersonRecord | None = None


def decode(record: Record) -> Decoded:
    """Read one journal record; `Stop` where it is not one of ours or stands under another key than its own."""
    raw = record.value
    if raw is None:
        raise Stop(f"{_where(record)} has no value: the journal takes no tombstones; find who wrote it")
    try:
        type_, version = _kind(raw)
        model = journal_model(type_, version).validate_json(raw)
    except (UnknownType, UnknownVersion):
        raise Stop(f"{_where(record)} has a type or version this release does not know: start the newer one") from None
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, line["loc"])) for line in error.errors(include_input=False)}))
        raise Stop(f"{_where(record)} does not fit its model in: {fields or 'whole value'}") from None
    person_key = getattr(model, "person_key", None)
    if person_key is not None and record.key != person_key.encode():
        raise Stop(f"{_where(record)} stands under another key than its person_key: it may be on a foreign partition")
    headers = dict(record.headers)
    if person_key is None:
        return Decoded(type_, model, headers)
    if type_ == _BILL:
        return Decoded(type_, model, headers, person_key, _final(model, headers))
    build = _PERSON.get(type_)
    return Decoded(type_, model, headers, person_key, None if build is None else build(model, raw))


def arrival_of(record: Record, headers: Mapping[str, bytes], stamp_ms: int) -> Arrival:
    """The place of a record in the one order; a moved record keeps the one in its header (`stamp,partition,offset`)."""
    kept = headers.get(ARRIVAL)
    if kept is not None:
        return _kept_arrival(record, kept)
    return Arrival(stamp_ms, record.partition, record.offset)


def _kept_arrival(record: Record, value: bytes) -> Arrival:
    try:
        stamp, partition, offset = map(int, value.split(b","))
    except ValueError:
        raise Stop(f"{_where(record)} has an unreadable arrival header: find who wrote it") from None
    return Arrival(stamp, partition, offset)


def _kind(raw: bytes) -> tuple[str, int]:
    start = raw.rfind(b'"type":"') + 8
    if start < 8 or raw.rfind(b'"version":1') < 0:
        return kind_of(raw)
    return raw[start : raw.index(b'"', start)].decode(), 1


def _where(record: Record) -> str:
    return f"journal record {record.topic}/{record.partition} offset {record.offset}"


def _final(model: Any, headers: Mapping[str, bytes]) -> Final:
    fields = model.__dict__
    facts = {name: stated for name in BILL_FIELDS if (stated := fields[name]) is not None}
    read = BillFacts(**facts)
    for name in _DAYS:
        if name in facts:
            facts[name] = facts[name].isoformat()
    advanced_by = None if model.advanced_by is None else model.advanced_by.value
    source = headers.get(CE_SOURCE)
    said_by = None if source is None else source.decode()
    return Final(facts, model.msgid, said_by, carried_mark(_amounts_carried(fields)), advanced_by, read)


def _cancel(model: Any, raw: bytes) -> Cancel:
    stated = ((name, getattr(model, name)) for name in _GIVEN_BACK)
    gives_back = {name: fen for name, fen in stated if fen is not None}
    mark = carried_mark(_amounts_carried(model.__dict__))
    return Cancel(model.region, model.setl_id, model.own_id, model.msgid, gives_back or None, mark)


def _reverse(model: Any, raw: bytes) -> Reverse:
    return Reverse(model.region, model.reversal_id, model.setl_id, model.msgid, model.own_id)


def _reinstate(model: Any, raw: bytes) -> Reinstate:
    return Reinstate(model.region, model.setl_id, model.cancel_own_id, model.own_id)


def _order(model: Any, raw: bytes) -> Order:
    return Order(
        model.order_id,
        model.kind.value,
        task_id=model.task_id,
        region=model.region,
        setl_id=model.setl_id,
        keep_digest=model.keep_digest,
        amounts=None if model.decision is None else dict(model.decision.amounts),
        body=_body(raw),
        fact_revision=model.fact_revision,
        author=model.author,
        second_signer=model.second_signer,
        document=model.document,
        ordered_on=model.ordered_on.isoformat(),
        application_id=model.application_id,
        decision_id=model.decision_id,
        approval=None if model.approval is None else model.approval.value,
        exclusion=None if model.exclusion is None else model.exclusion.value,
        county=model.county,
        found=None if model.found is None else model.found.model_dump(mode="json", exclude_none=True),
        not_assisted_proof=model.not_assisted_proof,
    )


def _transfer(model: Any, raw: bytes) -> Transfer:
    go, stay = (tuple((bill.region, bill.setl_id) for bill in bills) for bills in (model.bills, model.kept_bills))
    body = _body(raw)
    return Transfer(model.to_key, model.kind, model.serial, go, stay, digest_of(body), body, model.turned)


def _bill_moved(model: Any, raw: bytes) -> MovedBill:
    return MovedBill(model.from_key, model.serial, model.name, model.returns, model.state)


def _person_moved(model: Any, raw: bytes) -> MovedRest:
    return MovedRest(model.from_key, model.kind, model.serial, model.bills, model.returns, model.state)


def _body(raw: bytes) -> dict[str, Any]:
    """The body as the wire states it: what digest and law read."""
    return {name: value for name, value in orjson.loads(raw).items() if name not in _STATED_OTHERWISE}


def _revision(group: str, *key_fields: str, prefix: str = "") -> Callable[[Any, bytes], Revision]:
    def build(model: Any, raw: bytes) -> Revision:
        key = "|".join([model.region, *(str(getattr(model, name)) for name in key_fields)])
        return Revision(group, prefix + key, model.revision, _body(raw))

    return build


_PERSON: dict[str, Callable[[Any, bytes], PersonRecord]] = {
    "settlement.cancel": _cancel,
    "settlement.reverse": _reverse,
    "settlement.reinstate": _reinstate,
    "office.ordered": _order,
    "balance.opened": _revision("others", "balance_id", prefix=BALANCE),
    "person.transferred": _transfer,
    "bill.moved": _bill_moved,
    "person.moved": _person_moved,
    "identity.changed": _revision("identities", "source_id", "identity"),
    "application.filed": _revision("applications", "application_id"),
    "enrolment.changed": _revision("enrolments", "enrolment_id"),
    "person.described": _revision("described", "source_id"),
    "premium.paid": _revision("others", "payment_id", prefix="premium.paid|"),
    "admission.registered": _revision("others", "admission_id", prefix="admission.registered|"),
    "checkup.recorded": _revision("others", "checkup_id", prefix="checkup.recorded|"),
}
