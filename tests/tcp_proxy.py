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

PRODUCE, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, END_TXN = 0, 22, 24, 26


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
        self._trap: tuple[int, Mode, bool] | None = None
        self.sprung = asyncio.Event()
        """Set when the request that `when` waits for has come."""

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

    def when(self, api_key: int, mode: Mode, *, passed_on: bool) -> None:
        """Change the mode at the next request of that kind: after it was passed on (its answer meets the new mode), or
        before (it never arrives, unless the mode changes back). Kinds: Kafka protocol guide, "API keys"."""
        self._trap = (api_key, mode, passed_on)
        self.sprung.clear()

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
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                frame = await _frame(source)
                trap = self._trap if to_broker and self._trap and self._trap[0] == _api_key(frame) else None
                if trap is not None:
                    self._trap = None
                    self.sprung.set()
                    if not trap[2]:
                        self.set(trap[1])
                while self._mode is Mode.HOLD or (self._mode is Mode.DROP_REPLIES and not to_broker):
                    await self._changed.wait()
                sink.write(frame)
                await sink.drain()
                if trap is not None and trap[2]:
                    self.set(trap[1])
        raise ConnectionResetError("one side closed")


async def _frame(source: asyncio.StreamReader) -> bytes:
    """One request or response: four bytes of length, then as many."""
    size = await source.readexactly(4)
    return size + await source.readexactly(int.from_bytes(size, "big"))


def _api_key(request: bytes) -> int:
    return int.from_bytes(request[4:6], "big")


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
