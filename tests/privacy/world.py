"""The whole way of a record in memory: feeds, intake, ledger, read model, window; and all that it left behind."""

from __future__ import annotations

from pathlib import Path

import orjson
import prometheus_client

from schemas.topics import TOPICS, dlq_of, full_name
from tests.privacy.scan import Scanner
from tests.privacy.strangers import Sent
from tests.unit.gateway.gateway_world import DEADLINE_MS, GatewayWorld, until
from tests.unit.intake.test_intake_service import Record
from workers.intake.service import IntakeService
from workers.journal.adopt import adoption_record_fields
from workers.journal.names import INTAKE_FEEDS, intake_group
from workers.journal.partition import partition_of
from workers.journal.record import Source, partition_records
from workers.log.port import Isolation, TopicPartition
from workers.policy.adoption import build_adoption


class PrivacyWorld(GatewayWorld):
    """Publishes what strangers send and waits until all of it is worked."""

    async def live(self, sent: list[Sent | bytes]) -> None:
        """Publish everything, in its order; days and adoptions go straight into the journal."""
        producer = await self.log.producer(client_id="strangers")
        service = IntakeService(self.log, self.settings, instance_id="a", dev_keys=True)
        await service.start()
        try:
            for each in sent:
                if isinstance(each, bytes):
                    await producer.flush(deadline_ms=DEADLINE_MS)
                    await self._passed()
                    await self._control(orjson.loads(each))
                else:
                    key = "" if each.key is None else each.key.decode("utf-8", "replace")
                    partition = partition_of(key, self.settings.partitions)
                    producer.append(full_name(each.topic), partition, each.key, each.value, each.headers)
            await producer.flush(deadline_ms=DEADLINE_MS)
            await self._passed()
        finally:
            await service.stop()
            await producer.close()

    async def _control(self, line: dict[str, object]) -> None:
        if line["topic"] == "rulebook.adopted":
            fields = adoption_record_fields(build_adoption())
        else:
            fields = {"date": line["value"]["date"]}  # type: ignore[index]
        await self.write(partition_records(self.settings, str(line["topic"]), fields, Source("test", 1)))

    async def _passed(self) -> None:
        """Until intake has passed what the feeds hold."""
        feeds = [TopicPartition(full_name(feed), n) for feed in INTAKE_FEEDS for n in range(self.settings.partitions)]
        ends = await self.log.end_offsets(feeds, Isolation.READ_COMMITTED)
        group = intake_group(self.settings)

        def done() -> bool:
            return all(self.log.committed.get((group, part), 0) >= end for part, end in ends.items() if end)

        await until(done, 60.0)

    async def at_rest(self) -> None:
        """Until every journal record is answered."""
        journal = full_name("journal")
        await until(
            lambda: len(self.log.records(journal)) == len(self.log.records(full_name("journal.answered"))), 60.0
        )

    def ours(self) -> list[Record]:
        """All records that we have written: every topic but the strangers' own feeds."""
        feeds = {full_name(feed) for feed in INTAKE_FEEDS}
        topics = [topic.full_name() for topic in TOPICS.values() if topic.full_name() not in feeds]
        return [record for topic in topics for record in self.log.records(topic)]

    def look(self, scanner: Scanner) -> None:
        """Scan every key, header and value we wrote, and the metrics."""
        for record in self.ours():
            where = f"{record.topic}[{record.partition}]@{record.offset}"
            scanner.look(f"{where} key", record.key)
            scanner.look(f"{where} value", record.value)
            for name, value in record.headers:
                scanner.look(f"{where} header name", name.encode())
                scanner.look(f"{where} header {name}", value)
        scanner.look("metrics", prometheus_client.generate_latest(prometheus_client.REGISTRY))

    def dead_letters(self) -> int:
        return sum(len(self.log.records(full_name(dlq_of(feed)))) for feed in INTAKE_FEEDS)


def input_files(folder: Path) -> frozenset[Path]:
    """What a bureau put there itself: lists and mappings, never written by us."""
    return frozenset([*folder.glob("*.csv"), *folder.glob("*.xlsx")])
