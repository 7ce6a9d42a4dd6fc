"""One journal partition in memory: records go in as bytes, outputs are validated against the published models.

Persons, bodies and headers are made as the journal room makes them; derived records are fed back in, as Kafka would.
"""

from __future__ import annotations

from collections import deque
from hashlib import sha256
from typing import Any

import orjson

from schemas.outputs.decision import AssistanceDecided, JournalAnswered, PersonAccumulated
from schemas.outputs.person import TaskClosed, TaskOpened
from tests.unit.entitlement.small_law import SmallLaw
from workers.journal.record import canonical_json
from workers.ledger.fold import LedgerFold
from workers.log.port import Headers, Record
from workers.runtime.overlay import Overlay
from workers.runtime.store import MemoryStore
from workers.settings import Settings

PERSON = "a" * 64
OTHER = "b" * 64
REGION = "520000"
MODELS = {
    model.model_fields["type"].annotation.__args__[0]: model
    for model in (AssistanceDecided, JournalAnswered, PersonAccumulated, TaskOpened, TaskClosed)
}


Emitted = tuple[str, bytes | None, bytes, dict[str, bytes]]


class AdoptedSmallLaw(SmallLaw):
    engine = 1


def load(body: bytes) -> AdoptedSmallLaw:
    """The body of a test adoption is the percentage."""
    return AdoptedSmallLaw(int(body))


class LedgerWorld:
    """A fold over a memory store. `commit_each` commits after every record; otherwise call `commit` or `drop`."""

    def __init__(self, *, commit_each: bool = True, store: MemoryStore | None = None, **limits: int) -> None:
        self.settings = Settings(**limits)
        self.store = store or MemoryStore()
        self.fold = LedgerFold(3, self.settings, load)
        self.fold.restored(Overlay(self.store))
        self.view = Overlay(self.store)
        self.commit_each = commit_each
        self.offset = 0
        self.emitted: list[Emitted] = []
        self.pending: list[Emitted] = []
        self.derived: list[tuple[bytes, bytes, Headers]] = []
        self.written: list[tuple[bytes, bytes, Headers]] = []
        self.journal: deque[Record] = deque()
        self.history: list[Record] = []

    def say(self, type_: str, *, person: str | None = PERSON, **fields: Any) -> dict[str, Any]:
        """Append one record to the journal and fold it; its answer."""
        value = {"type": type_, "version": 1, **fields}
        if person is not None:
            value |= {"person_key": person, "region": fields.get("region", REGION)}
        key = person or f"!{type_}"
        return self.fold_one(self._record(key.encode(), canonical_json(value), [("ce_id", b"e1")]))

    def fold_one(self, record: Record) -> dict[str, Any]:
        """Fold one record and nothing else; its one answer."""
        before = len(self.of("journal.answered"))
        self.history.append(record)
        self.fold.process(record, record.timestamp_ms, self.view, self._emit)
        if self.commit_each:
            self.commit()
        answers = self.of("journal.answered")
        assert len(answers) == before + 1
        assert (answers[-1]["partition"], answers[-1]["offset"]) == (3, record.offset)
        return answers[-1]

    def run_derived(self, slices_max: int = 1_000) -> int:
        """Fold what the ledger has written into its own partition until nothing is left; how many records."""
        done = 0
        while self.journal:
            assert done < slices_max
            self.fold_one(self.journal.popleft())
            done += 1
        return done

    def commit(self) -> None:
        self.emitted += self.pending
        self.pending = []
        self.journal += [self._record(*derived) for derived in self.derived]
        self.written += self.derived
        self.derived = []
        self.store.merge(self.view.writes)
        self.view = Overlay(self.store)
        self.fold.committed()

    def drop(self) -> None:
        self.pending, self.derived = [], []
        self.view = Overlay(self.store)
        self.fold.dropped()

    def adopt(self, percent: int = 70) -> dict[str, Any]:
        body = str(percent)
        hash_ = sha256(body.encode()).hexdigest()
        answer = self.say("rulebook.adopted", person=None, hash=hash_, instrument="QN", body=body)
        self.run_derived()
        return answer

    def identity(self, person: str = PERSON, **fields: Any) -> dict[str, Any]:
        body = {
            "source_id": "I1",
            "identity": "低保对象",
            "revision": 1,
            "recognised_on": "2023-01-01",
            "withdrawn": False,
        }
        return self.say("identity.changed", person=person, **(body | fields))

    def final(self, setl_id: str, own_payment: str = "1000.00", person: str = PERSON, **fields: Any) -> dict[str, Any]:
        return self.say("settlement.final", person=person, **(bill_body(setl_id, own_payment) | fields))

    def of(self, short: str) -> list[dict[str, Any]]:
        """Values of a topic so far."""
        return [
            orjson.loads(value)
            for topic, _, value, _ in self.emitted + self.pending
            if topic == f"medassist.{short}.v1"
        ]

    def state(self) -> dict[tuple[str, str], bytes]:
        """All committed state."""
        return {(group, name): raw for group in self.store.groups() for name, raw in self.store.names(group)}

    def _record(self, key: bytes, value: bytes, headers: Headers) -> Record:
        self.offset += 2  # gaps, as markers leave them
        return Record("medassist.journal.v1", 3, self.offset, 1_700_000_000_000 + self.offset, key, value, headers)

    def _emit(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), *, partition: int | None = None
    ) -> None:
        assert key is not None
        assert value is not None
        names = dict(headers)
        assert names["ce_causationid"]
        if topic == "medassist.journal.v1":
            assert names["derived"] == b"1"
            self.derived.append((key, value, headers))
            return
        parsed = orjson.loads(value)
        MODELS[parsed["type"]].model_validate_json(value)
        assert names["ce_type"] == f"medassist.{parsed['type']}.v1".encode()
        assert topic == f"medassist.{parsed['type']}.v1"
        self.pending.append((topic, key, value, names))


def bill_body(setl_id: str, own_payment: str = "1000.00") -> dict[str, Any]:
    """A bill as the journal holds it, with the defaults spelled."""
    return {
        "setl_id": setl_id,
        "county": "522701",
        "care_type": "inpatient",
        "discharged_on": "2023-05-06",
        "settled_on": "2023-05-06",
        "insured": True,
        "insurance_settled": True,
        "channel": "one_stop",
        "in_scope_personal": own_payment,
        "class_b_first_pay": "0.00",
        "over_limit_price_pay": "0.00",
        "out_of_scope": "0.00",
        "assistance_paid_upstream": "0.00",
        "supplementary_paid": "0.00",
    }
