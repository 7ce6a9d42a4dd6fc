"""Facts about aiokafka 0.14.0 that our log rests on. An upgrade that changes one is seen here, not in production.

Each test names what would break. They read the package where a fact cannot be provoked, and provoke it where it can.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import Any

import aiokafka
import aiokafka.producer.sender as sender
import pytest
from aiokafka import AIOKafkaProducer, errors
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol import transaction as transaction_protocol

from tests.kafka_fixture import KafkaUnderTest
from tests.log_bench import DEADLINE_MS, everything, transaction, unique, until
from tests.tcp_proxy import END_TXN, Mode, proxied
from workers.errors import Retry, Stop
from workers.log import kafka_options as options
from workers.log import kafka_transaction
from workers.log.kafka_errors import produce_error
from workers.log.kafka_reader import KafkaReader
from workers.log.kafka_sender import TunedSender, kill, tune
from workers.log.noise import NoiseFilter
from workers.log.port import CommitUnknown, Fenced, Isolation, TopicPartition


def test_the_version_these_facts_were_read_in() -> None:
    assert aiokafka.__version__ == "0.14.0", "read kafka_sender.py, kafka_member.py and this file again"


def test_the_back_off_between_transactions_is_ours() -> None:
    """Shipped as 20 ms; a sleep of that length after every commit would triple the latency of a decision."""
    assert sender.BACKOFF_OVERRIDE == 0.02
    assert options.TRANSACTION_BACKOFF_MS == 2
    assert "_retry_backoff" in inspect.getsource(sender.BaseHandler.__init__)


@pytest.mark.broker
async def test_no_sleep_of_a_transaction_is_longer_than_ours(
    kafka: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await kafka.topic(2)
    log = kafka.log()
    producer = await transaction(log, unique("id"))
    slept: list[float] = []
    sleep = asyncio.sleep

    class Watched:
        """The asyncio of the module, with its sleeps written down."""

        def __getattr__(self, name: str) -> Any:
            return getattr(asyncio, name)

        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)
            await sleep(seconds)

    monkeypatch.setattr(kafka_transaction, "asyncio", Watched())
    for number in range(30):
        if number:
            await producer.begin()
        if number == 1:
            slept.clear()  # a new topic or a coordinator that still loads says "not yet" to the first one: another wait
        producer.append(topic, 0, b"k", b"v")
        producer.append(topic, 1, b"k", b"v")
        await producer.commit(deadline_ms=DEADLINE_MS)
    assert all(seconds <= options.TRANSACTION_BACKOFF_MS / 1000 for seconds in slept), sorted(slept)[-3:]
    await producer.close()
    await log.close()


def test_offsets_in_a_transaction_protect_nothing_with_this_client() -> None:
    """TxnOffsetCommit v0 carries no generation (KIP-447 needs v3): the position lives in the changelog instead, and
    fencing needs one transactional id per input partition."""
    for request in ("TxnOffsetCommitRequest", "InitProducerIdRequest", "EndTxnRequest"):
        spoken = [name for name in vars(transaction_protocol) if name.startswith(f"{request}_v")]
        assert spoken == [f"{request}_v0"], f"{request} speaks a newer version: design §5 can be read again"


@pytest.mark.broker
async def test_a_failed_batch_does_not_fail_the_clients_commit(kafka: KafkaUnderTest) -> None:
    """`commit_transaction` commits what did arrive, silently without the refused batch: a torn transaction. Our
    `commit` waits for every batch first, and the same records end in `Stop` with nothing visible."""
    small = await kafka.topic(1, **{"max.message.bytes": "2000"})
    other = await kafka.topic(1)
    log = kafka.log()

    bare = AIOKafkaProducer(**options.transactional(kafka.bootstrap, "bare", unique("id"), 10_000))
    await bare.start()
    await bare.begin_transaction()
    futures = []
    for topic, body in ((other, b"half a decision"), (small, b"x" * 5000)):
        batch = bare.create_batch()
        batch.append(timestamp=None, key=b"k", value=body, headers=[])
        futures.append(await bare.send_batch(batch, topic, partition=0))
    await bare.commit_transaction()
    await bare.stop()
    with pytest.raises(errors.MessageSizeTooLargeError):
        await futures[1]
    assert len(await everything(log, TopicPartition(other, 0))) == 1  # the torn half

    ours = await transaction(log, unique("id"))
    ours.append(other, 0, b"k", b"half a decision")
    ours.append(small, 0, b"k", b"x" * 5000)
    with pytest.raises(Stop, match="MessageSizeTooLarge"):
        await ours.commit(deadline_ms=DEADLINE_MS)
    await ours.close()
    assert len(await everything(log, TopicPartition(other, 0))) == 1
    await log.close()


@pytest.mark.broker
async def test_the_client_retries_end_txn_silently_for_ever(
    kafka: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hence our own deadline around a commit. Here the line is cut at EndTxn; the bare client never comes back."""
    topic = await kafka.topic(1)
    async with proxied(kafka.bootstrap, monkeypatch) as proxy:
        bare = tune(AIOKafkaProducer(**options.transactional(kafka.bootstrap, "bare", unique("id"), 10_000)))
        await bare.start()
        await bare.begin_transaction()
        batch = bare.create_batch()
        batch.append(timestamp=None, key=b"k", value=b"v", headers=[])
        await (await bare.send_batch(batch, topic, partition=0))
        proxy.when(END_TXN, Mode.CUT, passed_on=False)
        commit = asyncio.ensure_future(bare.commit_transaction())
        await until(proxy.sprung.is_set)
        done, _ = await asyncio.wait({commit}, timeout=2)
        assert not done

        # `stop()` would wait for it too; `kill` ends it, and who waits is told.
        await asyncio.wait_for(kill(bare), timeout=5)
        with pytest.raises(errors.KafkaError):
            await asyncio.wait_for(commit, timeout=1)


