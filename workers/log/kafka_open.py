"""What a broker knows of open transactions, and the markers that end one (KIP-664).

The client has none of these four requests. `DescribeProducers` asks the leader of a partition which producers have a
transaction open there; `DescribeTransactions` asks the coordinator what it still knows of a transactional id;
`WriteTxnMarkers` is what `kafka-transactions.sh abort` sends, except that a marker may also say COMMIT.
Rights: READ on the topics, DESCRIBE on the transactional ids, ALTER (or CLUSTER_ACTION) on the cluster for markers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from aiokafka import errors

from workers.cluster import ClusterLike
from workers.errors import Retry, Stop
from workers.log.admin import admin_client
from workers.log.kafka_open_wire import MarkersRequest, ProducersRequest, TransactionsRequest
from workers.log.port import TopicPartition

_TRANSACTION: Final = 1
"""Kind of coordinator in FindCoordinator."""
_ID_NOT_FOUND: Final = 105
"""TRANSACTIONAL_ID_NOT_FOUND; this client has no class for it."""


class OpenTransaction(NamedTuple):
    """One producer with an open transaction in one partition, as its leader tells it."""

    place: TopicPartition
    producer_id: int
    producer_epoch: int
    coordinator_epoch: int
    """-1 where the producer never got a marker in this partition."""
    start_offset: int


class CoordinatorView(NamedTuple):
    """What the coordinator knows of a transactional id; `places` still wait for their marker."""

    producer_id: int
    producer_epoch: int
    state: str
    places: frozenset[TopicPartition]


async def open_transactions(cluster: ClusterLike, topics: Iterable[str]) -> list[OpenTransaction]:
    """Every open transaction in the partitions of these topics, those of living workers too. Raises `Retry`, `Stop`."""
    found = []
    async with admin_client(cluster) as admin:
        for leader, places in (await _by_leader(admin, set(topics))).items():
            by_topic: defaultdict[str, list[int]] = defaultdict(list)
            for place in places:
                by_topic[place.topic].append(place.partition)
            answer = await admin._send_request(ProducersRequest([(t, ps, {}) for t, ps in by_topic.items()]), leader)
            for topic, partitions, _ in answer.topics:
                for partition, code, _, producers, _ in partitions:
                    place = TopicPartition(topic, partition)
                    _check(code, f"producers of {topic}[{partition}]")
                    found += [
                        OpenTransaction(place, id_, epoch, coordinator, start)
                        for id_, epoch, _, _, coordinator, start, _ in producers
                        if start >= 0
                    ]
    return sorted(found)


async def coordinator_views(cluster: ClusterLike, transactional_ids: Iterable[str]) -> dict[str, CoordinatorView]:
    """What the coordinators know of these ids; an id that was never used is left out. Raises `Retry`, `Stop`."""
    views = {}
    async with admin_client(cluster) as admin:
        for id_ in transactional_ids:
            node = await admin.find_coordinator(id_, _TRANSACTION)
            answer = await admin._send_request(TransactionsRequest([id_]), node)
            for code, name, state, _, _, producer_id, epoch, topics, _ in answer.transactions:
                if code == _ID_NOT_FOUND:
                    continue
                _check(code, f"transactional id {name}")
                places = frozenset(TopicPartition(topic, p) for topic, ps, _ in topics for p in ps)
                views[name] = CoordinatorView(producer_id, epoch, state, places)
    return views


async def end_open(cluster: ClusterLike, found: OpenTransaction, *, commit: bool) -> None:
    """Write one marker. Raises `Stop` where the leader refuses it: with a newer epoch at work, or without the right.

    A producer that never got a marker here is answered with coordinator epoch 0, as Kafka's own tool does: no leader
    has a smaller one.
    """
    place = found.place
    marker: tuple[Any, ...] = (
        found.producer_id, found.producer_epoch, commit, [(place.topic, [place.partition], {})],
        max(found.coordinator_epoch, 0), {},
    )  # fmt: skip
    async with admin_client(cluster) as admin:
        leaders = await _by_leader(admin, {place.topic})
        leader = next(node for node, places in leaders.items() if place in places)
        answer = await admin._send_request(MarkersRequest([marker]), leader)
    for _, topics, _ in answer.markers:
        for topic, partitions, _ in topics:
            for partition, code, _ in partitions:
                _check(code, f"marker for {topic}[{partition}]")


async def group_members(cluster: ClusterLike, group: str) -> list[str]:
    """Client ids of who is in a group now. Raises `Retry`."""
    async with admin_client(cluster) as admin:
        answers = await admin.describe_consumer_groups([group])
    return sorted(member[1] for answer in answers for found in answer.groups for member in found[5])


async def _by_leader(admin: Any, topics: set[str]) -> dict[int, list[TopicPartition]]:
    places: defaultdict[int, list[TopicPartition]] = defaultdict(list)
    for described in await admin.describe_topics():
        if described["topic"] in topics:
            for partition in described["partitions"]:
                place = TopicPartition(described["topic"], partition["partition"])
                if partition["leader"] < 0:
                    raise Retry(f"{place.topic}[{place.partition}] has no leader now; wait until the cluster is whole")
                places[partition["leader"]].append(place)
    return places


def _check(code: int, what: str) -> None:
    error = errors.for_code(code)
    if error is errors.NoError:
        return
    if getattr(error, "retriable", False):
        raise Retry(f"{what}: {error.__name__}; ask again")
    raise Stop(f"{what}: the broker answered {error.__name__} ({code})")
