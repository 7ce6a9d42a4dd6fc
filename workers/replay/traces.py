"""Explained decisions of a replay, as they arise: each with its receipt and its difference to the one it supersedes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import orjson

from schemas.topics import full_name
from workers.policy.adoption import load_adoption
from workers.policy.explained import explain
from workers.policy.law import Law
from workers.replay.engine import Emitted, Engine


class TraceWriter:
    """Writes one `decision.explained` a line; keeps the newest decision of each bill or subject in memory."""

    def __init__(self, out: BinaryIO, engine: Engine) -> None:
        self._out, self._engine = out, engine
        self._topic = full_name("assistance.decided", engine.settings.topic_prefix)
        self._newest: dict[str, Mapping[str, Any]] = {}

    def __call__(self, emitted: Emitted) -> None:
        if emitted.topic == self._topic:
            decision = orjson.loads(emitted.value)
            superseded = decision.get("supersedes")
            before = self._newest.pop(superseded, None) if superseded is not None else None
            told = explain(self._law(decision), decision, None if before is None else (self._law(before), before))
            self._newest[decision["decision_id"]] = decision
            self._out.write(orjson.dumps(told.model_dump(mode="json")) + b"\n")

    def _law(self, decision: Mapping[str, Any]) -> Law | None:
        rulebook = decision["receipt"].get("rulebook")
        return None if rulebook is None else load_adoption(self._engine.law_bytes(rulebook))
