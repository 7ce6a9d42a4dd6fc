"""One person under the shipped law with made-up figures: say events, look what stands and what was sent."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from tests.unit.entitlement.small_law import Bounds, Memory
from workers.entitlement.advance import advance, end_of_day, resettle
from workers.entitlement.law import InForce
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Arrival, Cancel, Final, PersonRecord, Revision
from workers.entitlement.state import FACTS, MATTERS, Facts
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.law import Law

PERSON = "a" * 64
REGION = "520000"
HOME = "522701"


@lru_cache(maxsize=16)
def law(figures: str = "") -> Law:
    """The shipped law with figures, given as the JSON text of {measure: {figure: value}}."""
    return load_adoption(build_adoption(figures=orjson.loads(figures) if figures else None))


class MatterWorld:
    """A person's state and everything that went out."""

    def __init__(self, figures: dict[str, Any] | None = None, *, region: str = REGION, home: str = HOME) -> None:
        self.memory = Memory()
        self.in_force: InForce | None = InForce(law(orjson.dumps(figures).decode() if figures else ""), 1)
        self.region, self.home = region, home
        self.outcomes: list[Outcome] = []
        self.open_day: str | None = None

    def say(self, *records: PersonRecord) -> Outcome:
        for record in records:
            number = len(self.outcomes) + 1
            arrival = Arrival(1_000 + number, 0, number)
            self.outcomes.append(advance(PERSON, self.memory, record, self.in_force, arrival, Bounds(), self.open_day))
        return self.outcomes[-1]

    def adopt(self, figures: dict[str, Any] | None = None) -> Outcome:
        number = 1 if self.in_force is None else self.in_force.number + 1
        self.in_force = InForce(law(orjson.dumps(figures).decode() if figures else ""), number)
        self.outcomes.append(resettle(PERSON, self.memory, self.in_force, Bounds(), self.open_day))
        return self.outcomes[-1]

    def close(self, day: str, open_day: str) -> Outcome:
        self.open_day = open_day
        self.outcomes.append(end_of_day(PERSON, self.memory, day, Bounds(), self.in_force))
        return self.outcomes[-1]

    # --- what came out -------------------------------------------------------------------------------------------
    @property
    def facts(self) -> Facts:
        return Facts.unpack(self.memory.state[FACTS])

    @property
    def raised(self) -> dict[str, Any]:
        """What stands in the end: of the person and of every bill."""
        found: dict[str, Any] = orjson.loads(self.memory.state.get(MATTERS, b"{}"))
        for name, raw in sorted(self.memory.state.items()):
            if name.startswith("bill|"):
                for kind, entries in orjson.loads(raw)["raised"].items():
                    found.setdefault(kind, {}).update({f"{name}:{key}": entry for key, entry in entries.items()})
        return found

    def subsidy(self, payment_id: str = "Y1") -> tuple[str, str, int]:
        """Status, reason and fen of the premium decision."""
        for entry in self.raised.get("grants", {}).values():
            if entry["stated"]["subject"] == ["premium", self.region, payment_id]:
                return entry["stated"]["status"], entry["stated"]["reason"], entry["layers"]["premium"]
        return "no_decision", "", 0

    def standing(self) -> tuple[Any, Any, Any, Any]:
        """What stands, without the ids and sequences that tell a history: equal for every order of arrival."""
        raised = self.raised
        return (
            {key: (entry["stated"], entry["layers"]) for key, entry in raised.get("grants", {}).items()
             if entry["stated"]["status"] != "reversed"},
            raised.get("flags", {}),
            sorted(key for key, entry in raised.get("alerts", {}).items() if entry["standing"]),
            sorted(raised.get("tasks", {})),
        )  # fmt: skip

    # --- what happens --------------------------------------------------------------------------------------------
    def identity(self, name: str, recognised_on: str, revision: int = 1, source: str = "I1", **body: Any) -> Revision:
        stated = {
            "region": self.region, "source_id": source, "identity": name, "revision": revision,
            "recognised_on": recognised_on, **body,
        }  # fmt: skip
        return Revision("identities", f"{self.region}|{source}|{name}", revision, stated)

    def premium(
        self, paid_on: str, year: int = 2023, payment_id: str = "Y1", revision: int = 1, **body: Any
    ) -> Revision:
        stated = {
            "region": self.region, "payment_id": payment_id, "revision": revision, "coverage_year": year,
            "paid_on": paid_on, "standard": "350.00", "kind": "basic", "county": self.home, "insutype": "390",
            "withdrawn": False, **body,
        }  # fmt: skip
        stated = {name: value for name, value in stated.items() if value is not None}
        return Revision("others", f"premium.paid|{self.region}|{payment_id}", revision, stated)

    def enrolment(self, registered_on: str, enrolment_id: str = "E1", revision: int = 1, **body: Any) -> Revision:
        stated = {
            "region": self.region, "enrolment_id": enrolment_id, "revision": revision, "insutype": "390",
            "county": self.home, "registered_on": registered_on, "supplementary": False, "withdrawn": False, **body,
        }  # fmt: skip
        return Revision("enrolments", f"{self.region}|{enrolment_id}", revision, stated)

    def admission(self, admitted_on: str, admission_id: str = "B1", revision: int = 1, **body: Any) -> Revision:
        stated = {
            "region": self.region, "admission_id": admission_id, "revision": revision, "admitted_on": admitted_on,
            "county": self.home, "place": "in_county", "designated": True, "primary_care_first": True,
            "referral": "referred", "institution_code": "H1", "supplementary": False, "withdrawn": False, **body,
        }  # fmt: skip
        return Revision("others", f"admission.registered|{self.region}|{admission_id}", revision, stated)

    def described(self, revision: int = 1, **body: Any) -> Revision:
        stated = {"region": self.region, "source_id": "D1", "revision": revision, **body}
        return Revision("described", f"{self.region}|D1", revision, stated)

    def application(self, kind: str, applied_on: str, application_id: str = "A1", **body: Any) -> Revision:
        stated = {
            "region": self.region, "application_id": application_id, "revision": 1, "kind": kind,
            "applied_on": applied_on, "setl_ids": [], "withdrawn": False, **body,
        }  # fmt: skip
        return Revision("applications", f"{self.region}|{application_id}", 1, stated)

    def bill(self, setl_id: str, own: int, discharged_on: str = "2023-05-06", **facts: Any) -> Final:
        stated: dict[str, Any] = {
            "region": self.region, "setl_id": setl_id, "county": self.home, "care_type": "inpatient",
            "discharged_on": discharged_on, "settled_on": discharged_on, "channel": "one_stop", "insured": True,
            "insutype": "390", "insurance_settled": True, "designated": True, "emergency_rescue": False,
            "place": "in_county", "referral": "not_required", "in_scope_personal": own, **facts,
        }  # fmt: skip
        return Final({name: value for name, value in stated.items() if value is not None})

    def cancel(self, setl_id: str) -> Cancel:
        return Cancel(self.region, setl_id, f"C-{setl_id}")
