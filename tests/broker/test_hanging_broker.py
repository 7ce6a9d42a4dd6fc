"""A transaction that lost its markers: the partition stands, loudly; `tuodi topics mend` ends it; everything agrees.

Four shapes, by what got its marker and what did not; the client was told "committed" in each. And the advice that was
wrong: aborting whatever hangs, as Kafka's own tool does, tears a batch of which something can be seen already.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tests.broker.forgetful import ForgetfulLog, Lost, UnverifiedBroker
from tests.broker.test_gateway_broker import Window
from tests.broker.world import eventually, read_all
from tests.chaos.mend import mend as mend_as_operator
from tests.chaos.mend import something_hangs
from tests.kafka_fixture import KafkaUnderTest, running_kafka
from tests.unit.gateway.gateway_world import settlement
from workers.audit.kafka_source import KafkaSource
from workers.audit.run import Plan, run_audit
from workers.errors import Usage
from workers.host.ledger import LedgerService
from workers.journal.keys import person_keys
from workers.journal.names import ledger_group, topic_name
from workers.journal.record import Source, journal_of
from workers.log.kafka import KafkaLog
from workers.log.kafka_open import end_open, group_members
from workers.log.port import TopicPartition
from workers.runtime import restore
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.surroundings import Phase
from workers.topics.hanging import End, Hanging
from workers.topics.mend import look, mend, transactional_ids

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]
SECONDS = 60.0


@pytest.fixture(scope="module")
def unverified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaUnderTest]:
    yield from running_kafka(tmp_path_factory.mktemp("forgetful"), UnverifiedBroker)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "HANGING_SECONDS", 1.0)


class Hospital(Window):
    """A window without its gateway: bills go into the journal, a ledger decides, answers are read from the log."""

    partition = -1
    """Where the one person's records are."""

    async def bill(self, setl_id: str) -> None:
        """Append one bill of the one person to the journal."""
        record = journal_of(self.settings, person_keys(self.settings, dev_keys=True)).person_record(
            settlement(setl_id), Source("platform/520000", 1)
        )
        producer = await self.log.producer(client_id="test")
        producer.append(self.name("journal"), record.partition, record.key, record.value, record.headers)
        await producer.flush(deadline_ms=10_000)
        await producer.close()
        self.partition = record.partition

    def name(self, short: str) -> str:
        return topic_name(self.settings, short)

    async def at_rest(self) -> bool:
        """Whether each journal record of the person's partition has an answer that can be read."""
        return await self._answered(self.partition)

    async def all_at_rest(self) -> bool:
        """Whether that is so everywhere: what a sweep of the law still does elsewhere would lose its markers too."""
        return all([await self._answered(partition) for partition in range(self.settings.partitions)])

    async def _answered(self, partition: int) -> bool:
        journal, answered = (TopicPartition(self.name(t), partition) for t in ("journal", "journal.answered"))
        return len(await read_all(self.log, journal)) == len(await read_all(self.log, answered))

    @contextlib.asynccontextmanager
    async def working(self, log: KafkaLog | None = None) -> AsyncIterator[LedgerService]:
        """A ledger that owns everything; afterwards nobody is in its group."""
        metrics = RuntimeMetrics("tuodi-ledger", CollectorRegistry())
        service = LedgerService(log or self.log, self.settings, "a", metrics=metrics)
        await service.start()
        try:
            await eventually(lambda: len(service.partitions) == 3, seconds=SECONDS, what="the ledger owns everything")
            yield service
        finally:
            await service.stop()

    async def alone(self) -> None:
        """Wait until the session of a stopped worker is over."""

        async def empty() -> bool:
            return not await group_members(self.settings.cluster, ledger_group(self.settings))

        await eventually(empty, seconds=SECONDS, what="the group to be empty")

    async def audit(self) -> list[str]:
        """What the audit finds."""
        source = KafkaSource(self.settings.cluster, self.settings.topic_prefix)
        try:
            result = await run_audit(source, Plan(prefix=self.settings.topic_prefix))
        finally:
            await source.close()
        return result.findings.lines()


@contextlib.asynccontextmanager
async def hanging(kafka: KafkaUnderTest, folder: Path, lost: Lost) -> AsyncIterator[Hospital]:
    """One bill is decided, the transaction of the second one loses markers, a third one waits; no worker runs."""
    hospital, forgetful = Hospital(kafka, folder, session_timeout_ms=3_000), ForgetfulLog(kafka.bootstrap)
    await hospital.open()
    try:
        async with hospital.working(forgetful) as service:
            await hospital.bill("S1")
            await eventually(hospital.all_at_rest, seconds=SECONDS, what="the first bill and the law are answered")
            owned = next(p for slot, p in service.partitions.items() if slot.partition == hospital.partition)
            commits, forgetful.lost = owned.commits, lost
            await hospital.bill("S2")
            await eventually(lambda: owned.commits > commits, seconds=SECONDS, what="the client is told committed")
            assert forgetful.forgotten > 0
        await hospital.bill("S3")
        yield hospital
    finally:
        await forgetful.close()
        await hospital.log.close()


