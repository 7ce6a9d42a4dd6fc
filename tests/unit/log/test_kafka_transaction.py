"""Our own three requests and whatever a broker may answer: asked again, unknown, fenced, never.

What each code means is that of the Java client (TransactionManager, KIP-98, KIP-360, KIP-890, KIP-1050), for the
request versions this client speaks.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import errors
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest

from workers.errors import Stop
from workers.log import kafka_transaction
from workers.log.kafka_producer import _within
from workers.log.kafka_transaction import Place, Transaction
from workers.log.port import CommitUnknown, Fenced

ADD, PRODUCE, END = AddPartitionsToTxnRequest, ProduceRequest, EndTxnRequest
ONE, TWO = ("decided", 0), ("changelog", 0)

NONE, CORRUPT, NO_PARTITION, NOT_LEADER, TIMED_OUT, TOO_LARGE = 0, 2, 3, 6, 7, 10
LOADING, NO_COORDINATOR, NOT_COORDINATOR, BAD_TOPIC, LIST_TOO_LARGE, FEW_REPLICAS, FEW_AFTER = (
    14,
    15,
    16,
    17,
    18,
    19,
    20,
)
NO_TOPIC_RIGHT, NO_CLUSTER_RIGHT, BAD_VERSION, BAD_FORMAT, POLICY, OUT_OF_ORDER, DUPLICATE = 29, 31, 35, 43, 44, 45, 46
OLD_EPOCH, BAD_STATE, BAD_MAPPING, CONCURRENT, NO_ID_RIGHT, NOT_TRIED, STORAGE, UNKNOWN_ID = (
    47,
    48,
    49,
    51,
    53,
    55,
    56,
    59,
)
INVALID_RECORD, PRODUCER_FENCED, ABORTABLE = 87, 90, 120

Script = Callable[[Any, int], Any]
"""(request, how often one of its kind was asked before) → an error code, codes by place, or an exception to raise."""


class Builder:
    """A batch of one record that shows which producer state it was built with."""

    def _set_producer_state(self, producer_id: int, epoch: int, sequence: int) -> None:
        self.state = producer_id, epoch, sequence

    def record_count(self) -> int:
        return 1

    def _build(self) -> bytes:
        return repr(self.state).encode()


class Broker:
    """Client, sender and manager of a producer in one: what `Transaction` uses of the client."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Any] = []
        self.lookups = 0
        self.coordinator: int | None = None
        leaders = SimpleNamespace(leader_for_partition=lambda place: 1)
        self.client = SimpleNamespace(
            cluster=leaders, send=self.send, force_metadata_update=self.nothing, _wait_on_metadata=self.partitions
        )
        self._txn_manager = SimpleNamespace(transactional_id="id", producer_id=7, producer_epoch=3)
        self._sender = SimpleNamespace(_find_coordinator=self.find, _coordinator_dead=self.dead)

    async def nothing(self) -> None:
        await asyncio.sleep(0)

    async def partitions(self, topic: str) -> set[int]:
        return {0}

    async def find(self, kind: int, key: str) -> int:
        if self.coordinator is None:
            self.lookups += 1
            self.coordinator = self.lookups
        return self.coordinator

    def dead(self, kind: int) -> None:
        self.coordinator = None

    def of(self, kind: type[Any]) -> list[Any]:
        return [request for request in self.asked if isinstance(request, kind)]

    async def send(self, node: int, request: Any) -> Any:
        told = self.script(request, len(self.of(type(request))))
        self.asked.append(request)
        await asyncio.sleep(0)
        if isinstance(told, Exception):
            raise told
        codes: defaultdict[Place, int] = defaultdict(lambda: told if isinstance(told, int) else NONE)
        codes.update(told if isinstance(told, dict) else {})
        if isinstance(request, END):
            return SimpleNamespace(error_code=codes[ONE])
        answer = [
            (topic, [(entry if isinstance(entry, int) else entry[0], codes[topic, 0]) for entry in partitions])
            for topic, partitions in request._topics
        ]
        return SimpleNamespace(errors=answer, topics=answer)


def once(kind: type[Any], told: Any) -> Script:
    """The first request of a kind is answered so, every other one is fine."""
    return lambda request, before: told if isinstance(request, kind) and before == 0 else NONE


def always(kind: type[Any], told: Any) -> Script:
    return lambda request, before: told if isinstance(request, kind) else NONE


async def transaction(script: Script, *, deadline_ms: int = 300) -> Broker:
    """One transaction over two partitions, as the producer runs it."""
    broker = Broker(script)
    wire = Transaction(broker)

    async def commit() -> None:
        await wire.send({ONE: [Builder()], TWO: [Builder()]})
        await wire.end(commit=True)

    try:
        await _within(commit(), deadline_ms, "here")
    except Exception as error:
        error.broker = broker  # type: ignore[attr-defined]
        raise
    return broker


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_transaction, "CONNECT_BACKOFF_MS", 3)


