"""The envelope around a national message: what it says of itself, and the envelope that answers it.

`inf_refmsgid` is the receiver's 医保区划 (6), time (14) and serial (10); times are the platform's: UTC+8, no zone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import orjson

from schemas.http.national import NationalAnswer
from schemas.http.settlement import OnItsWay
from workers.gateway.problems import ProblemError
from workers.gateway.told import Told

CHINA: Final = timezone(timedelta(hours=8))
_INFNO = re.compile(r"([0-9]{4})[A-Z]?", re.ASCII)
_DIVISION = re.compile(r"[0-9]{6}", re.ASCII)
_serials = itertools.count(1)


class Envelope:
    """One message that came: its bytes, the object in them, and when it came (milliseconds since 1970 UTC)."""

    def __init__(self, raw: bytes, decoded: Mapping[str, Any], came_ms: int) -> None:
        self.raw = raw
        self.decoded = decoded
        self.came_ms = came_ms

    @property
    def number(self) -> str | None:
        """The interface without a province's own letter (2207A → 2207); None where it names none."""
        stated = self.decoded.get("infno")
        found = _INFNO.fullmatch(stated) if isinstance(stated, str) else None
        return None if found is None else found[1]

    @property
    def division(self) -> str:
        """The insured place as the sender wrote it, zeros where it wrote none."""
        stated = self.decoded.get("insuplc_admdvs")
        return stated if isinstance(stated, str) and _DIVISION.fullmatch(stated) else "000000"


def done(envelope: Envelope, output: Mapping[str, Any], now_ms: int) -> Told:
    """infcode 0 with an output."""
    return Told(200, _answer(envelope, now_ms, 0, output=dict(output)))


def not_done(envelope: Envelope, error: ProblemError, now_ms: int) -> Told:
    """infcode -1: nothing was settled, or nobody knows; the code in brackets says which, the sentence is read aloud."""
    body = error.body()
    field = f" {body['field']}" if "field" in body else ""
    message = f"[{body.get('reason', error.kind.value)}{field}] {body['sentence']}"
    return Told(200, _answer(envelope, now_ms, -1, err_msg=message[:200]))


def pending(envelope: Envelope, told: Told, now_ms: int) -> Told:
    """infcode -1 with 202: it is recorded; 5203 or the same message again will tell."""
    assert isinstance(told.body, OnItsWay)  # noqa: S101
    return Told(202, _answer(envelope, now_ms, -1, err_msg=f"[on-its-way] {told.body.sentence}"), told.location)


def clock_text(time_ms: int) -> str:
    """yyyyMMddHHmmssSSS, UTC+8."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).astimezone(CHINA)
    return f"{moment:%Y%m%d%H%M%S}{time_ms % 1000:03d}"


def _answer(envelope: Envelope, now_ms: int, infcode: int, **members: Any) -> NationalAnswer:
    came = clock_text(envelope.came_ms)
    fields = {
        "infcode": infcode,
        "inf_refmsgid": f"{envelope.division}{came[:14]}{next(_serials) % 10**10:010d}",
        "refmsg_time": came,
        "respond_time": clock_text(now_ms),
        **members,
    }
    return NationalAnswer.model_validate_json(orjson.dumps(fields))
