"""The samples of platform messages: data, each with the one verdict that is right for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from workers.intake.verdict import Verdict, judge

FILE = Path(__file__).parents[2] / "samples" / "national" / "samples.ndjson"
SAMPLES: dict[str, dict[str, Any]] = {
    sample["name"]: sample for sample in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
}
PERSON = "52000000000000000001000042"


def value_of(name: str) -> dict[str, Any]:
    """A fresh copy of a sample's message."""
    found: dict[str, Any] = json.loads(json.dumps(SAMPLES[name]["value"]))
    return found


def judged(value: dict[str, Any] | bytes, topic: str = "settlement.reported", key: str = PERSON) -> Verdict:
    """The verdict on one message."""
    return judge(topic, key.encode(), value if isinstance(value, bytes) else orjson.dumps(value))
