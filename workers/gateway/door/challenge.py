"""What a 401 asks for."""

from __future__ import annotations

from typing import Final

ACCEPT_SIGNATURE: Final = (
    'tuodi=("@method" "@path" "@query" "content-digest");created;nonce="fresh";keyid="yours";alg="hmac-sha256"'
)
"""RFC 9421 §5.1: the signature that would be accepted, with placeholders for what only the caller knows."""

AUTHENTICATE: Final = 'Signature realm="tuodi", headers="@method @path @query content-digest"'
"""RFC 9110 §11.6.1 wants a challenge beside every 401."""
