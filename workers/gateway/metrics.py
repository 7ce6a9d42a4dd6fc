"""What is counted of the window: requests by address and status, seconds they took, and who is inside now."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.http.openapi import OPERATIONS

_REQUESTS = Counter("settlement_gateway_requests", "Requests answered, by address and status", ["route", "status"])
_SECONDS = Histogram(
    "settlement_gateway_request_seconds", "From the whole request's first byte to the answer's, by address", ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)  # fmt: skip
_INSIDE = Gauge("settlement_gateway_inside", "Requests that are being answered, and what they wait for", ["waits_for"])

_PATHS: Final = {operation.path for operation in OPERATIONS}
_QUERY: Final = "/v1/settlements/{region}/{setl_id}"


def route_of(path: str) -> str:
    """The address without what a caller wrote into it: labels are few and hold nobody's number."""
    if path in _PATHS:
        return path
    return _QUERY if path.startswith("/v1/settlements/") and path.count("/") == 4 else "other"


def timed(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that counts."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        route, began = route_of(scope["path"]), perf_counter()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                _REQUESTS.labels(route, str(message["status"])).inc()
                _SECONDS.labels(route).observe(perf_counter() - began)
            await send(message)

        await app(scope, receive, noting)

    return counting


def inside(requests: int, answers: int, quotes: int) -> None:
    """Carry plain numbers into the registry, before a scrape."""
    for name, number in (("all", requests), ("answer", answers), ("quote", quotes)):
        _INSIDE.labels(name).set(number)
