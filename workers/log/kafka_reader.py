"""Reading partitions assigned by hand, and the conversions every Kafka reader shares."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import aiokafka
from aiokafka import AIOKafkaConsumer, errors

from workers.cluster import ClusterLike
from workers.errors import Retry, Stop
from workers.log import kafka_options as options
from workers.log.kafka_errors import no_way_in, not_reached
from workers.log.kafka_fetch import use_sessions
from workers.log.port import Fenced, Isolation, NotAssigned, Record, TopicPartition


def native(partition: TopicPartition) -> aiokafka.TopicPartition:
    """The client's own type: it refuses any other."""
    return aiokafka.TopicPartition(partition.topic, partition.partition)


def to_record(found: Any) -> Record:
    """One record of the client as one of ours; header values are bytes, a null header is empty.

    Called for every record read: headers are copied only where a stranger sent a null one (0.8 µs instead of 3.5).
    """
    headers = found.headers
    for header in headers:
        if header[1] is None:
            headers = tuple((name, value if value is not None else b"") for name, value in headers)
            break
    return Record(found.topic, found.partition, found.offset, found.timestamp, found.key, found.value, headers)


@contextlib.contextmanager
def reading(who: str, *, grouped: bool = False) -> Iterator[None]:
    """Errors of reading in our tree. `grouped`: a bare KafkaError is how the group coordination reports its end."""
    try:
        yield
    except (errors.NoOffsetForPartitionError, errors.OffsetOutOfRangeError) as error:
        where = ", ".join(f"{p.topic}[{p.partition}]" for arg in error.args if isinstance(arg, dict) for p in arg)
        raise Stop(
            f"{who}: position outside the log at {where or 'a partition'}: retention took what was not read, or the "
            "topic is another one; see docs for restoring a position"
        ) from error
    except errors.CorruptRecordException as error:
        raise Stop(f"{who}: a record batch fails its checksum") from error
    except (errors.TopicAuthorizationFailedError, errors.GroupAuthorizationFailedError) as error:
        raise Stop(f"{who}: no right to read ({type(error).__name__})") from error
    except errors.IllegalStateError as error:
        raise NotAssigned(f"{who}: the partition is not assigned here") from error
    except errors.KafkaConnectionError as error:
        raise not_reached(error, who) from error
    except (errors.KafkaError, OSError) as error:
        if grouped and type(error) is errors.KafkaError:  # a code the client does not know: rejoin with a new member
            raise Fenced(f"{who}: the group coordinator answered with a code the client does not know") from error
        raise Retry(f"{who}: {type(error).__name__}") from error


class KafkaReader:
    """See `workers.log.port.Reader`."""

    def __init__(self, cluster: ClusterLike, client_id: str, isolation: Isolation) -> None:
        self._who = f"reader {client_id}"
        self._cluster = cluster
        self._consumer = AIOKafkaConsumer(**options.consumer(cluster, client_id, isolation))
        self._sought: set[TopicPartition] = set()
        self._assigned: set[TopicPartition] = set()

    async def start(self) -> None:
        await start_consumer(self._consumer, self._who, self._cluster)

    async def assign(self, partitions: Iterable[TopicPartition]) -> None:
        self._assigned = set(partitions)
        self._sought = set()
        self._consumer.assign([native(partition) for partition in sorted(self._assigned)])

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        self._expect(partition)
        with reading(self._who):
            self._consumer.seek(native(partition), offset)
        self._sought.add(partition)

    async def position(self, partition: TopicPartition) -> int:
        self._expect(partition)
        if partition not in self._sought:
            raise Stop(f"{self._who}: {partition.topic}[{partition.partition}] was never sought")
        with reading(self._who):
            return int(await self._consumer.position(native(partition)))

    async def read(self, *, max_records: int, timeout_ms: int) -> list[Record]:
        missing = self._assigned - self._sought
        if missing:
            raise Stop(f"{self._who}: {len(missing)} assigned partitions were never sought")
        with reading(self._who):
            found = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=max_records)
        return [to_record(record) for records in found.values() for record in records]

    async def close(self) -> None:
        await close_consumer(self._consumer)

    def _expect(self, partition: TopicPartition) -> None:
        if partition not in self._assigned:
            raise NotAssigned(f"{self._who}: {partition.topic}[{partition.partition}] is not assigned here")


async def start_consumer(consumer: AIOKafkaConsumer, who: str, cluster: ClusterLike) -> None:
    """Connect (and join, for a group), or close what was begun; a refusal of the cluster names the setting."""
    try:
        with reading(who):
            await consumer.start()
    except BaseException as error:
        await close_consumer(consumer)
        if isinstance(error, Retry):
            raise await no_way_in(error.__cause__ or error, who, cluster) from error
        raise
    use_sessions(consumer)


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """End a consumer within a bound: a coordinator that is away must not hold up a shutdown."""
    task = asyncio.ensure_future(consumer.stop())
    done, _ = await asyncio.wait({task}, timeout=options.REQUEST_TIMEOUT_MS / 1000)
    if not done:
        task.cancel()
        await asyncio.wait({task})
        await consumer._client.close()
    elif not task.cancelled():
        error = task.exception()
        if error is not None and not isinstance(error, errors.KafkaError | OSError):
            raise error
