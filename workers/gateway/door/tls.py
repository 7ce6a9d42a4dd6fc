"""TLS with client certificates for uvicorn, and the certificate handed to the application (ASGI's TLS extension).

uvicorn ends TLS but does not tell the application who came: the protocol below puts the caller's certificate into
`scope["extensions"]["tls"]["client_cert_chain"]`, as the extension says (https://asgi.readthedocs.io, TLS Extension).
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any, Final, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from workers.errors import Usage
from workers.gateway.door.door import HEADER_BYTES_MAX

INCOMPLETE_HEADER_BYTES_MAX: Final = 4 * HEADER_BYTES_MAX
"""uvicorn answers 400 by itself beyond this; the door's own bound, with its sentence, lies below."""


class Tls(NamedTuple):
    """PEM files: our certificate (with its chain), its key, and the authorities whose client certificates we take."""

    certificate: Path
    key: Path
    client_authorities: Path | None


class CertificateProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn whose requests know the client certificate of their connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        socket: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        der = socket.getpeercert(binary_form=True) if socket is not None else None
        if der:
            self.app = _Named(self.app, ssl.DER_cert_to_PEM_cert(der))


class _Named:
    def __init__(self, app: Any, pem: str) -> None:
        self._app: ASGIApp = app
        self._chain = (pem,)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            tls = {"client_cert_chain": self._chain}
            scope["extensions"] = {**(scope.get("extensions") or {}), "tls": tls}
        await self._app(scope, receive, send)


def uvicorn_options(tls: Tls | None) -> dict[str, Any]:
    """Options for `uvicorn.Config`, every one spelled. Errors: Usage where a file is missing.

    `proxy_headers` is off: X-Forwarded-For would let any caller claim the address of a trusted proxy.
    """
    options: dict[str, Any] = {
        "http": CertificateProtocol,
        "ws": "none",
        "proxy_headers": False,
        "server_header": False,
        "h11_max_incomplete_event_size": INCOMPLETE_HEADER_BYTES_MAX,
    }
    if tls is None:
        return options
    for file in (tls.certificate, tls.key, tls.client_authorities):
        if file is not None and not file.is_file():
            raise Usage(f"{file}: no such PEM file")
    options |= {"ssl_certfile": str(tls.certificate), "ssl_keyfile": str(tls.key)}
    options |= {"ssl_version": ssl.PROTOCOL_TLS_SERVER, "ssl_ciphers": "ECDHE+AESGCM:ECDHE+CHACHA20"}
    if tls.client_authorities is not None:
        options |= {"ssl_ca_certs": str(tls.client_authorities), "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return options
