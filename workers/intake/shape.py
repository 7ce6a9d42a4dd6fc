"""The first gate: bytes that are one JSON object of sane size, without duplicate keys, NaN or deep nesting.

Two parsers read every accepted value (orjson here, pydantic-core in the models). Duplicate keys are refused because two
parsers may then see two different bills.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

DEPTH_MAX = 16
VALUES_MAX = 20_000
"""Values in one record, told by commas and brackets: what bounds the time of reading it, some 20 ms. A bill has 100."""
_TOO_DEEP = b"[" * (DEPTH_MAX + 1)
_WHITE_SPACE = b" \t\r\n"


class NotJson(ValueError):
    """The bytes are not one sane JSON object; carries no part of them."""


class TooMany(NotJson):
    """Sane so far, but with more values than one record has."""


def object_of(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; NotJson for anything else (bad UTF-8, NaN, duplicate keys, depth above 16)."""
    objects, lists = raw.count(b"{"), raw.count(b"[")
    if objects + lists + raw.count(b",") > VALUES_MAX:  # before any parser spends time on them
        raise NotJson("the value is nested too deeply") if _TOO_DEEP in raw else TooMany("too many values")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotJson("the value is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise NotJson("the value is not a JSON object")
    if objects + lists > DEPTH_MAX and _depth(value) > DEPTH_MAX:
        raise NotJson("the value is nested too deeply")
    if has_duplicate_keys(raw, value, flat=objects == 1):
        raise NotJson("the value has a duplicate key")
    return value


def member_of(raw: bytes, name: str) -> bytes:
    """The text of one member of a sane JSON object, numbers as they are spelled; empty where it has none."""
    text, scan = raw.decode(), json.JSONDecoder().raw_decode
    at = _after(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = scan(text, at)
        at = _after(text, at, ":")
        start = at
        _, at = scan(text, at)
        if key == name:
            return text[start:at].encode()
        at = _after(text, at, ",")
    return b""


def _after(text: str, at: int, mark: str = "") -> int:
    """The place of the next sign that is no white space; one `mark` is passed over."""
    while text[at] in " \t\r\n" or text[at] == mark:
        at += 1
    return at


def has_duplicate_keys(raw: bytes, value: dict[str, Any], *, flat: bool = False) -> bool:
    """Whether `raw`, which reads as `value`, writes a key twice; `flat`: no object lies in it.

    Every key in the text ends in `":` (white space aside): a text with no more of those than keys has no duplicate.
    Only texts with `":` inside a string need the slow, exact answer.
    """
    keys = len(value) if flat else sum(len(found) for found in _objects(value))
    if raw.count(b":") == keys or raw.translate(None, _WHITE_SPACE).count(b'":') == keys:
        return False
    try:
        json.loads(raw, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except NotJson:
        return True
    return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("duplicate key")
    return found


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, (dict, list)):
            deepest = max(deepest, depth)
            waiting.extend((inner, depth + 1) for inner in (item.values() if isinstance(item, dict) else item))
    return deepest
