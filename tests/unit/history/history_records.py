"""Records as the ledger would write them, valid under the contract, and the account of what a read model must hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas.money import fen_of, text_of
from schemas.outputs.decision import AssistanceDecided, JournalAnswered, PersonAccumulated

RULEBOOK = "sha256:" + "a" * 64
REGION = "520000"


def person_key(n: int) -> str:
    return hashlib.sha256(f"person {n}".encode()).hexdigest()


def decision_id(person: str, sequence: int) -> str:
    import base64

    digest = hashlib.sha256(f"{person}|{sequence}".encode()).digest()[:20]
    return base64.b32encode(digest).decode().lower()


def decided(person: str, sequence: int, fen: int = 70_000, before: int = 0, **changes: Any) -> bytes:
    """A decision of the person's bill `S<sequence>` that gives `fen` in all, after `before`."""
    amount, delta = text_of(fen), text_of(fen - before)
    body: dict[str, Any] = {
        "type": "assistance.decided",
        "version": 1,
        "decision_id": decision_id(person, sequence),
        "sequence": sequence,
        "person_key": person,
        "bill": {"region": REGION, "setl_id": f"S{person[:12]}-{sequence}"},
        "cause": {"type": "settlement.final", "partition": 0, "offset": 40 + sequence, "stamp": 1683331200000},
        "measure": "QN",
        "year": 2023,
        "benefit_date": "2023-05-06",
        "county": "522701",
        "status": "decided",
        "reason": "assisted",
        "layers": {"ordinary": amount, "tilt": "0.00"},
        "delta": {"ordinary": delta, "tilt": "0.00"},
        "figures": {
            "base": amount, "deductible": "0.00", "own_share": "0.00", "over_cap": "0.00", "excluded": "0.00",
        },
        "postings": [{"layer": "ordinary", "payee": "hospital", "kind": "settle", "amount": delta}],
        "funding": ["assistance_fund"],
        "clauses": ["QN-T2"],
        "questions": [],
        "receipt": {"engine": 1, "rulebook": RULEBOOK},
        "steps": [["identity", "class_2", []]],
    }  # fmt: skip
    return _valid(AssistanceDecided, body | changes)


def answered(partition: int, offset: int, person: str, outcome: str = "decided") -> bytes:
    body = {"type": "journal.answered", "version": 1, "partition": partition, "offset": offset, "person_key": person}
    return _valid(JournalAnswered, {**body, "outcome": outcome, "decision_ids": [], "tasks": []})


def accumulated(person: str, sequence: int, used: int, year: int = 2023) -> bytes:
    counters = {"ordinary_used": text_of(used), "deductible_used": "0.00", "tilt_used": "0.00"}
    body = {"type": "person.accumulated", "version": 1, "person_key": person, "year": year, "measure": "QN"}
    return _valid(PersonAccumulated, {**body, "counters": counters, "sequence": sequence})


def _valid(model: Any, body: dict[str, Any]) -> bytes:
    raw = orjson.dumps(body)
    model.__pydantic_validator__.validate_json(raw)
    return raw


@dataclass
class Account:
    """What was committed, kept by whoever published it; `faults` says where a read model differs."""

    decisions: dict[str, bytes] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    granted: int = 0

    def decision(self, raw: bytes) -> None:
        body = orjson.loads(raw)
        self.decisions[body["decision_id"]] = raw
        self.granted += fen_of(body["delta"]["ordinary"])

    def outcome(self, raw: bytes) -> None:
        self.outcomes[orjson.loads(raw)["outcome"]] += 1

    def faults(self, database: Any) -> list[str]:
        """Empty where the read model holds every decision and outcome exactly once and its totals are exact."""
        found = dict(database.execute("SELECT decision_id, body FROM decision"))
        faults = []
        if missing := self.decisions.keys() - found.keys():
            faults.append(f"{len(missing)} decisions missing")
        if foreign := found.keys() - self.decisions.keys():
            faults.append(f"{len(foreign)} decisions that were never committed")
        if any(orjson.loads(found[key]) != orjson.loads(self.decisions[key]) for key in found.keys() & self.decisions):
            faults.append("a decision with another body")
        (granted,) = database.execute("SELECT coalesce(sum(amount), 0) FROM total WHERE layer = 'ordinary'").fetchone()
        if granted != self.granted:
            faults.append(f"total {granted} fen, granted {self.granted}")
        (tally,) = database.execute("SELECT coalesce(sum(n), 0) FROM tally WHERE name = 'decisions'").fetchone()
        if tally != len(self.decisions):
            faults.append(f"{tally} decisions counted of {len(self.decisions)}")
        outcomes = Counter(dict(database.execute("SELECT label, n FROM tally WHERE name = 'outcomes'")))
        stored = Counter(dict(database.execute("SELECT outcome, count(*) FROM outcome GROUP BY outcome")))
        if not outcomes == stored == self.outcomes:
            faults.append(f"outcomes {dict(self.outcomes)}, stored {dict(stored)}, counted {dict(outcomes)}")
        (waiting,) = database.execute("SELECT count(*) FROM waiting").fetchone()
        if waiting:
            faults.append(f"{waiting} decisions wait for one that never came")
        return faults
