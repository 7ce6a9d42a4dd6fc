"""Who vouches for the file: an Ed25519 signature over its bytes (RFC 8032), made outside by whoever drew it up.

openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out key.pub
openssl pkeyutl -sign -rawin -inkey key.pem -in balances.csv -out balances.csv.sig
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from workers.errors import TuodiError, Usage


def verify(file: Path, signature: Path, public_key: Path) -> bytes:
    """The bytes of the file, proved; TuodiError where they are not what was signed, Usage where the key is none."""
    try:
        key = load_pem_public_key(public_key.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        raise Usage(f"{public_key}: not a public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Usage(f"{public_key}: the key is of another kind than Ed25519")
    body = file.read_bytes()
    try:
        key.verify(signature.read_bytes(), body)
    except InvalidSignature:
        raise TuodiError(f"{file}: the signature in {signature} does not fit; nothing was read from it") from None
    return body
