"""A tiny deterministic fold for the runtime's tests: per key a count and a sum under a cap, one output per input.

Money-like on purpose: a doubled record changes count and sum, a lost one leaves a hole in the outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from workers.errors import Stop
from workers.log.port import Record
from workers.runtime.port import Emit, View

CAP = 1_000
POISON = "poison"


def decide(count: int, total: int, amount: int) -> tuple[int, int, int]:
    """(count, total, granted) after one input."""
    granted = min(amount, CAP - total)
    return count + 1, total + granted, granted


class CapFold:
    """See `workers.runtime.port.Fold`. Keeps an index (`keys_seen`) as an application would, to test its life cycle."""

    def __init__(self, output_topic: str) -> None:
        self.output_topic = output_topic
        self.keys_seen: set[str] = set()
        self._noted: set[str] = set()

    def restored(self, view: View) -> None:
        self.keys_seen = set(view.groups())

    def ahead(self, records: Sequence[Record]) -> None:
        """Nothing is read ahead."""

    def process(self, record: Record, stamp_ms: int, view: View, emit: Emit) -> None:
        if record.key == b"!journal.opened":
            return
        event = json.loads(record.value or b"")
        if event["id"] == POISON:
            raise Stop("the fold met an invariant it cannot keep; mend the fold")
        key = event["key"]
        found = json.loads(view.get(key, "sum") or b'{"count":0,"total":0}')
        count, total, granted = decide(found["count"], found["total"], event["amount"])
        view.put(key, "sum", json.dumps({"count": count, "total": total}).encode())
        self._noted.add(key)
        emit(self.output_topic, record.key, output_bytes(event["id"], count, total, granted))

    def committed(self) -> None:
        self.keys_seen |= self._noted
        self._noted.clear()

    def dropped(self) -> None:
        self._noted.clear()


def input_bytes(identity: str, key: str, amount: int) -> bytes:
    return json.dumps({"id": identity, "key": key, "amount": amount}).encode()


def output_bytes(identity: str, count: int, total: int, granted: int) -> bytes:
    return json.dumps({"id": identity, "count": count, "total": total, "granted": granted}).encode()


def expected(inputs: Iterable[Record]) -> tuple[list[bytes], dict[str, bytes]]:
    """The single-threaded truth: outputs in order and final state, straight from the inputs of one partition."""
    outputs: list[bytes] = []
    sums: dict[str, tuple[int, int]] = {}
    for record in inputs:
        if record.key == b"!journal.opened":
            continue
        event = json.loads(record.value or b"")
        count, total = sums.get(event["key"], (0, 0))
        count, total, granted = decide(count, total, event["amount"])
        sums[event["key"]] = count, total
        outputs.append(output_bytes(event["id"], count, total, granted))
    state = {f"{key}|sum": json.dumps({"count": c, "total": t}).encode() for key, (c, t) in sums.items()}
    return outputs, state
