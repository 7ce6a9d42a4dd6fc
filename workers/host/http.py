"""`/metrics`, `/healthz` and `/readyz` of one process, as a mode service. No data of persons stands behind any of them.

`/healthz` answers 200 while the process should be left alone and 503 when it should be restarted; `/readyz` answers
200 while it makes progress or has nothing to do. Both say why in JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import prometheus_client
import uvicorn
from mode import Service
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from workers.errors import Usage

SHUTDOWN_SECONDS = 3
BACKLOG = 128


class Health(NamedTuple):
    """What a process says of itself: `alive` false asks for a restart, `ready` false for patience."""

    alive: bool
    ready: bool
    detail: Mapping[str, object]


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: signals belong to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def application(health: Callable[[], Health], before_scrape: Callable[[], None] | None = None) -> Starlette:
    """The three endpoints over one health function and the process-wide metrics registry.

    `before_scrape` runs before each answer of `/metrics`: there a process carries plain counts into the registry.
    """

    async def metrics(_: Request) -> Response:
        if before_scrape is not None:
            before_scrape()
        return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)

    async def healthz(_: Request) -> Response:
        now = health()
        return JSONResponse({"alive": now.alive, **now.detail}, 200 if now.alive else 503)

    async def readyz(_: Request) -> Response:
        now = health()
        return JSONResponse({"ready": now.ready, **now.detail}, 200 if now.alive and now.ready else 503)

    return Starlette(routes=[Route("/metrics", metrics), Route("/healthz", healthz), Route("/readyz", readyz)])


class AsgiService(Service):
    """Serves an application on host:port; port 0 takes a free one. The port in use is written to `port_file`.

    `uvicorn_options` go to the server as they are (TLS of the hospital window).
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, port_file: Path | None = None, **uvicorn_options: Any
    ) -> None:
        super().__init__()
        self._asgi = app
        self._options = uvicorn_options
        self._host, self._port, self._port_file = host, port, port_file
        self._server: _Server | None = None
        self._serving: asyncio.Future[None] | None = None
        self._listener: socket.socket | None = None

    async def on_start(self) -> None:
        # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits 40 ms for an ACK
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._port))
        except OSError as error:
            listener.close()
            raise Usage(
                f"cannot listen on {self._host}:{self._port}: {error.strerror}; free it, or set another"
            ) from error
        listener.listen(BACKLOG)  # from here on a caller waits a moment instead of being refused
        self._listener = listener
        self.port = int(listener.getsockname()[1])
        if self._port_file is not None:
            try:
                self._port_file.parent.mkdir(parents=True, exist_ok=True)
                self._port_file.write_text(f"{self.port}\n", encoding="ascii")
            except OSError as error:
                raise Usage(f"{self._port_file} cannot be written: {error.strerror}; check TUODI_DATA_DIR") from error
        config = uvicorn.Config(
            self._asgi, log_config=None, access_log=False, loop="none", lifespan="off",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS, **self._options,
        )  # fmt: skip
        self._server = _Server(config)
        self._serving = self.add_future(self._server.serve(sockets=[listener]))

    async def on_stop(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(self._serving), timeout=SHUTDOWN_SECONDS)
        if self._listener is not None:
            self._listener.close()  # uvicorn closes it only where it got as far as serving


class HttpService(AsgiService):
    """Serves `application`: metrics and health of one process."""

    def __init__(
        self,
        health: Callable[[], Health],
        host: str,
        port: int,
        port_file: Path | None = None,
        *,
        before_scrape: Callable[[], None] | None = None,
    ) -> None:
        self._app = application(health, before_scrape)
        super().__init__(self._app, host, port, port_file)
