"""The door as ASGI middleware: proof, clock, nonce, rate and size, before a byte of the body is interpreted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.http.problem import ProblemType
from workers.gateway.bodies import GoneAway, read_whole
from workers.gateway.caller import OPEN_PATHS, STATE
from workers.gateway.door import metrics
from workers.gateway.door.bucket import Buckets
from workers.gateway.door.certificate import CertificateScheme, Network
from workers.gateway.door.envelope import EnvelopeScheme
from workers.gateway.door.head import Head, head_of, header_bytes
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.keyring import Keyring
from workers.gateway.door.nonces import Nonces
from workers.gateway.door.proof import Proof, Proven, Scheme
from workers.gateway.door.refusals import Refused
from workers.gateway.door.register import Register
from workers.gateway.door.signature import SignatureScheme
from workers.gateway.problems import ProblemError

log = logging.getLogger(__name__)

HEADER_BYTES_MAX: Final = 16_384
ANONYMOUS_BODY_BYTES_MAX: Final = 65_536
"""Bodies whose sender only the body names: the least any hospital may be given."""
NATIONAL_PATHS: Final = frozenset({"/v1/national"})


class Options(NamedTuple):
    """How this door is set. `origin` is what clients call us where a proxy ends TLS (`https://host`)."""

    window_s: int
    look_every_s: float
    origin: str | None
    proxies: tuple[Network, ...]


class Door:
    """Wraps the gateway. `unix_s` and `monotonic_s` are clocks; the register is looked at again every so often."""

    def __init__(
        self,
        app: ASGIApp,
        register: Register,
        options: Options,
        *,
        unix_s: Callable[[], float],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._app, self._register, self._options = app, register, options
        self._unix_s, self._monotonic_s = unix_s, monotonic_s
        self._schemes: tuple[Scheme, ...] = (
            SignatureScheme(options.window_s, options.origin),
            CertificateScheme(options.proxies),
            EnvelopeScheme(options.window_s, NATIONAL_PATHS),
        )
        self._nonces, self._buckets = Nonces(options.window_s), Buckets()
        self._looked_s = monotonic_s()
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        self._look_again()
        try:
            hospital, body = await self._admit(scope, receive)
        except Refused as refused:
            await refused.response()(scope, receive, send)
            return
        except ProblemError as problem:
            metrics.refused(problem.kind.value, None)
            await problem.response()(scope, receive, send)
            return
        except GoneAway:
            metrics.refused("gone_away", None)
            return
        scope.setdefault("state", {})[STATE] = hospital
        await self._app(scope, _again(body, receive), send)

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[Hospital, bytes]:
        """Whose request it is, and its body. Errors: Refused, ProblemError (too large), GoneAway."""
        ring, now_s = self._register.ring, self._unix_s()
        known: Hospital | None = None
        try:
            if header_bytes(scope) > HEADER_BYTES_MAX:
                raise Refused("headers_too_large", limit_bytes=HEADER_BYTES_MAX)
            proofs = self._proofs(head_of(scope), ring, now_s)
            known = _agreed([proof.hospital for proof in proofs])
            bytes_max = known.body_bytes_max if known is not None else ANONYMOUS_BODY_BYTES_MAX
            body = await read_whole(receive, scope["headers"], bytes_max=bytes_max)
            found = [proven for proof in proofs if (proven := await proof.check(body)) is not None]
            hospital = known = _allowed(found)
            if len(body) > hospital.body_bytes_max:
                raise ProblemError(ProblemType.TOO_LARGE)
            for proven in found:
                if proven.nonce is not None:
                    self._nonces.once(hospital.code, proven.nonce, now_s)
            self._buckets.take(hospital, self._monotonic_s())
        except Refused as refused:
            metrics.refused(refused.reason, known.code if known else None)
            raise
        metrics.admitted(hospital.code, frozenset(proven.way for proven in found), len(self._nonces))
        return hospital, body

    def _proofs(self, head: Head, ring: Keyring, now_s: float) -> list[Proof]:
        looked = (scheme.look(head, ring, now_s) for scheme in self._schemes)
        proofs = [proof for proof in looked if proof is not None]
        if not proofs:
            raise Refused("credentials_missing")
        return proofs

    def _look_again(self) -> None:
        """Start reading a changed file beside the event loop, where the last look is old enough."""
        now_s = self._monotonic_s()
        if now_s - self._looked_s < self._options.look_every_s or (self._looking and not self._looking.done()):
            return
        self._looked_s = now_s
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        try:
            if await asyncio.to_thread(self._register.look):
                self._buckets.forget(frozenset(self._register.ring.hospitals))
        except Exception:
            log.exception("looking at the hospitals file failed; the one in force stays")


def _agreed(hospitals: list[Hospital | None]) -> Hospital | None:
    """The one hospital that several proofs name, None where none names one yet."""
    named = {hospital.code: hospital for hospital in hospitals if hospital is not None}
    if len(named) > 1:
        raise Refused("hospitals_differ")
    return next(iter(named.values()), None)


def _allowed(found: list[Proven]) -> Hospital:
    """The hospital of all proofs, where they are enough for it and it is not suspended."""
    hospital = _agreed([proven.hospital for proven in found])
    if hospital is None:
        raise Refused("credentials_missing")
    if hospital.suspended:
        raise Refused("hospital_suspended")
    shown = frozenset(proven.way for proven in found)
    if not any(way <= shown for way in hospital.ways):
        raise Refused("way_not_allowed")
    return hospital


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then whatever the connection says."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
