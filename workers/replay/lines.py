"""One line of a replay file: a feed event, a clock or adoption line, or a record exported from a live journal.

A line is one JSON object: `{"topic": …, "key": …, "headers": {name: text}, "value": object or text}`. An exported
journal line has `partition`, `offset` and `timestamp` too. `value` as text stands for bytes that are not JSON (a
malformed record keeps its bytes in `value_base64`). The page for strangers is docs/replay.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from workers.errors import Usage
from workers.intake.national.sheet import looks_national
from workers.intake.shape import NotJson, has_duplicate_keys, member_of, object_of

LINE_BYTES_MAX = 4_000_000
BOM = b"\xef\xbb\xbf"
ADOPTED = "rulebook.adopted"
CONTROL_TOPICS = frozenset({"day.closed", ADOPTED})


class Line(NamedTuple):
    """A parsed line; `place` is set for exported journal records: (partition, offset, timestamp in ms)."""

    number: int
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    place: tuple[int, int, int] | None
    file: str = "-"

    @property
    def where(self) -> str:
        """`file:line`, as messages begin."""
        return f"{self.file}:{self.number}"


def read_lines(file: Path, topic_prefix: str, name: str | None = None) -> Iterator[Line]:
    """All lines of a file; a line that is not a replay line is a Usage error that names file (or `name`) and line."""
    shown = name or str(file)
    with file.open("rb") as source:
        for number, raw in enumerate(source, start=1):
            text = raw.removeprefix(BOM) if number == 1 else raw  # editors on Windows write one
            if text.strip():
                yield _line(shown, number, text, topic_prefix)


def adopts_by_itself(file: Path) -> bool:
    """Whether the file holds an adoption line, so that replay must not adopt before the first line."""
    with file.open("rb") as source:
        return any(b"rulebook.adopted" in raw and _adopts(raw) for raw in source)


def _adopts(raw: bytes) -> bool:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False  # named with its line when it is read
    return isinstance(body, dict) and ADOPTED in (body.get("topic"), str(body.get("key")).removeprefix("!"))


def short_topic(name: str, topic_prefix: str) -> str:
    """`medassist.settlement.reported.v1` → `settlement.reported`; short names stay."""
    prefix, suffix = f"{topic_prefix}.", ".v1"
    return name[len(prefix) : -len(suffix)] if name.startswith(prefix) and name.endswith(suffix) else name


def _line(file: str, number: int, raw: bytes, topic_prefix: str) -> Line:
    where = f"{file}:{number}"
    if len(raw) > LINE_BYTES_MAX:
        raise Usage(f"{where}: the line is longer than {LINE_BYTES_MAX} bytes")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Usage(f"{where}: not a JSON object; a replay file has one object a line (docs/replay.md)") from None
    if not isinstance(body, dict) or not isinstance(body.get("topic"), str):
        raise Usage(f'{where}: a line names its topic: {{"topic": …, "key": …, "headers": …, "value": …}}')
    key = body.get("key")
    return Line(
        number, short_topic(body["topic"], topic_prefix), None if key is None else str(key).encode(),
        _value(body, raw, where), _headers(body, where), _place(body, where), file,
    )  # fmt: skip


def _headers(body: dict[str, Any], where: str) -> tuple[tuple[str, bytes], ...]:
    headers = body.get("headers") or {}
    if not isinstance(headers, dict):
        raise Usage(f"{where}: headers are one JSON object of names and texts")
    return tuple((str(name), str(value).encode()) for name, value in headers.items())


def _value(body: dict[str, Any], raw: bytes, where: str) -> bytes | None:
    if "value_base64" in body:
        try:
            return base64.b64decode(body["value_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Usage(f"{where}: value_base64 is not base64") from None
    try:
        if has_duplicate_keys(raw, body):
            return _repeated(raw, where)
    except RecursionError:
        raise Usage(f"{where}: the value is nested too deeply") from None
    value = body.get("value")
    if value is None:
        return None
    if isinstance(value, dict) and "type" not in value and looks_national(value):
        try:
            return member_of(raw, "value")  # a platform message: its numbers count as they are spelled
        except RecursionError:
            raise Usage(f"{where}: the value is nested too deeply") from None
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _repeated(raw: bytes, where: str) -> bytes:
    """The value as it is spelled where a key stands twice in it: intake refuses it, as it would refuse it live."""
    value = member_of(raw, "value")
    try:
        object_of(value)
    except NotJson:
        return value
    raise Usage(f"{where}: a member of the line is written twice; write topic, key, headers and value once each")


def _place(body: dict[str, Any], where: str) -> tuple[int, int, int] | None:
    if "offset" not in body:
        return None
    place = (body.get("partition"), body["offset"], body.get("timestamp"))
    if any(type(number) is not int or number < 0 for number in place):
        raise Usage(f"{where}: an exported line has partition, offset and timestamp (ms), whole numbers from 0")
    return place  # type: ignore[return-value]
