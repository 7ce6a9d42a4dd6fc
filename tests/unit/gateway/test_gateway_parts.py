"""The parts of a replica one by one: writing, tailing, waiting, and a refusal that reaches an uploading caller."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from schemas.http.sentences import REFUSED
from schemas.reasons import RejectReason
from workers.gateway.answers import Answers
from workers.gateway.app import application
from workers.gateway.bills import Bills
from workers.gateway.guard import Guard
from workers.gateway.tail import Tail
from workers.gateway.writer import NotWritten, Writer
from workers.host.http import AsgiService
from workers.log.memory import MemoryLog
from workers.log.port import CommitUnknown, Record, TopicPartition

SLOT = TopicPartition("t", 0)


def _log() -> MemoryLog:
    log = MemoryLog()
    log.create_topic("t", 1)
    return log


async def _written(writer: Writer, number: int, deadline_ms: int = 2_000) -> int:
    return await writer.write(SLOT, b"k", b"%d" % number, (), deadline_ms)


async def test_everybody_gets_the_place_of_his_own_record() -> None:
    log = _log()
    async with Writer(log, client_id="w", flush_deadline_ms=1_000, waiting_max=100) as writer:
        places = await asyncio.gather(*(_written(writer, number) for number in range(50)))
    assert {place: int(record.value or b"") for place, record in enumerate(log.records("t"))} == {
        place: number for number, place in enumerate(places)
    }


async def test_a_failed_batch_is_nobody_knows_and_the_next_one_is_written() -> None:
    faults = [CommitUnknown("lost"), None]

    async def hook(point: str, who: str) -> None:
        fault = faults.pop(0) if point == "flush" and faults else None
        if fault is not None:
            raise fault

    log = _log()
    log.hook = hook
    async with Writer(log, client_id="w", flush_deadline_ms=1_000, waiting_max=100) as writer:
        with pytest.raises(NotWritten):
            await _written(writer, 1)
        assert writer.broken == "CommitUnknown"
        assert await _written(writer, 2) == 0
        assert writer.broken is None


async def test_who_cannot_wait_is_told_so_and_is_not_written_later() -> None:
    go = asyncio.Event()

    async def hook(point: str, who: str) -> None:
        if point == "flush":
            await go.wait()

    log = _log()
    log.hook = hook
    async with Writer(log, client_id="w", flush_deadline_ms=5_000, waiting_max=2) as writer:
        first = asyncio.create_task(_written(writer, 1))
        await asyncio.sleep(0.02)
        late = [asyncio.create_task(_written(writer, number, 50)) for number in (2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(NotWritten):
            await _written(writer, 4)  # two wait already
        for each in late:
            with pytest.raises(NotWritten):
                await each
        go.set()
        assert await first == 0
        assert await _written(writer, 5) == 1
    assert [record.value for record in log.records("t")] == [b"1", b"5"]


async def test_a_tail_begins_before_the_end_survives_what_it_cannot_read_and_a_cut() -> None:
    log, taken = _log(), list[int]()
    producer = await log.producer(client_id="p")

    def take(record: Record) -> None:
        taken.append(int(record.value or b""))

    async def say(*values: bytes) -> None:
        for value in values:
            producer.append("t", 0, None, value)
        await producer.flush(deadline_ms=1_000)

    await say(b"1", b"2", b"3", b"4")
    tail = Tail(log, ("t",), take, client_id="t", back_records=2)
    async with tail:
        await _until(lambda: tail.caught_up and taken == [3, 4])
        await say(b"no number", b"5")
        await _until(lambda: taken == [3, 4, 5])
    assert tail.begins == {SLOT: 2}
    assert tail.missed == 0


async def _until(condition: Any) -> None:
    ends = asyncio.get_running_loop().time() + 10
    while not condition():
        assert asyncio.get_running_loop().time() < ends
        await asyncio.sleep(0.005)


async def test_an_answer_counts_wherever_the_record_was_sent() -> None:
    answers = Answers(kept_max=10)
    waiting = asyncio.create_task(answers.wait((0, 1), 5))
    await asyncio.sleep(0)
    answers.note({"partition": 0, "offset": 1, "outcome": "forwarded"})
    answers.note({"partition": 3, "offset": 7, "outcome": "decided"})
    assert not waiting.done()
    answers.moved((0, 1), (3, 7))
    assert (await waiting)["outcome"] == "decided"
    assert (await answers.wait((0, 1), 0) or {})["offset"] == 7
    assert answers.waiting == 0


async def test_what_is_remembered_is_bounded() -> None:
    answers = Answers(kept_max=5)
    bills = Bills(answers, kept_max=5)
    for number in range(50):
        body = b'{"type":"settlement.final","region":"520000","setl_id":"S%d","person_key":"k","msgid":"M%d"}'
        bills.take_journal(Record("journal", 0, number, 0, b"k", body % (number, number), ()))
        answers.note({"partition": 0, "offset": number, "outcome": "decided"})
    assert bills.get(("520000", "S0")) is None
    assert bills.named("520000", "M0") is None
    assert bills.get(("520000", "S49")) is not None
    assert len(bills._bills) == len(answers._kept) == 5
    assert len(bills._claimed) <= 5


async def test_a_caller_that_uploads_too_much_hears_why_over_a_real_connection() -> None:
    """A refusal sent into the upload would be lost with the reset of the connection."""
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from workers.gateway.bodies import read_whole

    async def endpoint(request: Request) -> Response:
        await read_whole(request.receive, request.headers.raw, bytes_max=1_000)
        return Response()

    server = AsgiService(
        Guard(application([Route("/v1/x", endpoint, methods=["POST"])]), requests_max=5), "127.0.0.1", 0
    )
    await server.start()
    try:
        assert server._listener is not None
        assert server._listener.proto == socket.IPPROTO_TCP, "else asyncio leaves Nagle on: 40 ms an answer"
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        body = b"x" * 3_000_000
        writer.write(b"POST /v1/x HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 100_000):
            writer.write(body[start : start + 100_000])
            await writer.drain()
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.close()
    finally:
        await server.stop()
    assert head.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in head


def test_every_refusal_has_its_sentence() -> None:
    assert set(REFUSED) == set(RejectReason)
    assert all(sentence.endswith("。") for sentence in REFUSED.values())
