"""The signed envelope of the national platform's interface, as Hubei signs it: `cainfo` over the header fields.

Signed text: every member of the envelope but `cainfo` and `input`, sorted by ASCII, joined `k=v&k=v`; SM2 with SM3,
user id 1234567812345678, hexadecimal. Strings stand as they are, integers as JSON writes them, null is left out;
anything else is refused, since no published source says how it would be joined. `input`, the business body, is **not**
signed by this scheme: another proof must cover it, or the region accepts that in writing (`input_unsigned` in the
hospitals file). It has no nonce: the platform's vendors repeat a message as it was, and sameness makes that harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson

from workers.gateway.door import sm2
from workers.gateway.door.head import Head
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.keyring import Keyring
from workers.gateway.door.proof import Proven
from workers.gateway.door.refusals import Refused

UNSIGNED = frozenset({"cainfo", "input"})
BEIJING = timezone(timedelta(hours=8))
MEMBERS_MAX = 64


def signed_text(envelope: Mapping[str, Any]) -> bytes:
    """The bytes that `cainfo` signs. Errors: ValueError where a member is neither text, integer nor null."""
    parts: list[str] = []
    for name in sorted(set(envelope) - UNSIGNED):
        value = envelope[name]
        if value is None:
            continue
        if type(value) not in (str, int):
            raise ValueError(f"member {len(parts)} is neither text nor integer")
        parts.append(f"{name}={value}")
    return "&".join(parts).encode()


class EnvelopeScheme:
    """The `envelope` way: on the platform's path, for hospitals whose SM2 key is known."""

    way = "envelope"

    def __init__(self, window_s: int, paths: frozenset[str]) -> None:
        self._window_s, self._paths = window_s, paths

    def look(self, head: Head, ring: Keyring, now_s: float) -> EnvelopeProof | None:
        if head.method != "POST" or head.path not in self._paths or not ring.envelopes:
            return None
        return EnvelopeProof(ring, now_s, self._window_s)


class EnvelopeProof:
    """Whose it is stands in the body."""

    def __init__(self, ring: Keyring, now_s: float, window_s: int) -> None:
        self.hospital: Hospital | None = None
        self._ring, self._now_s, self._window_s = ring, now_s, window_s

    async def check(self, body: bytes) -> Proven | None:
        envelope = _object(body)
        if envelope is None or not envelope.get("cainfo"):
            return None
        code, cainfo = envelope.get("fixmedins_code"), envelope["cainfo"]
        key = self._ring.envelopes.get(code) if isinstance(code, str) else None
        if key is None:
            return None
        if not isinstance(cainfo, str) or len(envelope) > MEMBERS_MAX:
            raise Refused("envelope_wrong")
        try:
            text = signed_text(envelope)
        except (ValueError, UnicodeEncodeError):
            raise Refused("envelope_wrong") from None
        if not await asyncio.to_thread(sm2.verify, key.public_key, cainfo, text):
            raise Refused("envelope_wrong")
        if abs(self._now_s - _stated_s(envelope.get("inf_time"))) > self._window_s:
            raise Refused("clock_outside_window", window_seconds=self._window_s, server_time=int(self._now_s))
        return Proven(key.hospital, EnvelopeScheme.way)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _stated_s(text: object) -> float:
    """Unix time of `inf_time` (yyyy-MM-dd HH:mm:ss, UTC+8)."""
    try:
        moment = datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refused("envelope_wrong") from None
    return moment.astimezone(UTC).timestamp()