async def stands(hospital: Hospital) -> str:
    """A new worker meets what hangs and stands; nobody mends beside it. Returns the reason it tells."""
    async with hospital.working() as service:

        def reason() -> str | None:
            told = [p.stop_reason for p in service.partitions.values() if p.phase is Phase.STOPPED]
            return told[0] if told else None

        found = str(await eventually(reason, seconds=SECONDS, what="the partition to stand"))
        with pytest.raises(Usage, match="stop them first"):
            await mend(hospital.settings, lambda _: None)
    await hospital.alone()
    return found


def ends(found: list[Hanging], hospital: Hospital) -> dict[str, End]:
    """End by short topic name."""
    prefix = hospital.settings.topic_prefix
    return {each.open.place.topic.removeprefix(f"{prefix}.").removesuffix(".v1"): each.end for each in found}


async def goes_on(hospital: Hospital) -> list[str]:
    """A worker decides the rest; returns what the audit finds."""
    async with hospital.working():
        await eventually(hospital.at_rest, seconds=SECONDS, what="everything to be answered")
    return await hospital.audit()


ALL = ("assistance.decided", "journal.answered", "ledger-changelog", "person.accumulated")
SHAPES = {
    "every marker was lost, nobody saw anything": (ALL, End.ABORT),
    "only the changelog got its marker": (("assistance.decided", "journal.answered", "person.accumulated"), End.COMMIT),
    "only the answers got theirs": (("assistance.decided", "ledger-changelog", "person.accumulated"), End.COMMIT),
    "the cap table alone lost it": (("person.accumulated",), End.COMMIT),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_hangs_is_ended_so_that_everything_agrees(
    unverified: KafkaUnderTest, tmp_path: Path, shape: str
) -> None:
    topics, end = SHAPES[shape]
    async with hanging(unverified, tmp_path, lambda topic: any(f".{name}.v1" in topic for name in topics)) as hospital:
        reason = await stands(hospital)
        looked = await look(hospital.settings)
        ended, left = await mend(hospital.settings, lambda _: None)
        again = await look(hospital.settings)
        found = await goes_on(hospital)
    assert "tuodi topics mend" in reason
    assert ends(looked, hospital) == dict.fromkeys(topics, end)
    assert (ends(ended, hospital), left, again) == (ends(looked, hospital), [], [])
    assert found == []


async def test_aborting_whatever_hangs_tears_a_batch_that_can_be_seen(
    unverified: KafkaUnderTest, tmp_path: Path
) -> None:
    """What Kafka's own tool offers, and what this system's message used to advise."""
    topics, _ = SHAPES["only the answers got theirs"]
    async with hanging(unverified, tmp_path, lambda topic: any(f".{name}.v1" in topic for name in topics)) as hospital:
        await hospital.alone()
        for each in await look(hospital.settings):
            await end_open(hospital.settings.cluster, each.open, commit=False)
        async with hospital.working() as service:
            owned = next(p for slot, p in service.partitions.items() if slot.partition == hospital.partition)
            await eventually(lambda: owned.commits >= 1, seconds=SECONDS, what="the batch to be decided again")
        found = await hospital.audit()
    assert any(line.startswith("A1") for line in found), found


async def test_the_commands_do_the_same_as_chaos_runs_them(unverified: KafkaUnderTest, tmp_path: Path) -> None:
    topics, _ = SHAPES["only the answers got theirs"]
    async with hanging(unverified, tmp_path, lambda topic: any(f".{name}.v1" in topic for name in topics)) as hospital:
        settings = hospital.settings
        environment = {
            "TUODI_BOOTSTRAP": settings.bootstrap, "TUODI_TOPIC_PREFIX": settings.topic_prefix,
            "TUODI_PARTITIONS": str(settings.partitions),
        }  # fmt: skip
        assert await something_hangs(environment)
        mended = await mend_as_operator(environment)
        assert not await something_hangs(environment)
        found = await goes_on(hospital)
    assert len(mended.ended) == len(topics)
    assert all(each.startswith("commit ") for each in mended.ended)
    assert (mended.left, found) == ([], [])


async def test_nothing_hangs_where_a_living_worker_has_transactions_open(
    unverified: KafkaUnderTest, tmp_path: Path
) -> None:
    hospital = Hospital(unverified, tmp_path)
    await hospital.open()
    producer = await hospital.log.transactional(
        transactional_id=transactional_ids(hospital.settings)[0], client_id="t", transaction_timeout_ms=10_000
    )
    await producer.init(deadline_ms=10_000)
    await producer.begin()
    producer.append(hospital.name("journal.answered"), 0, b"k", b"{}")
    await producer.flush(deadline_ms=10_000)
    try:
        assert await look(hospital.settings) == []
        await producer.abort()
    finally:
        await producer.close()
        await hospital.log.close()
