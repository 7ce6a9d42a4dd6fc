"""A door that asks nobody: for demonstrations and tests, where every caller is the one hospital that is named."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from workers.gateway.caller import STATE, Caller


class OpenDoor:
    """ASGI middleware as the real door is; never in front of real people's data."""

    def __init__(self, app: ASGIApp, hospital: Caller) -> None:
        self._app = app
        self._hospital = hospital

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})[STATE] = self._hospital
        await self._app(scope, receive, send)
