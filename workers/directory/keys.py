"""Two keys from one secret: a blind index that finds a certificate, and a seal that shows it again under its mask.

Blind index: HMAC-SM3 (GB/T 32905, RFC 2104) over `region|kind|number`, sixteen bytes of it. Seal: AES-256-GCM (NIST SP
800-38D) with a random nonce of twelve bytes, bound to the index as associated data. Both keys are derived from the
secret by HMAC-SM3 over a label, so that neither says anything of the other.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workers.directory.certificate import Certificate
from workers.errors import Usage
from workers.journal.keys import secret
from workers.settings import Settings

BLIND_BYTES = 16
_NONCE_BYTES = 12
_DEVELOPMENT = b"tuodi well-known development directory key, hides nobody"


class DirectoryKeys:
    """One version of the keys. Its repr never shows them."""

    def __init__(self, secret_: bytes, version: int) -> None:
        self.version = version
        self._index = hmac.HMAC(_derived(secret_, b"tuodi directory: blind index"), hashes.SM3())
        self._seal = AESGCM(_derived(secret_, b"tuodi directory: seal"))
        self.fingerprint = _derived(secret_, b"tuodi directory: fingerprint").hex()[:16]

    def blind(self, region: str, one: Certificate) -> bytes:
        """The index of a certificate in a region; about 1.5 µs, since the keyed state is copied, not made."""
        mac = self._index.copy()
        mac.update(f"{region}|{one.kind}|{one.number}".encode())
        return mac.finalize()[:BLIND_BYTES]

    def seal(self, region: str, one: Certificate, blind: bytes) -> bytes:
        """nonce ‖ ciphertext ‖ tag of `region|kind|number`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, f"{region}|{one.kind}|{one.number}".encode(), blind)

    def unseal(self, sealed: bytes, blind: bytes) -> tuple[str, Certificate]:
        """Region and certificate; Usage where this is another key or the row was changed."""
        try:
            text = self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], blind).decode()
        except (InvalidTag, ValueError):
            raise Usage("a sealed certificate does not open: another key, or the file was changed") from None
        region, kind, number = text.split("|", 2)
        return region, Certificate(kind, number)

    def __repr__(self) -> str:
        return f"DirectoryKeys(version={self.version})"


def directory_keys(settings: Settings, *, dev_keys: bool = False) -> DirectoryKeys:
    """Keys from `settings.directory_key_file`; Usage where there is none and development keys are not allowed."""
    found = secret(settings.directory_key_file, "TUODI_DIRECTORY_KEY_FILE", _DEVELOPMENT, dev_keys)
    return DirectoryKeys(found, settings.directory_key_version)


def _derived(secret_: bytes, label: bytes) -> bytes:
    mac = hmac.HMAC(secret_, hashes.SM3())
    mac.update(label)
    return mac.finalize()
