"""A signed request that was overheard and is sent again to another replica, which cannot know its nonce: no effect.

docs/gateway-door.md says what is protected where; this is the part that must hold whatever the proxy does.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.unit.gateway.door_world import SECRET, hospitals_file
from tests.unit.gateway.gateway_world import GatewayWorld, settlement, until
from workers.client.hospital import Signer
from workers.gateway.door.build import door
from workers.gateway.service import Replica
from workers.settings import Settings

NONCES = itertools.count()
SIGNER = Signer("one-2026a", SECRET, time.time, lambda: f"overheard-{next(NONCES):012d}")
Sent = tuple[str, bytes, dict[str, str]]


@contextlib.asynccontextmanager
async def _replica(world: GatewayWorld, name: str) -> AsyncIterator[httpx.AsyncClient]:
    folder = world.settings.data_dir
    settings = Settings(**{**world.settings.model_dump(), "hospitals_file": hospitals_file(folder)})
    replica = Replica(world.log, settings, lambda app: door(app, settings), instance_id=name, dev_keys=True)
    await replica.start()
    try:
        await until(replica.ready.serves)
        transport = httpx.ASGITransport(app=replica.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://window", timeout=20) as client:
            yield client
    finally:
        await replica.stop()


def _signed(path: str, event: dict[str, Any]) -> Sent:
    body = orjson.dumps(event)
    return path, body, SIGNER.headers("POST", path, body)


async def _send(client: httpx.AsyncClient, sent: Sent) -> httpx.Response:
    path, body, headers = sent
    return await client.post(path, content=body, headers=headers)


def _undo(type_: str, **fields: str) -> dict[str, Any]:
    bill = settlement()
    return {"type": type_, "version": 1, "region": "520000", "psn_no": bill["psn_no"], "setl_id": "S1", **fields}


def _net(world: GatewayWorld) -> int:
    """Fen of all postings."""
    amounts = (posting["amount"] for decided in world.of("assistance.decided") for posting in decided["postings"])
    return sum(int(amount.replace(".", "")) for amount in amounts)


async def test_what_was_overheard_has_no_effect_on_either_replica(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    settle = _signed("/v1/settlements", settlement())
    cancel = _signed("/v1/settlements/cancel", _undo("settlement.cancel", own_id="C1"))
    back = _signed("/v1/settlements/reinstate", _undo("settlement.reinstate", own_id="B1", cancel_own_id="C1"))
    async with world.ledger(), _replica(world, "a") as first, _replica(world, "b") as other:
        decided = (await _send(first, settle)).json()
        for sent in (cancel, back):
            assert (await _send(first, sent)).status_code == 200
        granted, decisions = _net(world), len(world.of("assistance.decided"))

        again = [await _send(first, sent) for sent in (settle, cancel, back)]
        elsewhere = [await _send(other, sent) for sent in (settle, cancel, back, settle)]

    assert granted > 0
    assert {(answer.status_code, answer.json()["reason"]) for answer in again} == {(401, "nonce_replayed")}
    assert [answer.status_code for answer in elsewhere] == [200, 200, 200, 401]
    assert [answer.json()["outcome"] for answer in elsewhere[:3]] == ["repeat"] * 3
    assert elsewhere[0].json()["assistance"] == decided["assistance"]
    assert (_net(world), len(world.of("assistance.decided"))) == (granted, decisions)
