"""The wire form of flags and alerts (docs/records.md §7), keys in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.money import text_of
from workers.entitlement.outcome import BillKey, Flagged, RaisedAlert
from workers.ledger.cause import Cause


def flag_value(flag: Flagged, person_key: str, cause: Cause) -> dict[str, Any]:
    """`entitlement.flagged`."""
    value: dict[str, Any] = {
        "type": "entitlement.flagged",
        "version": 1,
        "sequence": flag.sequence,
        "person_key": person_key,
        "up": flag.up,
        **flag.stated,
        "cause": cause.fields(),
    }
    if "amount" in value:
        value["amount"] = text_of(value["amount"])
    return value


def alert_value(raised: RaisedAlert, person_key: str | None, cause: Cause) -> dict[str, Any]:
    """`alert.raised`; fields that do not apply are left out."""
    alert = raised.alert
    value: dict[str, Any] = {
        "type": "alert.raised",
        "version": 1,
        "alert_id": raised.alert_id,
        "sequence": raised.sequence,
        "person_key": person_key,
        "kind": alert.kind,
        "measure": alert.measure,
        "year": alert.year,
        "county": alert.county,
        "bill": None if alert.bill is None else bill_value(alert.bill),
        "amount": None if alert.amount is None else text_of(alert.amount),
        "threshold": None if alert.threshold is None else text_of(alert.threshold),
        "cause": cause.fields(),
        "clauses": alert.clauses,
        "details": _details(alert.details),
    }
    return {name: shown for name, shown in value.items() if shown is not None}


def bill_value(key: BillKey) -> dict[str, str]:
    """A bill as outputs name it."""
    return {"region": key[0], "setl_id": key[1]}


def _details(details: Mapping[str, Any]) -> dict[str, Any] | None:
    return dict(details) or None
