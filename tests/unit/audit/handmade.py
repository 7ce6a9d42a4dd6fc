"""A small log made by hand that is clean, and the means to spoil it: lines of an export, one list per topic."""

from __future__ import annotations

import base64
import copy
import hashlib
from pathlib import Path
from typing import Any

import orjson

PERSON = "a1" * 32
Log = dict[str, list[dict[str, Any]]]


def decision_id(sequence: int, person: str = PERSON) -> str:
    raw = hashlib.sha256(f"{person}\0assistance.decided\0{sequence}".encode()).digest()[:20]
    return base64.b32encode(raw).decode().lower()


def final(setl_id: str, own: str = "1000.00") -> dict[str, Any]:
    body = {"type": "settlement.final", "version": 1, "region": "520000", "setl_id": setl_id, "county": "522701"}
    return body | {"care_type": "inpatient", "discharged_on": "2023-05-06", "in_scope_personal": own}


def decided(sequence: int, setl_id: str, cause: int, now: int, was: int = 0, **facts: Any) -> dict[str, Any]:
    """A decision of 70 %; amounts in whole yuan."""
    base = now * 10 // 7
    figures = {"base": f"{base}.00", "deductible": "0.00", "own_share": f"{base - now}.00", "over_cap": "0.00"}
    delta = f"{now - was}.00"
    body = {"type": "assistance.decided", "version": 1, "decision_id": decision_id(sequence), "sequence": sequence}
    body |= {"person_key": PERSON, "supersedes": None, "bill": {"region": "520000", "setl_id": setl_id}}
    body |= {"cause": {"type": "settlement.final", "partition": 0, "offset": cause, "stamp": 1}, "measure": "QN"}
    body |= {
        "year": 2023,
        "status": "decided",
        "reason": "assisted",
        "layers": {"ordinary": f"{now}.00", "tilt": "0.00"},
    }
    body |= {"delta": {"ordinary": delta, "tilt": "0.00"}, "figures": figures | {"excluded": "0.00"}}
    body |= {"postings": [{"layer": "ordinary", "payee": "hospital", "kind": "settle", "amount": delta}]}
    return body | facts


def clean() -> Log:
    """Identity, a bill, its repeat, its rival, a second bill, a cancel of the first, one dead letter; one partition."""
    feed = [final("S1"), final("S1"), final("S1", "9.00"), final("S2")]
    feed.append({"type": "settlement.cancel", "version": 1, "region": "520000", "setl_id": "S1", "own_id": "C1"})
    log: Log = {
        "settlement.reported": [line("settlement.reported", n, "P1", v | {"psn_no": "P1"}) for n, v in enumerate(feed)]
    }
    log["settlement.reported"].append(line("settlement.reported", 5, "P1", "no json"))
    identity = {"type": "identity.changed", "version": 1, "region": "520000", "source_id": "M", "identity": "低保对象"}
    identity |= {"revision": 1, "recognised_on": "2023-01-01"}
    log["identity.changed"] = [line("identity.changed", 0, "P1", identity | {"psn_no": "P1"})]
    log["journal"] = [
        line("journal", 0, "!journal.opened", {"type": "journal.opened", "version": 1, "incarnation": "i"})
    ]
    log["journal"].append(from_feed(1, "identity.changed", 0, identity))
    log["journal"] += [from_feed(n + 2, "settlement.reported", n, body) for n, body in enumerate(feed)]
    outcomes = ["applied", "applied", "decided", "repeat", "conflict", "decided", "applied"]
    ids = [[], [], [1], [1], [1], [2], [3]]
    log["journal.answered"] = [
        line("journal.answered", n, PERSON, answered(n, outcome, ids[n])) for n, outcome in enumerate(outcomes)
    ]
    for n, setl_id, now in [(2, "S1", "700.00"), (3, "S1", "700.00"), (5, "S2", "700.00"), (6, "S1", "0.00")]:
        told = {"bill": {"region": "520000", "setl_id": setl_id}, "layers": {"ordinary": now, "tilt": "0.00"}}
        log["journal.answered"][n]["value"] |= told | {"payable": {"ordinary": now, "tilt": "0.00"}}
        log["journal.answered"][n]["value"]["decision_id"] = decision_id(ids[n][0])
    nothing = {"base": "0.00", "deductible": "0.00", "own_share": "0.00", "over_cap": "0.00"}
    undone = decided(3, "S1", 6, 0, was=700, supersedes=decision_id(1), status="reversed", figures=nothing)
    made = [decided(1, "S1", 2, 700), decided(2, "S2", 5, 700), undone]
    log["assistance.decided"] = [line("assistance.decided", n, PERSON, body) for n, body in enumerate(made)]
    tables = [("700.00", 1), ("1400.00", 2), ("700.00", 3)]
    log["person.accumulated"] = [
        line("person.accumulated", n, f"{PERSON}|2023|QN", {"counters": {"ordinary_used": used}, "sequence": at})
        for n, (used, at) in enumerate(tables)
    ]
    log["ledger-changelog"] = [line("ledger-changelog", n, key, value) for n, (key, value) in enumerate(changelog())]
    log["task.opened"] = [line("task.opened", 0, PERSON, {"person_key": PERSON, "sequence": 1, "kind": "conflict"})]
    log["settlement.reported.dlq"] = [dead_letter(0, "settlement.reported", 5)]
    return log


