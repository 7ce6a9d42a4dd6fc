"""HTTP Message Signatures (RFC 9421) with hmac-sha256 over method, target and Content-Digest (RFC 9530).

Required: one signature, label `tuodi`, with `created`, `nonce` and `keyid`, over `@method`, the target (`@target-uri`,
or `@path` and where there is a query `@query`) and `content-digest` where there is a body or the method may carry one.
The headers must be in the one canonical text of RFC 8941: a replay then has the very bytes of the original, and a proxy
that spreads requests over replicas by `Signature-Input` brings it to the replica that knows the nonce
(docs/gateway-door.md).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, VerifyResult
from http_message_signatures.algorithms import HMAC_SHA256

from workers.gateway.door.head import Fields, Head
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.keyring import HmacKey, Keyring
from workers.gateway.door.proof import Proven
from workers.gateway.door.refusals import Refused

LABEL = "tuodi"
NONCE_CHARACTERS = (16, 128)

_BODILESS = frozenset({"GET", "HEAD"})


class SignatureScheme:
    """The `signature` way."""

    way = "signature"

    def __init__(self, window_s: int, origin: str | None) -> None:
        """`window_s`: most seconds between `created` and now, either side. `origin`: what clients call us, when a
        proxy ends TLS before us (`https://host[:port]`); None takes it from the request."""
        self._window_s, self._origin = window_s, origin

    def look(self, head: Head, ring: Keyring, now_s: float) -> SignatureProof | None:
        stated, given = head.all("signature-input"), head.all("signature")
        if not stated and not given:
            return None
        if len(stated) != 1 or len(given) != 1:
            raise Refused("signature_malformed", part="Signature-Input, Signature")
        keys = _Keys(ring)
        verifier = _Verifier(signature_algorithm=HMAC_SHA256, key_resolver=keys)
        self._form(verifier, stated[0], given[0], now_s)
        message = SimpleNamespace(method=head.method, url=self._url(head), headers=Fields(head.lines))
        try:
            [result] = verifier.verify(message, max_age=None)
        except InvalidSignature:
            raise Refused("signature_wrong" if keys.found else "credentials_unknown") from None
        assert keys.found is not None  # noqa: S101 - a signature that verifies has been looked up
        _covers(head, result)
        return SignatureProof(keys.found.hospital, verifier, message, result)

    def _form(self, verifier: _Verifier, stated: str, given: str, now_s: float) -> None:
        """The parameters of the one signature: present, canonical, of our time."""
        try:
            inputs = verifier._parse_signature_dictionary(stated)
            signatures = verifier._parse_signature_dictionary(given)
        except Exception:
            raise Refused("signature_malformed", part="RFC 8941") from None
        if list(inputs) != [LABEL] or list(signatures) != [LABEL]:
            raise Refused("signature_malformed", part="label")
        if str(inputs) != stated or str(signatures) != given:
            raise Refused("signature_malformed", part="canonical text (RFC 8941)")
        params: dict[str, Any] = dict(getattr(inputs[LABEL], "params", {}))
        created, nonce, keyid = params.get("created"), params.get("nonce"), params.get("keyid")
        if type(created) is not int:
            raise Refused("signature_malformed", part="created")
        if not isinstance(keyid, str):
            raise Refused("signature_malformed", part="keyid")
        if not isinstance(nonce, str) or not NONCE_CHARACTERS[0] <= len(nonce) <= NONCE_CHARACTERS[1]:
            raise Refused("signature_malformed", part="nonce (16 to 128 characters)")
        if "alg" in params and params["alg"] != HMAC_SHA256.algorithm_id:
            raise Refused("signature_malformed", part="alg")
        expires = params.get("expires")
        late = type(expires) is int and now_s > expires
        if abs(now_s - created) > self._window_s or late:
            raise Refused("clock_outside_window", window_seconds=self._window_s, server_time=int(now_s))

    def _url(self, head: Head) -> str:
        origin = self._origin or f"{head.scheme}://{head.one('host') or ''}"
        return f"{origin}{head.path}" + (f"?{head.query}" if head.query else "")


class SignatureProof:
    """A signature that verifies; the body has still to match its digest."""

    def __init__(self, hospital: Hospital, verifier: _Verifier, message: Any, result: VerifyResult) -> None:
        self.hospital: Hospital | None = hospital
        self._whose, self._verifier, self._message, self._result = hospital, verifier, message, result

    async def check(self, body: bytes) -> Proven | None:
        try:
            self._verifier.verify_body(self._message, [self._result], body)
        except InvalidSignature:
            raise Refused("digest_wrong") from None
        return Proven(self._whose, SignatureScheme.way, self._result.nonce)


class _Keys(HTTPSignatureKeyResolver):
    """Remembers which key a signature named, so that an unknown key and a wrong signature are told apart."""

    def __init__(self, ring: Keyring) -> None:
        self._ring = ring
        self.found: HmacKey | None = None

    def resolve_public_key(self, key_id: str) -> bytes | None:
        self.found = self._ring.keys.get(key_id)
        return self.found.secret if self.found is not None else None


class _Verifier(HTTPMessageVerifier):
    """The library's verifier without its own clock: the window is judged above, by the clock the door was given."""

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        if type(sig_input.params.get("created")) is not int:
            raise InvalidSignature("created is required")


def _covers(head: Head, result: VerifyResult) -> None:
    covered = set(result.covered_components)
    missing = [] if '"@method"' in covered else ["@method"]
    if '"@target-uri"' not in covered:
        missing += [] if '"@path"' in covered else ["@path"]
        missing += [] if '"@query"' in covered or not head.query else ["@query"]
    bare = head.method in _BODILESS and not head.all("content-digest")
    missing += [] if '"content-digest"' in covered or bare else ["content-digest"]
    if missing:
        raise Refused("signature_incomplete", part=", ".join(missing))
