"""Trials over HTTP: what they say, from how old a state, and that nothing of money waits for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from prometheus_client import REGISTRY

from schemas.topics import full_name
from tests.unit.gateway.gateway_world import GatewayWorld, settlement, until
from workers.gateway.quotes import Quotes
from workers.host import quotes as desk
from workers.journal.record import time_text


def _trial(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in settlement(**changes).items() if name not in ("type", "version")}


def _counted(result: str) -> float:
    return REGISTRY.get_sample_value("settlement_quotes_total", {"result": result}) or 0.0


async def test_a_trial_tells_what_the_settle_then_says_and_records_nothing(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path, quote_deadline_ms=4_000).open()
    await world.recognise()
    async with world.ledger(), world.window() as window:
        told = await window.post("/v1/trials", json=_trial(setl_id="T1"))
        recorded = len(world.bills_in_journal())
        settled = (await window.post("/v1/settlements", json=settlement())).json()
    trial = told.json()
    assert told.status_code == 200
    assert (trial["status"], trial["reason"], trial["layers"], trial["assistance"]) == (
        settled["status"], settled["reason"], settled["layers"], settled["assistance"],
    )  # fmt: skip
    assert trial["setl_id"] == "T1"
    assert "以正式结算为准" in trial["sentence"]
    assert recorded == 0


async def test_a_refused_trial_is_refused_as_the_settle_would_be(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.window() as window:
        wrong = await window.post("/v1/trials", json=_trial(total_fee="1.00"))
        no_json = await window.post("/v1/trials", content=b"[]")
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "bad_sum")
    assert no_json.status_code == 400
    assert world.of("quote.requested") == []


async def test_without_an_owner_a_trial_ends_at_its_deadline(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path, quote_deadline_ms=50).open()
    async with world.replica() as replica, world.client(replica) as window:
        late = await window.post("/v1/trials", json=_trial())
        assert replica.quotes.waiting == 0
    assert (late.status_code, late.json()["type"]) == (503, "urn:tuodi:problem:no-quote")
    assert late.headers["retry-after"] == "1"


async def test_what_is_asked_no_more_is_not_answered(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    before = _counted("stale"), _counted("failed")
    async with world.ledger():
        request = orjson.dumps({
            "type": "quote.requested", "version": 1, "quote_id": "Q1", "person_key": "a" * 64, "region": "520000",
            "bill": {n: v for n, v in _trial().items() if n not in ("region", "psn_no")},
            "asked_at": time_text(desk.wall_ms() - 5_000),
        })  # fmt: skip
        producer = await world.log.producer(client_id="test")
        producer.append(full_name("quote.requested"), 0, b"a" * 64, request)
        producer.append(full_name("quote.requested"), 0, b"a" * 64, b"no request at all")
        await producer.flush(deadline_ms=1_000)
        await until(lambda: (_counted("stale"), _counted("failed")) == (before[0] + 1, before[1] + 1))
    assert world.of("quote.answered") == []


async def test_an_answer_from_an_older_state_than_was_seen_when_asked_is_dropped() -> None:
    quotes = Quotes()
    quotes.note_committed(3, 41)
    quotes.ask("Q1")
    quotes.note({"quote_id": "Q1", "position": {"partition": 3, "offset": 41}})
    assert await quotes.answer("Q1", 0.01) is None

    quotes.ask("Q2")
    quotes.note_committed(3, 99)  # the partition moves on while the answer travels: that is no fault of the answer
    answer = {"quote_id": "Q2", "position": {"partition": 3, "offset": 42}}
    quotes.note(answer)
    assert await quotes.answer("Q2", 0.01) == answer
    assert quotes.waiting == 0
