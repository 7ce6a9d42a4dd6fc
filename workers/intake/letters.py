"""Dead letters: what is refused keeps its bytes, encrypted, and says in its headers why and where it came from.

Layout: docs/records.md §8; for operators docs/dead-letters.md. Header family `__dlq.errors.*`: KIP-1191. What is
refused may hold an ID number anywhere, so nothing of it stands in the clear: a key or header that is not a plain
identifier is replaced by its hash, and the value is sealed with AES-256-GCM (12 bytes nonce, then ciphertext and tag).
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.topics import dlq_of
from workers.errors import Usage
from workers.intake.verdict import Refused
from workers.journal.pii import holds_person_data
from workers.journal.record import time_text
from workers.log.port import Record

NONCE_BYTES = 12
PART_BYTES_MAX = 900_000
"""Original bytes per dead letter; a larger original (Kafka's own limit is 1 MB) is cut into parts under one id."""
HEADERS_MAX, HEADER_BYTES_MAX = 64, 1_024
OURS = ("dlq_", "__dlq.")
"""Prefixes of the headers that intake writes; a stranger's header under them is dropped."""

_PLAIN = re.compile(rb"[A-Za-z0-9._:+/=\-]{0,1024}", re.ASCII)
_KEY_PLAIN = re.compile(rb"[A-Za-z0-9._:\-]{1,64}", re.ASCII)
HASHED = b"sha256:"


class DeadLetter(NamedTuple):
    """One record for the dead-letter topic of its feed (short name)."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]


def letter_id(topic: str, partition: int, offset: int) -> str:
    """Id of a dead letter: hash of the source stamp `topic|partition|offset` (short topic name), 32 characters."""
    return hashlib.sha256(f"{topic}|{partition}|{offset}".encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _app_version() -> bytes:
    return version("tuodi").encode()


class Sealer:
    """Seals and opens original bytes under one AES-256 key; the key's id is a fingerprint, never the key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"tuodi dead letters|" + key).hexdigest()[:8]

    def seal(self, original: bytes) -> bytes:
        """nonce ‖ ciphertext ‖ tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, original, None)

    def open(self, sealed: bytes) -> bytes:
        """The original bytes; Usage error where this is not the key they were sealed with."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            raise Usage(
                f"this dead letter was not sealed with key {self.key_id}; name the right key file in"
                " TUODI_DEAD_LETTER_KEY_FILE (header dlq_key_id says which)"
            ) from None


def dead_letters(feed: str, record: Record, refused: Refused, sealer: Sealer, *, group: str) -> Iterator[DeadLetter]:
    """The dead letter of a refused record; more than one only where the original is larger than a part."""
    original = record.value or b""
    parts = [original[at : at + PART_BYTES_MAX] for at in range(0, len(original), PART_BYTES_MAX)] or [b""]
    key, key_hashed = _plain_key(record.key)
    headers = [
        *_original_headers(record),
        *_errors(feed, record, refused, group),
        *_ours(feed, record, refused, sealer),
    ]
    headers += [("dlq_key_hashed", b"1")] if key_hashed else []
    headers += [("dlq_value_null", b"1")] if record.value is None else []
    for number, part in enumerate(parts, start=1):
        numbered = [("dlq_part", b"%d/%d" % (number, len(parts)))] if len(parts) > 1 else []
        yield DeadLetter(dlq_of(feed), record.partition, key, sealer.seal(part), [*headers, *numbered])


def _errors(feed: str, record: Record, refused: Refused, group: str) -> list[tuple[str, bytes]]:
    return [
        ("__dlq.errors.topic", feed.encode()),
        ("__dlq.errors.partition", b"%d" % record.partition),
        ("__dlq.errors.offset", b"%d" % record.offset),
        ("__dlq.errors.group", group.encode()),
        ("__dlq.errors.delivery.count", b"1"),
        ("__dlq.errors.message", refused.detail.encode()),
    ]


def _ours(feed: str, record: Record, refused: Refused, sealer: Sealer) -> list[tuple[str, bytes]]:
    headers = [
        ("dlq_id", letter_id(feed, record.partition, record.offset).encode()),
        ("dlq_reason", refused.reason.value.encode()),
        ("dlq_stage", refused.stage.encode()),
        ("dlq_failed_at", time_text(time.time_ns() // 1_000_000).encode()),
        ("dlq_app_version", _app_version()),
        ("dlq_key_id", sealer.key_id.encode()),
    ]
    said = (("dlq_field", refused.field), ("dlq_code", refused.code), ("dlq_check", refused.check))
    return [*headers, *((name, text.encode()) for name, text in said if text)]


def _plain_key(key: bytes | None) -> tuple[bytes | None, bool]:
    if key is None or (_KEY_PLAIN.fullmatch(key) and not holds_person_data(key)):
        return key, False
    return _hash(key), True


def _original_headers(record: Record) -> Iterator[tuple[str, bytes]]:
    """The original headers as they came where they are plain, else hashed; at most 64."""
    for name, value in record.headers[:HEADERS_MAX]:
        if name.startswith(OURS):
            continue
        raw = name.encode("utf-8", "replace")
        plain_name = len(raw) <= 128 and _PLAIN.fullmatch(raw) is not None and not holds_person_data(raw)
        plain = len(value) <= HEADER_BYTES_MAX and _PLAIN.fullmatch(value) is not None and not holds_person_data(value)
        yield (name if plain_name else _hash(raw).decode()), (value if plain else _hash(value))


def _hash(raw: bytes) -> bytes:
    return HASHED + hashlib.sha256(raw).hexdigest().encode()
