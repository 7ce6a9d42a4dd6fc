"""Person keys: HMAC-SM3 over province and person number, so that no number of a person ever enters the journal.

`person_key = HMAC-SM3(key, province | "|" | psn_no)` as 64 lower-case hexadecimal digits; the province is the first
two digits of the issuing region followed by `0000`. SM3: GB/T 32905-2016; HMAC: RFC 2104. The key has a version, comes
from a file and is never printed, logged or put into an exception.
"""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac

from workers.errors import Usage
from workers.settings import Settings

DEV_KEYS_VARIABLE = "TUODI_DEV_KEYS"
KEY_BYTES_MIN = 32
CACHE_PERSONS = 32_768
"""Person keys kept in memory: a miss costs about 4 µs, a hit 0.1 µs; 32,768 entries take about 10 MB."""

_DEV_PERSON_KEY = b"tuodi well-known development key, protects nobody"
_DEV_DEAD_LETTER_KEY = b"tuodi development dead letters.."  # 32 bytes


_log = logging.getLogger(__name__)


def province_of(region: str) -> str:
    """Division code of the province of a region: "522701" → "520000"."""
    return region[:2] + "0000"


class PersonKeys:
    """Makes person keys under one version of the secret. Deterministic; a repr never shows the secret."""

    def __init__(self, secret: bytes, version: int) -> None:
        self.version = version
        base = hmac.HMAC(secret, hashes.SM3())

        def person_key(region: str, psn_no: str) -> str:
            mac = base.copy()
            mac.update(f"{province_of(region)}|{psn_no}".encode())
            return mac.finalize().hex()

        self._cached = lru_cache(maxsize=CACHE_PERSONS)(person_key)

    def person_key(self, region: str, psn_no: str) -> str:
        """The key of a person number issued by `region` (six digits)."""
        return self._cached(region, psn_no)

    def __repr__(self) -> str:
        return f"PersonKeys(version={self.version})"


def development_keys_allowed(dev_keys: bool = False) -> bool:
    """True where the operator asked for the development keys: `--dev-keys` or TUODI_DEV_KEYS=1."""
    return dev_keys or os.environ.get(DEV_KEYS_VARIABLE) == "1"


def person_keys(settings: Settings, *, dev_keys: bool = False) -> PersonKeys:
    """Person keys from `settings.person_key_file`; Usage where there is none and development keys are not allowed."""
    found = secret(settings.person_key_file, "TUODI_PERSON_KEY_FILE", _DEV_PERSON_KEY, dev_keys)
    return PersonKeys(found, settings.person_key_version)


def dead_letter_key(settings: Settings, *, dev_keys: bool = False) -> bytes:
    """The AES-256 key of dead letters (32 bytes), from `settings.dead_letter_key_file` or the development key."""
    found = secret(settings.dead_letter_key_file, "TUODI_DEAD_LETTER_KEY_FILE", _DEV_DEAD_LETTER_KEY, dev_keys)
    if len(found) != 32:
        raise Usage("the dead-letter key must be 64 hexadecimal digits (AES-256); make one with: openssl rand -hex 32")
    return found


def secret(file: Path | None, variable: str, development: bytes, dev_keys: bool) -> bytes:
    """The secret of a file, or the development key where that is allowed, else Usage; `variable` names the file."""
    if file is not None:
        return _read_secret(file, variable)
    if not development_keys_allowed(dev_keys):
        raise Usage(
            f"{variable} names no key file. Make one (openssl rand -hex 32 > FILE; chmod 600 FILE), or allow the"
            f" well-known development keys with {DEV_KEYS_VARIABLE}=1 where no real person's data is."
        )
    _log.warning(
        "DEVELOPMENT KEYS IN USE (%s is not set): fit for demonstrations and tests, never for real people", variable
    )
    return development


def _read_secret(file: Path, variable: str) -> bytes:
    try:
        text = file.read_text(encoding="ascii").strip()
        secret = bytes.fromhex(text)
    except OSError as error:
        raise Usage(f"{variable}: cannot read the key file: {error.strerror}") from None
    except ValueError:
        raise Usage(f"{variable}: the key file must hold one line of hexadecimal digits") from None
    if len(secret) < KEY_BYTES_MIN:
        raise Usage(f"{variable}: the key has fewer than {KEY_BYTES_MIN} bytes; make one with: openssl rand -hex 32")
    return secret
