"""The requests of one transaction, one after the other: AddPartitionsToTxn, Produce, EndTxn (KIP-98).

The client's own way goes through its accumulator, a sender task and a dozen steps of the event loop between any two
requests: half of a transaction's delay under load, and the place of three of its habits that ADR 5 lists (a torn
commit, an EndTxn retried silently for ever, sleeps of 20 and 100 ms). Here a transaction is a function that awaits
three answers. What the broker says must wait is asked again until the caller's deadline; everything else is raised, and
then the producer is finished: the next `init` fences it and the log tells what became of the transaction.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition, errors
from aiokafka.client import CoordinationType
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest

from workers.errors import Stop
from workers.log.kafka_errors import InvalidRecordError
from workers.log.kafka_options import CONNECT_BACKOFF_MS, REQUEST_TIMEOUT_MS, TRANSACTION_BACKOFF_MS

Place = tuple[str, int]
"""(topic, partition)."""

# The markers of the transaction before are still being written; Kafka 4 says NOT_ENOUGH_REPLICAS to an old client.
_MARKERS: Final = (errors.ConcurrentTransactions, errors.NotEnoughReplicasError, errors.OperationNotAttempted)
_MARKERS_SECONDS: Final = 1.0
"""Markers are written by then: a cluster that still says "not yet" lacks replicas, and is asked seldom."""
_LATER: Final = (errors.CorruptRecordException,)
"""What the client does not call retriable though it is: the bytes were damaged on their way."""
_NEWER: Final[dict[int, type[Exception]]] = {87: InvalidRecordError, 90: errors.ProducerFenced}
"""Codes that this client does not know and that mean one thing only; every other unknown one counts as fenced."""
_SEQUENCES: Final = 2**31


class Transaction:
    """The wire side of one transactional id whose producer is started. One transaction at a time."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._client = producer.client
        self._manager = producer._txn_manager
        self._sequences: defaultdict[Place, int] = defaultdict(int)
        self._joined: set[Place] = set()

    async def send(self, batches: Mapping[Place, list[Any]]) -> None:
        """Put builders on the log inside the transaction, and wait until the broker has them all.

        A broker takes one batch of a partition in one request, so what filled several builders goes in turns.
        """
        new = [place for place in batches if place not in self._joined]
        if new:
            for topic, partition in new:
                await self._known(topic, partition)
            await self._patiently(lambda: self._add(new))
            self._joined.update(new)
        for depth in range(max(map(len, batches.values()), default=0)):
            await self._produce({place: built[depth] for place, built in batches.items() if depth < len(built)})

    async def end(self, *, commit: bool) -> None:
        """EndTxn; a transaction that nothing joined is none, and needs no end."""
        if self._joined:
            await self._patiently(lambda: self._end(commit))
            self._joined.clear()

    # ---- the three requests

    async def _add(self, places: Iterable[Place]) -> None:
        topics: defaultdict[str, list[int]] = defaultdict(list)
        for topic, partition in places:
            topics[topic].append(partition)
        request = AddPartitionsToTxnRequest(*self._identity(), list(topics.items()))
        answer = await self._ask(await self._coordinator(), request)
        codes = {code for _, partitions in answer.errors for _, code in partitions}
        # Where one partition is refused the others are "not attempted": the refusal is what counts.
        for code in sorted(codes, key=lambda code: code == errors.OperationNotAttempted.errno):
            _check(code)

    async def _produce(self, builders: Mapping[Place, Any]) -> None:
        """One batch a partition. The same bytes and sequence numbers are sent again where the broker says "not yet"."""
        waiting: dict[Place, Any] = {}
        _, producer_id, epoch = self._identity()
        for place, builder in builders.items():
            builder._set_producer_state(producer_id, epoch, self._sequences[place])
            self._sequences[place] = (self._sequences[place] + builder.record_count()) % _SEQUENCES
            waiting[place] = builder._build()

        async def remaining() -> None:
            by_leader: defaultdict[int, dict[Place, Any]] = defaultdict(dict)
            for place, batch in waiting.items():
                by_leader[self._leader(place)][place] = batch
            answers = [self._produce_at(leader, batches) for leader, batches in by_leader.items()]
            told = await asyncio.gather(*answers) if len(answers) > 1 else [await answers[0]]
            refused = [code for codes in told for place, code in codes.items() if not self._taken(waiting, place, code)]
            for code in refused:
                _check(code)

        await self._patiently(remaining)

    async def _produce_at(self, leader: int, batches: Mapping[Place, Any]) -> dict[Place, int]:
        topics: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
        for (topic, partition), batch in batches.items():
            topics[topic].append((partition, batch))
        request = ProduceRequest(self._manager.transactional_id, -1, REQUEST_TIMEOUT_MS, list(topics.items()))
        answer = await self._ask(leader, request)
        return {(topic, found[0]): found[1] for topic, partitions in answer.topics for found in partitions}

    async def _end(self, commit: bool) -> None:
        answer = await self._ask(await self._coordinator(), EndTxnRequest(*self._identity(), commit))
        _check(answer.error_code)

    # ---- where to ask, and asking again

    async def _ask(self, node: int, request: Any) -> Any:
        """One request, once. The client tells a silence in the words of a broker's "timed out", which may be asked
        again; a silence may not: the request may still be under way and end the transaction after this one."""
        try:
            return await self._client.send(node, request)
        except errors.RequestTimedOutError as error:
            raise errors.KafkaTimeoutError(f"no answer within {REQUEST_TIMEOUT_MS} ms") from error

    @staticmethod
    def _taken(waiting: dict[Place, Any], place: Place, code: int) -> bool:
        """A duplicate was taken before, when the answer got lost or the first "not yet" was none."""
        if code not in (0, errors.DuplicateSequenceNumber.errno):
            return False
        del waiting[place]
        return True

    def _identity(self) -> tuple[str, int, int]:
        return self._manager.transactional_id, self._manager.producer_id, self._manager.producer_epoch

    async def _coordinator(self) -> int:
        found: int = await self._producer._sender._find_coordinator(CoordinationType.TRANSACTION, self._identity()[0])
        return found

    def _leader(self, place: Place) -> int:
        leader = self._client.cluster.leader_for_partition(TopicPartition(*place))
        if leader is None or leader == -1:
            raise errors.LeaderNotAvailableError(place)
        return int(leader)

    async def _known(self, topic: str, partition: int) -> None:
        if partition not in await self._client._wait_on_metadata(topic):
            raise Stop(f"{topic}[{partition}] does not exist; run `tuodi topics plan`")

    async def _patiently(self, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask until the broker is ready for it; the caller's deadline ends this. A lost connection is not asked again:
        what it took with it only the log can tell."""
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            try:
                return await ask()
            except _MARKERS:
                soon = clock() - began < _MARKERS_SECONDS
                await asyncio.sleep((TRANSACTION_BACKOFF_MS if soon else CONNECT_BACKOFF_MS) / 1000)
            except errors.BrokerResponseError as error:
                if not (error.retriable or isinstance(error, _LATER)):
                    raise
                self._producer._sender._coordinator_dead(CoordinationType.TRANSACTION)
                await asyncio.sleep(CONNECT_BACKOFF_MS / 1000)
                await self._client.force_metadata_update()


def _check(code: int) -> None:
    """Raise what an error code means; 0 is none."""
    if code == 0:
        return
    error = _NEWER.get(code) or errors.for_code(code)
    raise errors.ProducerFenced() if error is errors.InvalidProducerEpoch else error()