@pytest.mark.broker
async def test_kill_leaves_no_task_behind(kafka: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender task that outlives its producer retries every 2 ms against a broker that is away, for ever."""
    topic = await kafka.topic(1)
    log = kafka.log()
    before = asyncio.all_tasks()
    async with proxied(kafka.bootstrap, monkeypatch) as proxy:
        producer = await transaction(log, unique("id"))
        producer.append(topic, 0, b"k", b"v")
        proxy.when(END_TXN, Mode.CUT, passed_on=False)
        with pytest.raises(CommitUnknown):
            await producer.commit(deadline_ms=700)
        assert len(asyncio.all_tasks()) > len(before)
        await producer.close()
    left = {task for task in asyncio.all_tasks() - before if not task.done()}
    for _ in range(20):  # a closed connection's reader needs a few turns of the loop to end
        await asyncio.sleep(0)
        left = {task for task in left if not task.done()}
    assert left == set()
    await log.close()


@pytest.mark.broker
async def test_a_broker_that_is_away_is_a_retry_and_not_a_spin(
    own_kafka: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_kafka.broker is not None
    topic = await own_kafka.topic(1)
    log = own_kafka.log()
    producer = await transaction(log, unique("id"))
    attempts = 0
    connect = aiokafka.client.create_conn

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal attempts
        attempts += 1
        return await connect(*args, **kwargs)

    monkeypatch.setattr(aiokafka.client, "create_conn", counted)
    own_kafka.broker.kill9()
    producer.append(topic, 0, b"k", b"v")
    with pytest.raises(CommitUnknown):
        await producer.commit(deadline_ms=1_500)
    assert attempts < 120  # with the shipped loops and 2 ms it would be hundreds
    await producer.close()
    with pytest.raises(Retry):
        await transaction(log, unique("id"))

    own_kafka.broker.start()
    again = await transaction(log, unique("id"))
    again.append(topic, 0, b"k", b"v")
    await again.commit(deadline_ms=DEADLINE_MS)
    await again.close()
    await log.close()


def test_methods_that_are_overridden_still_exist() -> None:
    for name in ("_find_coordinator", "_coordinator_dead"):
        assert name in vars(sender.Sender), f"Sender.{name} is gone: kafka_transaction asks it"
    for name in ("_maybe_do_transactional_request", "_send_produce_req"):
        assert name in vars(sender.Sender), f"Sender.{name} is gone: TunedSender notes no task any more"
        assert name in vars(TunedSender)
    for name in ("_do_heartbeat", "ensure_active_group", "_send_req"):
        assert name in vars(GroupCoordinator), f"GroupCoordinator.{name} is gone: guard_seat watches nothing any more"


def test_a_full_builder_answers_none_and_takes_any_first_record() -> None:
    from aiokafka.producer.message_accumulator import BatchBuilder

    builder = BatchBuilder(1_000, 0)
    assert builder.append(timestamp=None, key=None, value=b"x" * 5_000, headers=[]) is not None
    assert builder.append(timestamp=None, key=None, value=b"y", headers=[]) is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.ProducerFenced(), Fenced),
        (errors.InvalidProducerEpoch(), Fenced),
        (errors.OutOfOrderSequenceNumber(), Fenced),
        (errors.InvalidTxnState(), Fenced),
        (errors.UnknownError(), Fenced),  # how a code arrives that this client does not know
        (AssertionError(), Fenced),
        (errors.RequestTimedOutError(), CommitUnknown),
        (errors.NotLeaderForPartitionError(), CommitUnknown),
        (errors.KafkaConnectionError(), CommitUnknown),
        (errors.KafkaTimeoutError(), CommitUnknown),
        (ConnectionResetError(), CommitUnknown),
        (errors.TopicAuthorizationFailedError("t"), Stop),
        (errors.MessageSizeTooLargeError(), Stop),
    ],
)
def test_every_error_has_one_meaning(error: Exception, expected: type[Exception]) -> None:
    assert type(produce_error(error, "here")) is expected
    wrapped = errors.KafkaError("Unexpected error during batch delivery")
    wrapped.__cause__ = error
    assert type(produce_error(wrapped, "here")) is expected


def _line(level: int, message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", level, "", 0, message, arguments, None)


def test_only_known_noise_is_dropped() -> None:
    noise = NoiseFilter()
    retry = "Got error produce response on topic-partition %s, retrying. Error: %s"
    assert not noise.filter(_line(logging.WARNING, retry, "t-0", errors.NotEnoughReplicasError))
    assert noise.filter(_line(logging.WARNING, retry, "t-0", errors.NotLeaderForPartitionError))
    assert noise.filter(_line(logging.ERROR, retry, "t-0", errors.NotEnoughReplicasError))
    assert noise.filter(_line(logging.ERROR, "Unexpected error in sender routine"))
    assert dict(noise.dropped) == {"waiting for transaction markers": 1}
    assert "Got error produce response on topic-partition" in inspect.getsource(sender.SendProduceReqHandler)


def test_a_broker_that_is_away_is_said_once_and_then_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("workers.log.noise.time.monotonic", lambda: now)
    noise = NoiseFilter()
    message = "Unable connect to node with id %s: %s"
    assert [noise.filter(_line(logging.ERROR, message, 1, "refused")) for _ in range(4)] == [True, False, False, False]
    now += 6
    again = _line(logging.ERROR, message, 1, "refused")
    assert noise.filter(again)
    assert again.getMessage() == "Unable connect to node with id 1: refused (3 more of this kind left out)"
    source = inspect.getsource(aiokafka.client)
    assert "Unable connect to node with id" in source, "the filter's text is no longer the client's"
    assert "Unable to update metadata from" in source


@pytest.mark.broker
async def test_a_missing_topic_is_found_out_within_the_deadline(kafka: KafkaUnderTest) -> None:
    """`send_batch` waits for metadata of a topic that is not there for as long as the request time-out."""
    log = kafka.log()
    producer = await transaction(log, unique("id"))
    producer.append("no-such-topic", 0, b"k", b"v")
    with pytest.raises(CommitUnknown):
        await producer.commit(deadline_ms=500)
    await producer.close()
    await log.close()


@pytest.mark.broker
async def test_fetches_are_incremental_and_lose_nothing(kafka: KafkaUnderTest) -> None:
    """The shipped client lists every partition in every fetch. `kafka_fetch` stands on the fetcher's private names."""
    topic = await kafka.topic(4)
    log = kafka.log()
    reader = await log.reader(client_id="sessions", isolation=Isolation.READ_COMMITTED)
    assert isinstance(reader, KafkaReader)
    places = [TopicPartition(topic, number) for number in range(4)]
    await reader.assign(places)
    for place in places:
        await reader.seek(place, 0)
    producer = await log.producer(client_id="sessions")
    got: list[tuple[int, int]] = []
    for number in range(40):
        producer.append(topic, number % 4, b"k", b"v")
        await producer.flush(deadline_ms=DEADLINE_MS)
        while len(got) <= number:
            got += [(record.partition, record.offset) for record in await reader.read(max_records=10, timeout_ms=500)]
    assert got == [(number % 4, number // 4) for number in range(40)]
    fetcher: Any = reader._consumer._fetcher
    (session,) = fetcher._client._sessions.values()
    assert session._id != 0
    assert session._epoch > 20  # so many requests inside one session

    session._epoch += 7  # as if the broker had lost count: it refuses, and the next request is a full one
    producer.append(topic, 0, b"k", b"v")
    await producer.flush(deadline_ms=DEADLINE_MS)
    found = await reader.read(max_records=10, timeout_ms=5_000)
    assert [(record.partition, record.offset) for record in found] == [(0, 10)]
    for client in (producer, reader, log):
        await client.close()
