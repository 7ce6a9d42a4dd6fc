"""Reading a request's body within a bound, below any framework, so that the door may use it as well as the routes.

A refusal that is sent while the caller still uploads is lost with the connection's reset: what is too much is read and
thrown away first, again within a bound and a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from starlette.types import Receive

from schemas.http.problem import ProblemType
from workers.gateway.problems import ProblemError

REST_BYTES_MAX: Final = 8_388_608
"""So much of a body that is too large is still read, so that its sender hears why."""
REST_DEADLINE_MS: Final = 3_000
BODY_DEADLINE_MS: Final = 10_000
"""A caller that sends slower than this is given up: it would hold a place of the few there are."""


class GoneAway(Exception):
    """The caller hung up before its body was complete: nobody waits for an answer."""


async def read_whole(receive: Receive, headers: Iterable[tuple[bytes, bytes]], *, bytes_max: int) -> bytes:
    """The whole body. ProblemError(too-large) above `bytes_max`, (too-slow) where it stalls; GoneAway: it hung up."""
    stated = next((value for name, value in headers if name.lower() == b"content-length"), b"")
    if stated.isdigit() and int(stated) > bytes_max:
        await _throw_away(receive, 0)
        raise ProblemError(ProblemType.TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_DEADLINE_MS / 1000):
            while True:
                part, more = await _part(receive)
                size += len(part)
                if size > bytes_max:
                    break
                parts.append(part)
                if not more:
                    return b"".join(parts)
    except TimeoutError:
        raise ProblemError(ProblemType.TOO_SLOW) from None
    if more:
        await _throw_away(receive, size)
    raise ProblemError(ProblemType.TOO_LARGE)


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise GoneAway
    return message.get("body", b""), message.get("more_body", False)


async def _throw_away(receive: Receive, size: int) -> None:
    try:
        async with asyncio.timeout(REST_DEADLINE_MS / 1000):
            more = True
            while more and size <= REST_BYTES_MAX:
                part, more = await _part(receive)
                size += len(part)
    except (TimeoutError, GoneAway):
        return
