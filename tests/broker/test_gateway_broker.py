"""The window on a real Kafka: settle, retry at another replica, trial, undo; and a broker that goes away."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from tests.broker.world import eventually
from tests.kafka_fixture import KafkaUnderTest
from tests.unit.gateway.gateway_world import HOSPITAL, settlement
from tests.unit.intake.bills import PSN_NO
from workers.errors import Retry
from workers.gateway.open_door import OpenDoor
from workers.gateway.service import Replica
from workers.host.ledger import LedgerService
from workers.host.quotes import QuoteDesk
from workers.journal.adopt import adopt
from workers.journal.keys import person_keys
from workers.journal.names import topic_name
from workers.journal.record import Source, journal_of
from workers.log.kafka import KafkaLog
from workers.policy.adoption import build_adoption
from workers.runtime.metrics import RuntimeMetrics
from workers.settings import Settings
from workers.topics.apply import apply

pytestmark = pytest.mark.broker
SECONDS = 60.0


class Window:
    """Topics of this test alone, a ledger, and replicas of one hospital."""

    def __init__(self, kafka: KafkaUnderTest, folder: Path, **settings: Any) -> None:
        chosen: dict[str, Any] = {"gateway_deadline_ms": 5_000, "quote_deadline_ms": 5_000, **settings}
        self.settings = Settings(
            bootstrap=kafka.bootstrap, topic_prefix=kafka.name("window"), partitions=3, data_dir=folder,
            database=folder / "none.sqlite", **chosen,
        )  # fmt: skip
        self.log = KafkaLog(kafka.bootstrap)

    async def open(self) -> None:
        for attempt in range(3):
            try:
                await apply(self.settings, allow_forgetting=False, say=lambda _: None)
                break
            except Retry:
                assert attempt < 2
        await adopt(self.log, self.settings, build_adoption())
        event = {
            "type": "identity.changed", "version": 1, "region": "520000", "psn_no": PSN_NO, "source_id": "I1",
            "identity": "低保对象", "revision": 1, "recognised_on": "2023-01-01", "withdrawn": False,
        }  # fmt: skip
        record = journal_of(self.settings, person_keys(self.settings, dev_keys=True)).person_record(
            event, Source("platform/520000", 1)
        )
        producer = await self.log.producer(client_id="test")
        topic = topic_name(self.settings, "journal")
        producer.append(topic, record.partition, record.key, record.value, record.headers)
        await producer.flush(deadline_ms=10_000)
        await producer.close()

    @contextlib.asynccontextmanager
    async def ledger(self) -> AsyncIterator[LedgerService]:
        service = LedgerService(
            self.log, self.settings, "a", metrics=RuntimeMetrics("tuodi-ledger", CollectorRegistry())
        )
        desk = QuoteDesk(self.log, self.settings, service, client_id="quotes")
        await service.start()
        await desk.start()
        try:
            await eventually(lambda: len(desk._next) == 3, seconds=SECONDS, what="the ledger owns everything")
            yield service
        finally:
            await desk.stop()
            await service.stop()

    @contextlib.asynccontextmanager
    async def replica(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        replica = Replica(self.log, self.settings, lambda app: OpenDoor(app, HOSPITAL), instance_id=name, dev_keys=True)
        await replica.start()
        transport = httpx.ASGITransport(app=replica.asgi, raise_app_exceptions=False)
        try:
            await eventually(replica.ready.serves, seconds=SECONDS, what="the replica has caught up")
            async with httpx.AsyncClient(transport=transport, base_url="http://window", timeout=SECONDS) as client:
                yield client
        finally:
            await replica.stop()


async def test_two_replicas_tell_the_same_and_undo_what_the_other_settled(
    kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    window = Window(kafka, tmp_path)
    await window.open()
    try:
        async with window.ledger(), window.replica("a") as first, window.replica("b") as second:
            asked = {name: value for name, value in settlement("T1").items() if name not in ("type", "version")}

            async def told_by_the_law() -> Any:
                """A trial is told from what is committed: at first the law may not be."""
                answer = await first.post("/v1/trials", json=asked)
                return answer if answer.status_code != 200 or answer.json()["layers"] else None

            trial = await eventually(told_by_the_law, what="the law to be in force")
            settled = await first.post("/v1/settlements", json=settlement())
            again = await second.post("/v1/settlements", json=settlement())
            other = await second.post("/v1/settlements", json=settlement(in_scope_personal="1.00"))
            queried = await second.get("/v1/settlements/520000/S1")
            cancelled = await second.post("/v1/settlements/cancel", json={
                "type": "settlement.cancel", "version": 1, "region": "520000", "psn_no": PSN_NO, "setl_id": "S1",
                "own_id": "C1",
            })  # fmt: skip
    finally:
        await window.log.close()
    assert [each.status_code for each in (trial, settled, again, other, queried, cancelled)] == [
        200, 200, 200, 409, 200, 200,
    ]  # fmt: skip
    told, repeat = settled.json(), again.json()
    assert float(told["assistance"]) > 0
    assert trial.json()["layers"] == told["layers"]
    assert (repeat["outcome"], repeat["decision_id"], repeat["layers"]) == (
        "repeat",
        told["decision_id"],
        told["layers"],
    )
    assert queried.json()["decision_id"] == told["decision_id"]
    assert cancelled.json()["status"] == "reversed"


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_broker_that_is_away_is_a_503_in_time_and_the_retry_is_settled_once(
    own_kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    assert own_kafka.broker is not None
    window = Window(own_kafka, tmp_path, gateway_deadline_ms=1_500, quote_deadline_ms=1_000, commit_deadline_ms=3_000)
    await window.open()
    try:
        async with window.ledger(), window.replica("a") as client:
            before = (await client.post("/v1/settlements", json=settlement())).json()
            own_kafka.broker.kill9()
            away = await client.post("/v1/settlements", json=settlement("S2"))
            trial = await client.post("/v1/trials", json={
                name: value for name, value in settlement("T1").items() if name not in ("type", "version")
            })  # fmt: skip
            own_kafka.broker.start()

            async def told() -> bool:
                nonlocal away
                away = await client.post("/v1/settlements", json=settlement("S2"))
                return away.status_code == 200

            status, problem = away.status_code, away.json()
            await eventually(told, seconds=SECONDS, what="the bill is settled after all")
            again = await client.post("/v1/settlements", json=settlement("S2"))
            first = await client.post("/v1/settlements", json=settlement())
    finally:
        await window.log.close()
    assert (status, problem["type"]) == (503, "urn:tuodi:problem:not-written")
    assert (trial.status_code, trial.json()["type"]) == (503, "urn:tuodi:problem:no-quote")
    assert again.json()["decision_id"] == away.json()["decision_id"]
    assert again.json()["outcome"] == "repeat"
    assert first.json()["decision_id"] == before["decision_id"]
