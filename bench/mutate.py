"""Damage done to feed messages by chance: in their structure, their values, their spelling, their bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 22, 2206, 2**63, 0.1, 1e300, "", " ", "0", "-0.00", "0.001", "1e5", "NaN", "+1.00",
    "01.00", "1,000.00", "１２３", "12345678901234567.00", "99999999999999.99", "2023-02-30", "2023-05-06 24:61:00",
    "9999-12-31", "0001-01-01", "20230506", "2099-01-01 00:00:00", "2207", "2207A", "2303", "2601", "5203", "1101",
    "SIM01", "SIM01,SIM04", "低保对象", "低保对象、", "522701", "522799", "330302", "440784", "7131", "23", "00", "11",
    "\u0000", "\ud7ff", "a" * 65, "a" * 70_000, [], {}, [[]], [{}], {"": ""}, [None], {"type": "settlement.final"},
)  # fmt: skip
_BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xc3\x28",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"1e9999",
    b"NaN",
    b"\\ud800",
)


class Mutator:
    """Makes messages out of samples. Everything comes from `rng`: the same seed makes the same messages."""

    def __init__(self, rng: Random, samples: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        self._rng, self._names = rng, list(names)
        self._samples = [json.dumps(sample) for sample in samples]

    def message(self, base: int) -> bytes:
        """One damaged message made of the sample with this number; now and then plain junk."""
        rng = self._rng
        if rng.random() < 0.03:
            return rng.randbytes(rng.randrange(1, 400))
        value: Any = json.loads(self._samples[base])
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6))):
            value = self._damaged(value)
        raw = json.dumps(value, ensure_ascii=rng.random() < 0.1, allow_nan=True).encode("utf-8", "surrogatepass")
        for _ in range(rng.choice((0, 0, 0, 0, 1, 3))):
            raw = self._bytes(raw)
        return raw

    def _sample(self) -> Any:
        return json.loads(self._rng.choice(self._samples))

    def _damaged(self, value: Any) -> Any:
        rng = self._rng
        found = list(places(value))
        if not found:
            return self._sample()
        box, key = rng.choice(found)
        what = rng.randrange(9)
        if what == 0:
            box[key] = self._value()
        elif what == 1:
            del box[key]
        elif what == 2 and isinstance(box, dict):
            box[rng.choice(self._names)] = box.pop(key)
        elif what == 3 and isinstance(box, dict):
            box[_respelled(rng, str(key))] = self._value() if rng.random() < 0.5 else box[key]
        elif what == 4:
            box[key] = [box[key]] * rng.choice((1, 2, 5, 199, 201))
        elif what == 5:
            box[key] = {rng.choice(self._names): box[key]}
        elif what == 6:
            box[key] = self._part()
        elif what == 7 and isinstance(box[key], int | float) and not isinstance(box[key], bool):
            box[key] = rng.choice((str(box[key]), -box[key], box[key] + 0.01, f"{box[key]}000", int(box[key])))
        elif isinstance(box, dict):
            box[rng.choice(self._names)] = self._value()
        return value

    def _value(self) -> Any:
        return deepcopy(self._rng.choice(ODD)) if self._rng.random() < 0.8 else self._part()

    def _part(self) -> Any:
        """A piece of another sample."""
        box, key = self._rng.choice(list(places(self._sample())))
        return box[key]

    def _bytes(self, raw: bytes) -> bytes:
        rng = self._rng
        at = rng.randrange(len(raw) + 1)
        what = rng.randrange(4)
        if what == 0:
            return raw[:at] + rng.choice(_BYTES) + raw[at:]
        if what == 1:
            return raw[:at] + rng.randbytes(1) + raw[at + 1 :]
        end = min(len(raw), at + rng.randrange(1, 60))
        return raw[:at] + raw[end:] if what == 2 else raw[:at] + raw[at:end] * rng.choice((2, 3, 50)) + raw[end:]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a value."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from places(value[key])


def _respelled(rng: Random, name: str) -> str:
    first, *rest = name.split("_")
    return rng.choice((name.upper(), first + "".join(part.capitalize() for part in rest), name.replace("_", ""), name))