def changelog() -> list[tuple[str, dict[str, Any]]]:
    bill_1 = {"status": "reversed", "reason": "cancelled", "layers": {"ordinary": 0}}
    bill_2 = {"status": "decided", "reason": "assisted", "layers": {"ordinary": 70_000}, "year": 2023}
    bill_2 |= {"paid": {"hospital": {"ordinary": 70_000}, "person": {"ordinary": 0}}}
    bill_2["figures"] = {"base": 100_000, "deductible": 0, "own_share": 30_000, "over_cap": 0, "excluded": 0}
    return [
        ("!position", {"incarnation": "i", "offset": 7, "stamp": 1}),
        (f"{PERSON}|facts", {"origin": PERSON, "seq": {"assistance.decided": 3, "task.opened": 1}}),
        (f"{PERSON}|bill|520000|S1", bill_1 | {"decision": {"id": decision_id(3), "sequence": 3}}),
        (f"{PERSON}|bill|520000|S2", bill_2 | {"decision": {"id": decision_id(2), "sequence": 2}}),
        (f"{PERSON}|year|2023|QN", {"ordinary_used": 70_000, "deductible_used": 0}),
    ]


def replayed() -> dict[str, Any]:
    rows = {
        "S1": {"layers": {"ordinary": "0.00"}, "status": "reversed", "reason": "cancelled"},
        "S2": {"layers": {"ordinary": "700.00"}, "status": "decided", "reason": "assisted"},
    }
    return {"persons": {PERSON: {"settlements": rows, "years": {"2023": {"QN": {"ordinary_used": "700.00"}}}}}}


def answered(offset: int, outcome: str, ids: list[int]) -> dict[str, Any]:
    body = {"type": "journal.answered", "version": 1, "partition": 0, "offset": offset, "outcome": outcome}
    return body | {
        "person_key": None if offset == 0 else PERSON,
        "decision_ids": [decision_id(i) for i in ids],
        "tasks": [],
    }


def line(topic: str, offset: int, key: str, value: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    record = {"topic": topic, "partition": 0, "offset": offset, "timestamp": 1_700_000_000_000 + offset, "key": key}
    return record | {"headers": headers or {}, "value": value}


def from_feed(offset: int, feed: str, feed_offset: int, body: dict[str, Any]) -> dict[str, Any]:
    source = {"source_topic": feed, "source_partition": "0", "source_offset": str(feed_offset)}
    return line("journal", offset, PERSON, body | {"person_key": PERSON}, source)


def dead_letter(offset: int, feed: str, feed_offset: int) -> dict[str, Any]:
    errors = {
        "topic": feed,
        "partition": "0",
        "offset": str(feed_offset),
        "group": "g",
        "delivery.count": "1",
        "message": "m",
    }
    headers = {f"__dlq.errors.{name}": text for name, text in errors.items()}
    headers |= {
        "dlq_id": "d1",
        "dlq_reason": "not_json",
        "dlq_stage": "decode",
        "dlq_failed_at": "2023-01-01T00:00:00Z",
    }
    record = line(f"{feed}.dlq", offset, "P1", None, headers | {"dlq_app_version": "0.1.0", "dlq_key_id": "k1"})
    del record["value"]
    return record | {"value_base64": base64.b64encode(bytes(range(60))).decode()}


def write(log: Log, folder: Path) -> Path:
    """One file per topic."""
    folder.mkdir(exist_ok=True)
    for topic, lines in log.items():
        (folder / f"{topic}.ndjson").write_bytes(b"".join(orjson.dumps(x) + b"\n" for x in lines))
    return folder


def spoilt(topic: str, index: int, **changes: Any) -> Log:
    """The clean log with fields of one value changed; `__` goes down: figures__base="1.00"."""
    log = copy.deepcopy(clean())
    for path, value in changes.items():
        *way, last = path.split("__")
        at = log[topic][index]["value"]
        for step in way:
            at = at[int(step) if step.isdigit() else step]
        at[last] = value
    return log
