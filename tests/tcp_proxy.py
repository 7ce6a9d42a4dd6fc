"""A TCP proxy in front of a broker that can cut, hold back, or lose one direction: what a network does to a commit.

A Kafka client connects where the broker *says* it is, so the proxy also has to be what the broker advertises. It
rewrites nothing: `proxied` patches the connect function of aiokafka instead, for the clients of one test.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import Enum
from typing import Any

import pytest


class Mode(Enum):
    THROUGH = "pass on"
    HOLD = "keep what comes, in both directions, until the mode changes"
    DROP_REPLIES = "pass requests on, keep what the broker answers"
    CUT = "close every connection, refuse new ones"


class TcpProxy:
    """Listens on a free local port and passes everything on to one target."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._mode = Mode.THROUGH
        self._changed = asyncio.Event()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.requests_bytes = 0
        """Bytes passed on towards the broker so far."""

    @property
    def port(self) -> int:
        assert self._server is not None, "the proxy is not started"
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> TcpProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    def set(self, mode: Mode) -> None:
        """From now on; `CUT` closes what is open at once."""
        self._mode = mode
        self._changed.set()
        self._changed = asyncio.Event()
        if mode is Mode.CUT:
            for pair in list(self._pairs):
                for writer in pair:
                    writer.transport.abort()

    async def close(self) -> None:
        self.set(Mode.CUT)
        assert self._server is not None, "the proxy is not started"
        self._server.close()
        await self._server.wait_closed()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._mode is Mode.CUT:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far_writer, to_broker=True))
                both.create_task(self._pump(far_reader, writer, to_broker=False))
        except* OSError:
            pass  # one side went away: closing both below is the answer
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, to_broker: bool) -> None:
        while chunk := await source.read(65_536):
            while self._mode is Mode.HOLD or (self._mode is Mode.DROP_REPLIES and not to_broker):
                await self._changed.wait()
            if to_broker:
                self.requests_bytes += len(chunk)
            sink.write(chunk)
            await sink.drain()
        raise ConnectionResetError("one side closed")


@contextlib.asynccontextmanager
async def proxied(bootstrap: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TcpProxy]:
    """A proxy before that broker; clients that aiokafka connects while this is open go through it."""
    import aiokafka.client

    host, port = bootstrap.rsplit(":", 1)
    proxy = await TcpProxy(host, int(port)).start()
    connect = aiokafka.client.create_conn

    async def through_proxy(to_host: str, to_port: int, **options: Any) -> Any:
        behind = (to_host, int(to_port)) == (host, int(port))
        return await connect(to_host, proxy.port if behind else to_port, **options)

    monkeypatch.setattr(aiokafka.client, "create_conn", through_proxy)
    try:
        yield proxy
    finally:
        monkeypatch.setattr(aiokafka.client, "create_conn", connect)
        await proxy.close()
