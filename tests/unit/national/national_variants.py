"""Variants of the samples: a base, what is changed in it, and the one verdict that is right then.

A line of `variants.ndjson` has `name`, `of` (a sample) and the changes, made in this order: `set`, `add` (fen), `drop`,
`rename` (place → name), `negate` (every amount), `wrap` (place → array of one), `twin` (place → array of two), `lift`
(its fields move one up), `only` (this part alone), `how` (`upper`, `camel`), `under` (`data`, `data[]`), `text` (in the
bytes), `pad` (bytes of a field nobody reads) and `fill` (values of such a field).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson

from schemas.money import text_of
from schemas.national.load import load_national
from tests.unit.national.national_samples import PERSON, value_of
from workers.intake.national.amounts import fen_of_spelling
from workers.intake.verdict import Verdict, judge

FILE = Path(__file__).parents[2] / "samples" / "national" / "variants.ndjson"
VARIANTS: dict[str, dict[str, Any]] = {
    variant["name"]: variant for variant in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
}
AMOUNTS = load_national().vocabulary.amount_names


def topic_of(variant: dict[str, Any]) -> str:
    identity = variant["of"] in ("救助对象身份 一行", "1101 idetinfo")
    topic: str = variant.get("topic", "identity.changed" if identity else "settlement.reported")
    return topic


def message_of(variant: dict[str, Any]) -> bytes:
    """The bytes of a variant."""
    message: Any = value_of(variant["of"])
    for place, value in variant.get("set", {}).items():
        box, last = _box(message, place)
        box[last] = value
    for place, fen in variant.get("add", {}).items():
        box, last = _box(message, place)
        box[last] = text_of((fen_of_spelling(str(box[last])) or 0) + fen)
    for place in variant.get("drop", ()):
        box, last = _box(message, place)
        box.pop(last, None)
    for place, name in variant.get("rename", {}).items():
        box, last = _box(message, place)
        value = box.pop(last)
        box.setdefault(name, value)
    raw = orjson.dumps(_shaped(variant, message))
    for old, new in variant.get("text", ()):
        assert old.encode() in raw, (variant["name"], old)
        raw = raw.replace(old.encode(), new.encode())
    return raw


def judged_variant(variant: dict[str, Any]) -> Verdict:
    """The verdict on a variant, under the person's key unless it names another."""
    return judge(topic_of(variant), variant.get("key", PERSON).encode(), message_of(variant))


def _shaped(variant: dict[str, Any], message: Any) -> Any:
    if variant.get("negate"):
        message = _negated(message)
    for place in variant.get("wrap", ()):
        box, last = _box(message, place)
        box[last] = [box[last]]
    if place := variant.get("twin"):
        box, last = _box(message, place)
        box[last] = [box[last], {**box[last], "setl_id": f"{box[last]['setl_id']}9"}]
    if place := variant.get("lift"):
        box, last = _box(message, place)
        box |= box.pop(last)
    message = message[variant["only"]] if "only" in variant else message
    message = _renamed(message, variant["how"]) if "how" in variant else message
    if under := variant.get("under"):
        message = {"data": [message] if under == "data[]" else message}
    if "fill" in variant:
        message = message | {"warn_msg": [0] * variant["fill"]}
    return message | {"enc_type": "x" * variant["pad"]} if "pad" in variant else message


def _box(message: Any, place: str) -> tuple[Any, Any]:
    *path, last = (int(part) if part.isdigit() else part for part in place.split("."))
    for part in path:
        message = message[part]
    return message, last


def _negated(value: Any) -> Any:
    if isinstance(value, list):
        return [_negated(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _minus(inner) if name in AMOUNTS else _negated(inner) for name, inner in value.items()}


def _minus(amount: Any) -> Any:
    fen = None if amount is None else fen_of_spelling(str(amount))
    return amount if fen is None else text_of(-fen)


def _renamed(value: Any, how: str) -> Any:
    if isinstance(value, list):
        return [_renamed(item, how) for item in value]
    if not isinstance(value, dict):
        return value
    return {_spelled(name, how): _renamed(inner, how) for name, inner in value.items()}


def _spelled(name: str, how: str) -> str:
    first, *rest = name.split("_")
    return name.upper() if how == "upper" else first + "".join(part.capitalize() for part in rest)
