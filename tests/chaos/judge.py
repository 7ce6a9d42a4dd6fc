"""The verdict of a chaos run beside the audit: the oracle per person, the journal against the feed, the gaps."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.chaos.schedule import SESSION_TIMEOUT_S, Step
from tests.chaos.tail import Gap
from tests.oracles.qiannan import oracle

RESTARTED_GAP_S, OTHER_GAP_S = 5.0, SESSION_TIMEOUT_S + 2.0
AFTERMATH_S = SESSION_TIMEOUT_S + 2.0
"""A gap that begins this long after a strike may be its doing: the group settles once more when a member is back."""
MAX_LISTED = 20


def journal_lines(export: Path) -> Iterator[dict[str, Any]]:
    """The exported journal, line by line."""
    with export.open("rb") as lines:
        for raw in lines:
            yield orjson.loads(raw)


def compare_with_oracle(export: Path, replayed: dict[str, Any]) -> tuple[int, list[str]]:
    """Bills compared, and what differs between the oracle over the journal and the system's final state."""
    events = (line["value"] for line in journal_lines(export) if isinstance(line.get("value"), dict))
    return compare(oracle(events), replayed["persons"])


def compare(expected: dict[str, dict[str, Any]], persons: dict[str, Any]) -> tuple[int, list[str]]:
    """The oracle's persons against `persons` of `tuodi replay --json` under the same keys."""
    wrong: list[str] = []
    bills = 0
    for person, state in expected.items():
        body = persons.get(person, {"settlements": {}, "years": {}})
        for (region, setl_id), row in state["bills"].items():
            bills += 1
            found = body["settlements"].get(setl_id) or body["settlements"].get(f"{region}|{setl_id}")
            wrong += [f"bill {setl_id}: {what}" for what in _bill_differs(row, found)]
        wrong += [f"person {person[:12]}… {what}" for what in _years_differ(state["years"], body["years"])]
    return bills, wrong


def _bill_differs(row: dict[str, Any], found: dict[str, Any] | None) -> list[str]:
    if row["status"] == "parked":  # only cancels and reversals came; the bill itself is nowhere
        return (
            [] if found is None or found["status"] in ("parked", "needs_person") else [f"parked, not {found['status']}"]
        )
    if found is None:
        return ["the system does not know it"]
    layers = {name: _fen(text) for name, text in found["layers"].items()}
    got = found["status"], _class(found["reason"]), layers.get("ordinary", 0), layers.get("tilt", 0)
    due = row["status"], _class(row["reason"]), row["ordinary"], row["tilt"]
    return [] if got == due else [f"oracle {due}, system {got}"]


def _class(reason: str) -> str:
    """A missing own payment may be called a missing fact or a missing result of the insurance: both wait for it."""
    return "fact_missing" if reason == "insurance_result_missing" else reason


def _years_differ(due: dict[int, dict[str, int]], found: dict[str, Any]) -> list[str]:
    out = []
    for year in {*due, *(int(y) for y in found)}:
        counters = found.get(str(year), {}).get("QN", {})
        for name in ("ordinary", "deductible", "tilt"):
            a, b = due.get(year, {}).get(name, 0), _fen(counters.get(f"{name}_used", "0.00"))
            out += [f"{year} {name}: oracle {a}, system {b}"] if a != b else []
    return out


def compare_with_feed(export: Path, feed: Path, prefix: str) -> tuple[int, list[str]]:
    """Each journal record says what its feed record said, and one person number always has one key of its own."""
    published: dict[tuple[str, int, int], dict[str, Any]] = {}
    with feed.open("rb") as lines:
        for raw in lines:
            line = orjson.loads(raw)
            published[line["topic"], line["partition"], line["offset"]] = line
    compared, wrong, keys, numbers = 0, [], dict[str, str](), dict[str, str]()
    for line in journal_lines(export):
        headers = line.get("headers") or {}
        if "source_topic" not in headers:
            continue
        topic = headers["source_topic"].removeprefix(f"{prefix}.").removesuffix(".v1")
        where = f"journal[{line['partition']}]@{line['offset']}"
        origin = published.get((topic, int(headers["source_partition"]), int(headers["source_offset"])))
        if origin is None:
            continue  # sent, never acknowledged
        compared += 1
        if origin["wrong"]:
            wrong.append(f"{where}: was to be refused as {origin['wrong']}")
            continue
        said = _value(origin)
        number, key = said.pop("psn_no"), line["value"].get("person_key")
        if keys.setdefault(number, key) != key or numbers.setdefault(key, number) != number:
            wrong.append(f"{where}: a person number and a key do not belong together one to one")
        wrong += [
            f"{where}: field {name} is not what was sent" for name, v in said.items() if line["value"].get(name) != v
        ]
    return compared, wrong


def _value(line: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(base64.b64decode(line["value_base64"]))
    return body


class GapRow(NamedTuple):
    """The longest silence that one kind of disturbance explains; `after_last_s` counts from the last of them in it."""

    kind: str
    count: int
    longest_s: float
    after_last_s: float
    limit_s: float | None

    @property
    def red(self) -> bool:
        return self.limit_s is not None and self.after_last_s > self.limit_s


class Strike(NamedTuple):
    """One disturbance as it really happened: `begin` to `end` in seconds on the loop's clock."""

    kind: str
    begin: float
    end: float


LIMITS = {
    "markers lost": None,
    "broker lost": None,
    "paused": OTHER_GAP_S,
    "killed, restarted": RESTARTED_GAP_S,
    "no cause": RESTARTED_GAP_S,
}
"""From the gravest down; a gap belongs to the gravest strike that it overlaps or that lies shortly before it."""


def gap_rows(gaps: Iterable[Gap], strikes: list[Strike]) -> list[GapRow]:
    """The longest gap of each kind."""
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in LIMITS}
    for gap in gaps:
        near = [s for s in strikes if s.begin <= gap.end and s.end >= gap.begin - AFTERMATH_S]
        kind = next((kind for kind in LIMITS if any(s.kind == kind for s in near)), "no cause")
        last = max((s.begin for s in near), default=gap.begin)
        found[kind].append((gap.end - gap.begin, gap.end - max(last, gap.begin)))
    rows = []
    for kind, lengths in found.items():
        longest, after = (max((length[n] for length in lengths), default=0.0) for n in (0, 1))
        rows.append(GapRow(kind, len(lengths), longest, after, LIMITS[kind]))
    return rows


def kills(done: list[tuple[float, Step]]) -> Counter[str]:
    """How often each thing was really done."""
    return Counter(str(step.act) for _, step in done)


def _fen(text: str) -> int:
    return int(text.replace(".", ""))
