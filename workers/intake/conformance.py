"""A vendor's own messages, line by line: would intake take them, and if not, what is to be mended.

The same judgement as live. A line is a message as it would be published, or a replay line around it (docs/replay.md).
Nothing of a message is shown but names of fields and codes of dictionaries.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from schemas.codec import FEED_MODELS, type_of
from schemas.national.load import SHIPPED, National
from schemas.reasons import RejectReason
from workers.intake.national.read import FEEDS, kind_of
from workers.intake.national.sheet import spread
from workers.intake.national.wrong import Refusal
from workers.intake.shape import NotJson, member_of, object_of
from workers.intake.verdict import Accepted, Refused, judge

ADVICE = SHIPPED / "advice.toml"
_TOPICS = {type_of(model): topic for topic, models in FEED_MODELS.items() for model in models}


class Finding(NamedTuple):
    """What becomes of one line. `events` are the types it gives; `advice` is what to do, Chinese and English."""

    line: int
    message: str
    events: tuple[str, ...]
    reason: str | None
    field: str | None
    code: str | None
    check: str | None
    warnings: tuple[str, ...]
    advice: tuple[str, ...]

    @property
    def taken(self) -> bool:
        return self.reason is None


class Message(NamedTuple):
    """One message as it would be published: short topic name, key, bytes."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


def findings(lines: Iterable[bytes], national: National) -> Iterator[Finding]:
    """One finding for each line that is not blank."""
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            yield _finding(number, _message(raw.strip(), national), national)


def _finding(number: int, message: Message, national: National) -> Finding:
    verdict = judge(message.topic, message.key, message.value, message.headers, national=national)
    name = _name(message.value)
    if isinstance(verdict, Accepted):
        events = tuple(event["type"] for event in (verdict.event, *verdict.more))
        advice = tuple(line for check in verdict.warnings for line in advice_of(None, check))
        return Finding(number, name, events, None, None, None, None, verdict.warnings, advice)
    return Finding(
        number, name, (), verdict.reason.value, verdict.field, verdict.code, verdict.check, (), _advice(verdict)
    )


def _advice(refused: Refused) -> tuple[str, ...]:
    return advice_of(refused.reason, refused.check)


@lru_cache(maxsize=1)
def advice_table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """The table of advice: kind (`reason`, `check`) → code → sentences by language."""
    return tomllib.loads(ADVICE.read_text(encoding="utf-8"))


def advice_of(reason: RejectReason | None, check: str | None) -> tuple[str, ...]:
    """The sentences about a check, else about a reason: Chinese, English."""
    table = advice_table()
    found = table["check"].get(check or "") or table["reason"].get(str(reason.value) if reason else "", {})
    return tuple(found[language] for language in ("zh", "en") if language in found)


def _message(raw: bytes, national: National) -> Message:
    try:
        line = object_of(raw)
    except NotJson:
        return Message("settlement.reported", None, raw)
    if isinstance(line.get("topic"), str) and "value" in line:
        headers = line.get("headers")
        texts = tuple((str(k), str(v).encode()) for k, v in headers.items()) if isinstance(headers, dict) else ()
        value, key = line["value"], line.get("key")
        body = value.encode() if isinstance(value, str) else member_of(raw, "value")
        return Message(_short(line["topic"]), None if key is None else str(key).encode(), body, texts)
    if isinstance(line.get("type"), str):
        key = line.get("psn_no")
        return Message(_TOPICS.get(line["type"], "settlement.reported"), _key(key), raw)
    return _bare(raw, national)


def _bare(raw: bytes, national: National) -> Message:
    """A platform message alone: published where it belongs, under the person it names."""
    try:
        sheet = spread(raw, national.vocabulary)
        topic = FEEDS[kind_of(sheet)]
        return Message(topic, _key(sheet.text("psn_no") or _listed(sheet.lists)), raw)
    except Refusal:
        return Message("settlement.reported", b"-", raw)


def _listed(lists: Mapping[str, list[Mapping[str, Any]]]) -> str | None:
    numbers = [item.get("psn_no") for items in lists.values() for item in items]
    return next((number for number in numbers if isinstance(number, str)), None)


def _key(number: object) -> bytes | None:
    return number.encode() if isinstance(number, str) else None


def _short(topic: str) -> str:
    return ".".join(topic.split(".")[1:-1]) if topic.endswith(".v1") else topic


def _name(value: bytes) -> str:
    """The interface or type of a message, where it states a plain one."""
    try:
        decoded = orjson.loads(value)
    except orjson.JSONDecodeError:
        return "?"
    stated = decoded.get("infno", decoded.get("type")) if isinstance(decoded, dict) else None
    text = str(stated) if isinstance(stated, str | int) else "?"
    plain = len(text) <= 32 and text.isascii() and text.replace(".", "").replace("_", "").isalnum()
    return text if plain and not (text.isdigit() and len(text) > 5) else "?"
