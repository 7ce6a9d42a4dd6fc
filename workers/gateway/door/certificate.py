"""A client certificate: from our own TLS (ASGI's TLS extension), or from the header of a proxy named by address.

The header is `Client-Cert`: the DER in base64 between colons (RFC 9440), or a percent-encoded PEM, as nginx writes it
(`$ssl_client_escaped_cert`). From any other address the header is refused, not ignored: somebody expects it to count.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from workers.errors import Usage
from workers.gateway.door.head import Head
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.keyring import Keyring
from workers.gateway.door.proof import Proven
from workers.gateway.door.refusals import Refused

HEADER = "client-cert"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """The addresses of trusted proxies: networks or single addresses, comma separated. Errors: Usage."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise Usage(
            "TUODI_GATEWAY_PROXIES must be addresses or networks, comma separated: 10.0.0.5,10.1.0.0/24"
        ) from None


class CertificateScheme:
    """The `certificate` way."""

    way = "certificate"

    def __init__(self, proxies: Sequence[Network]) -> None:
        self._proxies = tuple(proxies)

    def look(self, head: Head, ring: Keyring, now_s: float) -> CertificateProof | None:
        certificate = self._certificate(head)
        if certificate is None:
            return None
        now = datetime.fromtimestamp(now_s, UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Refused("certificate_expired")
        hospital = ring.fingerprints.get(certificate.fingerprint(hashes.SHA256()).hex())
        hospital = hospital or ring.subjects.get(_subject(certificate))
        if hospital is None:
            raise Refused("credentials_unknown")
        return CertificateProof(hospital)

    def _certificate(self, head: Head) -> x509.Certificate | None:
        lines = head.all(HEADER)
        if not self._from_proxy(head.peer):
            if lines:
                raise Refused("proxy_not_trusted")
            return _read(head.certificate_pem.encode("latin-1"), pem=True) if head.certificate_pem else None
        if not lines or lines == [""]:  # a proxy's own certificate is not a hospital's
            return None
        if len(lines) > 1:
            raise Refused("certificate_unreadable")
        return _from_header(lines[0])

    def _from_proxy(self, peer: str | None) -> bool:
        if peer is None or not self._proxies:
            return False
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


class CertificateProof:
    """A certificate of a known hospital; TLS has proved that the caller holds its key, and covers the body."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital: Hospital | None = hospital
        self._whose = hospital

    async def check(self, body: bytes) -> Proven | None:
        return Proven(self._whose, CertificateScheme.way)


def _from_header(text: str) -> x509.Certificate:
    if text.startswith(":") and text.endswith(":") and len(text) > 2:
        try:
            der = base64.b64decode(text[1:-1], validate=True)
        except binascii.Error:
            raise Refused("certificate_unreadable") from None
        return _read(der, pem=False)
    return _read(unquote(text, errors="replace").encode("utf-8", errors="replace"), pem=True)


def _read(data: bytes, *, pem: bool) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(data) if pem else x509.load_der_x509_certificate(data)
    except ValueError:
        raise Refused("certificate_unreadable") from None


def _subject(certificate: x509.Certificate) -> str:
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:
        raise Refused("certificate_unreadable") from None
