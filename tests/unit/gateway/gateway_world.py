"""The window end to end in memory: a log with all topics, the real ledger, replicas, a read model."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
from prometheus_client import CollectorRegistry

from schemas.topics import TOPICS, full_name
from tests.unit.intake.bills import PSN_NO, bill
from workers.gateway.caller import Hospital
from workers.gateway.open_door import OpenDoor
from workers.gateway.service import Replica
from workers.gateway.window import wall_ms
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.host.ledger import LedgerService
from workers.host.quotes import QuoteDesk
from workers.journal.adopt import adoption_record_fields
from workers.journal.keys import person_keys
from workers.journal.names import ledger_group
from workers.journal.record import Journal, journal_of, partition_records
from workers.journal.record import Source as Sender
from workers.log.memory import MemoryLog
from workers.log.port import Record
from workers.policy.adoption import build_adoption
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.surroundings import Phase
from workers.settings import Settings
from workers.topics.opening import open_journal

HOSPITAL = Hospital("H52270100001", frozenset({"520000"}))
OTHER = Hospital("H52270100002", frozenset({"520000"}))
DEADLINE_MS = 5_000
SECONDS = 20.0


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait for something that other tasks bring about."""
    ends = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < ends, f"waited {seconds} s"
        await asyncio.sleep(0.005)


class GatewayWorld:
    """One journal with the shipped law adopted; ledgers and replicas come and go."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        chosen: dict[str, Any] = {"partitions": 2, "data_dir": folder, "database": folder / "history.sqlite"}
        chosen["gateway_deadline_ms"] = 4_000
        self.settings = Settings(**(chosen | settings))
        self.log = MemoryLog()
        self.clock_ms: Callable[[], int] = wall_ms
        self.journal: Journal = journal_of(self.settings, person_keys(self.settings, dev_keys=True))
        for topic in TOPICS.values():
            self.log.create_topic(topic.full_name(), self.settings.partitions, append_time=topic.short == "journal")

    async def open(self, *, adopt: bool = True) -> GatewayWorld:
        await open_journal(self.log, self.settings)
        if adopt:
            sender = Sender("test", 1)
            await self.write(
                partition_records(self.settings, "rulebook.adopted", adoption_record_fields(build_adoption()), sender)
            )
        return self

    async def write(self, records: Sequence[Any]) -> None:
        """Append records to the journal as another writer would."""
        producer = await self.log.producer(client_id="test")
        for record in records:
            producer.append(full_name("journal"), record.partition, record.key, record.value, record.headers)
        await producer.flush(deadline_ms=DEADLINE_MS)
        await producer.close()

    async def say(self, **event: Any) -> None:
        """One event about the person of the tests, from the platform."""
        whole = {"version": 1, "region": "520000", "psn_no": PSN_NO, **event}
        await self.write([self.journal.person_record(whole, Sender("platform/520000", 1))])

    async def recognise(self, **changes: Any) -> None:
        """The person is recognised as a recipient of subsistence allowance."""
        body = {
            "type": "identity.changed", "source_id": "I1", "identity": "低保对象", "revision": 1,
            "recognised_on": "2023-01-01", "withdrawn": False,
        }  # fmt: skip
        await self.say(**(body | changes))

    @contextlib.asynccontextmanager
    async def ledger(self, instance_id: str = "a", **options: Any) -> AsyncIterator[LedgerService]:
        """A running ledger that owns everything."""
        metrics = RuntimeMetrics(ledger_group(self.settings), CollectorRegistry())
        service = LedgerService(self.log, self.settings, instance_id, metrics=metrics, **options)
        desk = QuoteDesk(self.log, self.settings, service, client_id=f"quotes-{instance_id}")
        await service.start()
        await desk.start()
        try:
            await until(lambda: len(service.partitions) == self.settings.partitions)
            await until(lambda: all(each.phase is Phase.RUNNING for each in service.partitions.values()))
            await until(lambda: len(desk._next) == self.settings.partitions)
            yield service
        finally:
            await desk.stop()
            await service.stop()

    @contextlib.asynccontextmanager
    async def window(self, hospital: Hospital = HOSPITAL, name: str = "a") -> AsyncIterator[httpx.AsyncClient]:
        """A replica that has caught up, as the client of one hospital."""
        async with self.replica(hospital, name) as replica, self.client(replica) as client:
            yield client

    @contextlib.asynccontextmanager
    async def replica(self, hospital: Hospital = HOSPITAL, name: str = "a") -> AsyncIterator[Replica]:
        replica = Replica(
            self.log,
            self.settings,
            lambda app: OpenDoor(app, hospital),
            instance_id=name,
            dev_keys=True,
            clock_ms=self.clock_ms,
        )
        await replica.start()
        try:
            await until(replica.ready.serves)
            yield replica
        finally:
            await replica.stop()

    def client(self, replica: Replica) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=replica.asgi, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://window", timeout=SECONDS)

    def fill_read_model(self) -> None:
        """What `tuodi history` would have read by now."""
        with Database(self.settings.database) as model:
            for short, write in WRITERS.items():
                runs: dict[int, list[Row]] = {}
                for record in self.log.records(full_name(short)):
                    row = Row(record.offset, record.timestamp_ms, record.key, record.value, record.header("ce_time"))
                    runs.setdefault(record.partition, []).append(row)
                for partition, rows in runs.items():
                    model.take(Source(short, partition), rows, write)

    def of(self, short: str) -> list[dict[str, Any]]:
        """Values on a topic."""
        return [orjson.loads(record.value or b"") for record in self.log.records(full_name(short))]

    def bills_in_journal(self) -> list[Record]:
        return [r for r in self.log.records(full_name("journal")) if b'"settlement.final"' in (r.value or b"")]


def settlement(setl_id: str = "S1", **changes: Any) -> dict[str, Any]:
    """A correct bill of the hospital of the tests."""
    own = {"setl_id": setl_id, "msgid": f"{HOSPITAL.code}{setl_id}", "institution_code": HOSPITAL.code}
    return bill(**(own | changes))