async def test_three_requests_and_no_more() -> None:
    broker = await transaction(always(END, NONE))
    assert [type(request) for request in broker.asked] == [ADD, PRODUCE, END]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *[(ADD, code) for code in (CONCURRENT, LOADING, NO_COORDINATOR, NOT_COORDINATOR, NO_PARTITION, NOT_TRIED)],
        *[(PRODUCE, code) for code in (NO_PARTITION, NOT_LEADER, TIMED_OUT, FEW_REPLICAS, FEW_AFTER, STORAGE, CORRUPT)],
        *[(END, code) for code in (CONCURRENT, LOADING, NO_COORDINATOR, NOT_COORDINATOR)],
    ],
)
async def test_what_the_broker_puts_off_is_asked_again_with_the_same_bytes(kind: type[Any], code: int) -> None:
    broker = await transaction(once(kind, code))
    first, second = broker.of(kind)
    assert vars(first) == vars(second)
    with pytest.raises(CommitUnknown):
        await transaction(always(kind, code), deadline_ms=50)


@pytest.mark.parametrize("kind", [ADD, END])
async def test_a_coordinator_that_moved_is_looked_up_again(kind: type[Any]) -> None:
    broker = await transaction(once(kind, NOT_COORDINATOR))
    assert broker.lookups == 2
    assert [request._transaction_result for request in broker.of(END)] == [True] * (2 if kind is END else 1)


@pytest.mark.parametrize(
    "kind_and_lost",
    [
        (kind, lost)
        for kind in (ADD, PRODUCE, END)
        for lost in (
            errors.RequestTimedOutError(),
            errors.KafkaConnectionError(),
            errors.NodeNotReadyError(),
            errors.CorrelationIdError(),
            ConnectionResetError(),
        )
    ],
    ids=lambda pair: f"{pair[0].__name__}-{type(pair[1]).__name__}",
)
async def test_an_answer_that_got_lost_is_unknown_and_never_asked_again(
    kind_and_lost: tuple[type[Any], Exception],
) -> None:
    """A request that comes twice over two connections may end the transaction after it (KIP-890)."""
    kind, lost = kind_and_lost
    with pytest.raises(CommitUnknown) as found:
        await transaction(once(kind, lost))
    assert len(found.value.broker.of(kind)) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *[(ADD, code) for code in (OLD_EPOCH, BAD_STATE, BAD_MAPPING, PRODUCER_FENCED, ABORTABLE)],
        *[(PRODUCE, code) for code in (OLD_EPOCH, BAD_STATE, BAD_MAPPING, OUT_OF_ORDER, UNKNOWN_ID, PRODUCER_FENCED)],
        *[(END, code) for code in (OLD_EPOCH, BAD_STATE, BAD_MAPPING, PRODUCER_FENCED, ABORTABLE, 999)],
    ],
)
async def test_what_a_newer_owner_or_nobody_can_explain_gives_the_partition_up(kind: type[Any], code: int) -> None:
    with pytest.raises(Fenced) as found:
        await transaction(always(kind, code))
    assert len(found.value.broker.of(kind)) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *[(ADD, code) for code in (NO_TOPIC_RIGHT, NO_ID_RIGHT, NO_CLUSTER_RIGHT, BAD_VERSION)],
        *[(PRODUCE, code) for code in (TOO_LARGE, LIST_TOO_LARGE, BAD_TOPIC, POLICY, INVALID_RECORD, BAD_FORMAT)],
        *[(PRODUCE, code) for code in (NO_TOPIC_RIGHT, NO_ID_RIGHT)],
        *[(END, code) for code in (NO_ID_RIGHT, BAD_VERSION)],
    ],
)
async def test_what_the_broker_will_always_refuse_stops(kind: type[Any], code: int) -> None:
    with pytest.raises(Stop) as found:
        await transaction(always(kind, code))
    assert len(found.value.broker.of(kind)) == 1  # type: ignore[attr-defined]


async def test_the_refusal_counts_and_not_the_partitions_that_were_not_tried() -> None:
    with pytest.raises(Stop, match="TopicAuthorization"):
        await transaction(always(ADD, {ONE: NOT_TRIED, TWO: NO_TOPIC_RIGHT}))


@pytest.mark.parametrize("taken", [NONE, DUPLICATE])
async def test_only_the_batch_that_was_put_off_is_sent_again(taken: int) -> None:
    broker = await transaction(once(PRODUCE, {ONE: taken, TWO: NOT_LEADER}))
    first, second = (
        {(topic, number): batch for topic, parts in request._topics for number, batch in parts}
        for request in broker.of(PRODUCE)
    )
    assert set(first) == {ONE, TWO}
    assert second == {TWO: first[TWO]}


async def test_sequences_go_on_from_one_transaction_to_the_next() -> None:
    broker = Broker(always(END, NONE))
    wire = Transaction(broker)
    for _ in range(3):
        await wire.send({ONE: [Builder(), Builder()]})
        await wire.end(commit=True)
    sent = [batch for request in broker.of(PRODUCE) for _, parts in request._topics for _, batch in parts]
    assert sent == [repr((7, 3, n)).encode() for n in range(6)]


async def test_a_cluster_that_stays_without_replicas_is_asked_less_and_less_often() -> None:
    with pytest.raises(CommitUnknown) as found:
        await transaction(always(PRODUCE, FEW_REPLICAS), deadline_ms=2_000)
    assert len(found.value.broker.of(PRODUCE)) < 800  # type: ignore[attr-defined]


async def test_a_transaction_that_nothing_joined_needs_no_end() -> None:
    broker = Broker(always(END, OLD_EPOCH))
    await Transaction(broker).end(commit=True)
    assert broker.asked == []
