"""The outermost bound of a replica: so many requests at a time, and no failure without a problem for a body.

It stands before the door: a request over the bound costs nothing, not even its signature. What is inside has its own
time-outs, so that a place is always given back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.http.problem import ProblemType
from workers.gateway.caller import OPEN_PATHS
from workers.gateway.problems import ProblemError
from workers.runtime.places import where_raised

log = logging.getLogger(__name__)


class Guard:
    """ASGI middleware. `requests_max` requests are inside at once; health and metrics always get in."""

    def __init__(self, app: ASGIApp, *, requests_max: int, ready: Callable[[], bool] = lambda: True) -> None:
        self._app = app
        self._ready = ready
        self._requests_max = requests_max
        self.inside = 0
        self.turned_away = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        if not self._ready():
            await ProblemError(ProblemType.STARTING).response()(scope, receive, send)
            return
        if self.inside >= self._requests_max:
            self.turned_away += 1
            await ProblemError(ProblemType.BUSY).response()(scope, receive, send)
            return
        self.inside += 1
        try:
            await self._answered(scope, receive, send)
        finally:
            self.inside -= 1

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # the last line: whatever it is, the caller hears of it and the log where it was
            log.error("a request ended with %s", where_raised(error))
            if not begun:
                await ProblemError(ProblemType.INTERNAL).response()(scope, receive, send)
