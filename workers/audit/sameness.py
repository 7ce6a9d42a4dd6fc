"""A2 of the inputs: which outcome sameness allows for a bill that comes again (docs/records.md, sameness).

Kept per bill: the money and rule fields that were stated, in the memory of one partition.
"""

from __future__ import annotations

from typing import Any

import orjson

from workers.audit.decode import BillKey

CARRIED = frozenset(
    """type version region person_key psn_no setl_id msgid visit_id channel institution_code institution_level
    clearing_type clearing_org pool_pay critical_illness_pay large_amount_pay civil_servant_pay enterprise_pay
    disabled_pay other_fund_pay account_pay cash_pay hospital_share fund_total person_total interim
    benefit_year""".split()
)
"""Fields of a bill that decide no money: they may differ between two channels of the same bill."""

FIRST = frozenset({"decided", "held", "parked", "needs_person", "applied", "no_effect"})
AGAIN = frozenset({"repeat", "confirmed"})
ADDED = frozenset({"completed", "held", "needs_person"})
FEWER = AGAIN | {"completed", "no_effect"}
CONTRADICTED = frozenset({"conflict"})
OLDER = frozenset({"stale"})

OWN_ID = {
    "identity.changed": ("source_id", "identity"),
    "application.filed": ("application_id",),
    "enrolment.changed": ("enrolment_id",),
    "admission.registered": ("admission_id",),
}


class Sameness:
    """What was stated under each business key of one partition."""

    def __init__(self) -> None:
        self._bills: dict[tuple[str, BillKey], bytes] = {}
        self._revisions: dict[tuple[str, ...], int] = {}
        self._ordered: set[tuple[str, BillKey]] = set()

    def allowed(self, body: dict[str, Any]) -> frozenset[str] | None:
        """The outcomes that a journal record may have, or None where sameness says nothing. Remembers the record."""
        kind, person = body.get("type"), str(body.get("person_key"))
        key = str(body.get("region")), str(body.get("setl_id"))
        if kind == "settlement.final":
            return self._bill((person, key), body)
        if kind == "bill.moved":  # what was said of it was said of another key
            _, region, setl_id = str(body.get("name")).split("|", 2)
            self._ordered.add((person, (region, setl_id)))
        if kind == "office.ordered":
            self._ordered.add((person, key))
        if kind in OWN_ID and isinstance(body.get("revision"), int):
            own = (person, str(kind), key[0], *(str(body.get(field)) for field in OWN_ID[kind]))
            before, now = self._revisions.get(own, 0), int(body["revision"])
            self._revisions[own] = max(before, now)
            return OLDER if now < before else None
        return None

    def _bill(self, own: tuple[str, BillKey], body: dict[str, Any]) -> frozenset[str] | None:
        said = {k: v for k, v in body.items() if k not in CARRIED and v is not None}
        if said.get("insurance_settled") is False:  # the results are absent; when they come they add
            del said["insurance_settled"]
        before = self._bills.get(own)
        if before is None:
            self._bills[own] = orjson.dumps(said)
            return FIRST
        if own in self._ordered:  # an office may have chosen another digest
            return None
        known: dict[str, Any] = orjson.loads(before)
        if any(known.get(field, value) != value for field, value in said.items()):
            return CONTRADICTED
        if said == known:
            return AGAIN
        if not set(said) - set(known):
            return FEWER
        self._bills[own] = orjson.dumps(known | said)
        return ADDED
