"""One person under two numbers, in memory: the replay engine with a law that is loaded once, and what came of it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import orjson
import pytest

from schemas.replay import PersonState
from tests.unit.replay.replay_files import defaults
from workers.ledger.fold import LedgerFold
from workers.policy.adoption import build_adoption, load_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import Line
from workers.replay.report import Collector, result_of

ADOPTION = build_adoption()
LAW = load_adoption(ADOPTION)
REGION = "522700"
TOPICS = {
    "identity.changed": "identity.changed",
    "application.filed": "application.filed",
    "enrolment.changed": "enrolment.changed",
    "person.described": "enrolment.changed",
    "premium.paid": "enrolment.changed",
    "admission.registered": "admission.registered",
    "office.ordered": "office.ordered",
    "balance.opened": "balance.opened",
}
SIGNED = {"author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-06-01"}


class Numbers(Engine):
    """Says events of person numbers; knows every decision, answer and task that came of them."""

    def __init__(self, partitions: int = 3) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("workers.replay.engine.make_fold", _fold)
            super().__init__(defaults(partitions=partitions), dev_keys=True, keep=self._take)
        self.collector = Collector("medassist")
        self.values: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.serial = 0
        self.said = 0
        self.adopt(ADOPTION)

    def _take(self, emitted: Emitted) -> None:
        self.collector(emitted)
        self.values[emitted.topic.removeprefix("medassist.").removesuffix(".v1")].append(orjson.loads(emitted.value))

    def key(self, psn_no: str, region: str = REGION) -> str:
        return self._journal.keys.person_key(region, psn_no)

    def say(self, psn_no: str, **event: Any) -> dict[str, Any]:
        """One event of a number; the last answer it led to."""
        self.said += 1
        value = {"version": 1, "region": REGION, "psn_no": psn_no, **event}
        topic = TOPICS.get(value["type"], "settlement.reported")
        refused = len(self.refused)
        self.run([Line(self.said, topic, psn_no.encode(), json.dumps(value).encode(), (), None)], ADOPTION)
        assert len(self.refused) == refused, self.refused
        return self.values["journal.answered"][-1]

    def merge(self, psn_no: str, to: str, **changes: Any) -> dict[str, Any]:
        return self.order("person_merged", psn_no, to_psn_no=to, **changes)

    def split(self, psn_no: str, to: str, go: list[str], stay: list[str], **changes: Any) -> dict[str, Any]:
        lists = {name: [{"region": REGION, "setl_id": b} for b in bills] for name, bills in
                 (("bills", go), ("kept_bills", stay)) if bills}  # fmt: skip
        return self.order("person_split", psn_no, to_psn_no=to, **lists, **changes)

    def order(self, kind: str, psn_no: str, **fields: Any) -> dict[str, Any]:
        self.serial += 1
        body = {"order_id": f"O{self.serial}", "serial": self.serial, "kind": kind, **SIGNED}
        return self.say(psn_no, type="office.ordered", **(body | fields))

    def person(self, psn_no: str) -> PersonState:
        persons = result_of(self, self.collector).persons
        return persons[self.key(psn_no)]

    def amounts(self, *psn_nos: str) -> dict[str, Any]:
        """Per bill and year what is granted now; zeros count as nothing."""
        persons = result_of(self, self.collector).persons
        found: dict[str, Any] = {}
        for psn_no in psn_nos:
            state = persons.get(self.key(psn_no))
            for setl_id, bill in state.settlements.items() if state else ():
                layers = {layer: amount for layer, amount in bill.layers.items() if amount != "0.00"}
                found[setl_id] = (bill.status, bill.reason, layers)
            for year, measures in state.years.items() if state else ():
                for measure, counters in measures.items():
                    used = {name: amount for name, amount in counters.items() if amount != "0.00"}
                    if used:
                        found[f"{year}|{measure}|{psn_no if len(psn_nos) > 1 else ''}"] = used
        return found


def _fold(partition: int, settings: Any) -> LedgerFold:
    return LedgerFold(partition, settings, lambda body: LAW)


def bill(setl_id: str, own_payment: str = "1000.00", day: str = "2023-05-06", **fields: Any) -> dict[str, Any]:
    """A stay in Qiannan, ordinary in all respects."""
    return {
        "type": "settlement.final",
        "setl_id": setl_id,
        "county": "522701",
        "care_type": "inpatient",
        "discharged_on": day,
        "settled_on": day,
        "designated": True,
        "place": "in_county",
        "referral": "not_required",
        "in_scope_personal": own_payment,
        **fields,
    }


def identity(name: str = "特困人员", source_id: str = "I1", revision: int = 1, **fields: Any) -> dict[str, Any]:
    body = {"type": "identity.changed", "source_id": source_id, "identity": name, "revision": revision}
    return body | {"recognised_on": "2023-01-01"} | fields
