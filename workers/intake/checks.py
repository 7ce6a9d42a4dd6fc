"""What a model cannot say of one event: parts and totals, the order of days, nothing that has not happened yet.

All checks read the decoded object of an event whose model has accepted it: days are `YYYY-MM-DD` texts, which compare
as days do, and amounts are wire texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from schemas.reasons import RejectReason

SKEW_DAYS = 1
"""Business days by which a sender's calendar may run ahead of the record's time."""

_HOUR_MAX = int(datetime(2199, 12, 31, tzinfo=UTC).timestamp()) // 3_600
"""The last hour that a day of ours can lie in; times before 1970 and after it are read as these."""

PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split()
)
"""First two digits of every division code of GB/T 2260 (dictionary version 1)."""

_PARTS = ("in_scope", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")

_ORDERED: dict[str, tuple[tuple[str, str], ...]] = {
    "settlement.final": (("admitted_on", "discharged_on"),),
    "admission.registered": (("admitted_on", "discharged_on"),),
    "identity.changed": (("recognised_on", "removed_on"), ("applied_on", "approved_on")),
    "application.filed": (("applied_on", "approved_on"), ("applied_on", "rejected_on")),
    "enrolment.changed": (("first_day", "last_day"),),
    "person.described": (("born_on", "died_on"),),
}

# Days that can only be in the past when the event is sent. An identity may be recognised, and a policy begin, ahead.
_HAPPENED: dict[str, tuple[str, ...]] = {
    "settlement.final": ("settled_on", "discharged_on"),
    "settlement.cancel": ("cancelled_on",),
    "checkup.recorded": ("performed_on",),
    "admission.registered": ("admitted_on", "discharged_on"),
    "identity.changed": ("applied_on", "approved_on"),
    "application.filed": ("applied_on", "approved_on", "rejected_on"),
    "enrolment.changed": ("registered_on", "paid_on"),
    "premium.paid": ("paid_on",),
    "person.described": ("born_on", "died_on"),
    "office.ordered": ("ordered_on",),
    "fund.reported": ("reported_on",),
    "payment.reported": ("paid_on",),
}


class Wrong(NamedTuple):
    """A reason and the field that shows it."""

    reason: RejectReason
    field: str


def first_wrong(type_: str, event: Mapping[str, Any], time_ms: int | None) -> Wrong | None:
    """The first thing that is wrong with an event, or None. `time_ms`: when it was sent; None leaves out the future."""
    if event["region"][:2] not in PROVINCES:
        return Wrong(RejectReason.UNKNOWN_CODE, "region")
    if type_ == "settlement.final":
        wrong = _sums(event) or _settled_after_discharge(event)
        if wrong is not None:
            return wrong
    for earlier, later in _ORDERED.get(type_, ()):
        first, second = event.get(earlier), event.get(later)
        if first is not None and second is not None and first > second:
            return Wrong(RejectReason.BAD_DATE, later)
    if time_ms is not None:
        horizon = horizon_of(time_ms)
        for name in _HAPPENED.get(type_, ()):
            day = event.get(name)
            if day is not None and day > horizon:
                return Wrong(RejectReason.BAD_DATE, name)
    return None


def _sums(event: Mapping[str, Any]) -> Wrong | None:
    """I1: the parts make the total where all are stated; own payment in scope is part of the cost in scope."""
    total, in_scope = event.get("total_fee"), event.get("in_scope")
    if total is not None:
        parts = [event.get(name) for name in _PARTS]
        if None not in parts and _fen(total) != sum(_fen(part) for part in parts if part is not None):
            return Wrong(RejectReason.BAD_SUM, "total_fee")
    own = event.get("in_scope_personal")
    if own is not None and in_scope is not None and _fen(own) > _fen(in_scope):
        return Wrong(RejectReason.BAD_SUM, "in_scope_personal")
    return None


def _fen(text: str) -> int:
    """Fen of an amount that its model has accepted: its digits. `schemas.money.fen_of` would check it again."""
    return int(text[:-3] + text[-2:])


def _settled_after_discharge(event: Mapping[str, Any]) -> Wrong | None:
    """A bill is settled on or after the day of discharge, unless the stay goes on (interim settlement)."""
    if event["discharged_on"] > event["settled_on"] and not event.get("interim"):
        return Wrong(RejectReason.BAD_DATE, "settled_on")
    return None


def horizon_of(time_ms: int) -> str:
    """The last business day that may lie behind an event sent at this time; a sender's time may be any number."""
    return _horizon(min(max(time_ms // 3_600_000, 0), _HOUR_MAX))


@lru_cache(maxsize=1_024)
def _horizon(hour: int) -> str:
    moment = datetime.fromtimestamp(hour * 3_600, UTC) + timedelta(hours=8, days=SKEW_DAYS)
    return moment.date().isoformat()
