"""From the stored records that are no bills to `Recorded`, in which the law reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from schemas.money import fen_of
from workers.entitlement.state import Known
from workers.policy.matters.situation import Admission, Checkup, PremiumPaid, Recorded

NOTHING_RECORDED = Recorded()
_DAYS = frozenset({"paid_on", "admitted_on", "discharged_on", "performed_on"})
_MONEY = frozenset({"standard", "amount"})


def recorded_of(known: Known) -> Recorded:
    """All of it without what was withdrawn; equal facts give equal values."""
    if not (known.others or known.described):
        return NOTHING_RECORDED
    doctors = (known.described[key]["body"].get("family_doctor") for key in sorted(known.described))
    return Recorded(
        premiums=tuple(_typed(known, "premium.paid", PremiumPaid)),
        admissions=tuple(_typed(known, "admission.registered", Admission)),
        checkups=tuple(_typed(known, "checkup.recorded", Checkup)),
        family_doctor=next((stated for stated in doctors if stated is not None), None),
    )


def _typed(known: Known, kind: str, make: Callable[..., Any]) -> Iterator[Any]:
    fields = frozenset(make._fields)  # type: ignore[attr-defined]
    prefix = f"{kind}|"
    for key in sorted(known.others):
        body = known.others[key]["body"]
        if key.startswith(prefix) and not body.get("withdrawn"):
            yield make(**{name: _value(name, value) for name, value in body.items() if name in fields})


def _value(name: str, value: Any) -> Any:
    if name in _DAYS:
        return date.fromisoformat(value)
    return fen_of(value) if name in _MONEY else value
