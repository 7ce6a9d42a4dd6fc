"""Topics as they are on a cluster: list, create, change the configuration. What they should be is not known here.

The client of aiokafka 0.14.0 does not fail over, so every call makes its own; and it reports refusals in the answer
instead of raising, so every answer is looked through.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from workers.cluster import ClusterLike, cluster_of
from workers.errors import Retry, Stop
from workers.log import kafka_options as options
from workers.log.kafka_errors import no_way_in

_OPERATION_MS = 20_000
# DescribeConfigs v1: where a value comes from; 1 = set on this topic, everything else is inherited.
_SET_ON_TOPIC = 1


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it should be. `config` is the whole of what is set on the topic itself."""

    name: str
    partitions: int
    replication_factor: int = 1
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is."""

    name: str
    partitions: int
    replication_factor: int
    config: Mapping[str, str]


async def find_topics(cluster: ClusterLike, names: Iterable[str]) -> dict[str, FoundTopic]:
    """Those of the names that exist. Raises `Retry` (broker away) or `Stop` (no right)."""
    wanted = set(names)
    async with admin_client(cluster) as client:
        described = {t["topic"]: t["partitions"] for t in await client.describe_topics() if t["topic"] in wanted}
        configs = await _configs(client, described)
    return {
        name: FoundTopic(name, len(partitions), min(len(p["replicas"]) for p in partitions), configs[name])
        for name, partitions in described.items()
    }


async def create_topics(cluster: ClusterLike, specs: Iterable[TopicSpec]) -> list[str]:
    """Create those that do not exist yet; returns the names that were created by this call."""
    listed = list(specs)
    if not listed:
        return []
    new = [NewTopic(s.name, s.partitions, s.replication_factor, topic_configs=dict(s.config)) for s in listed]
    async with admin_client(cluster) as client:
        answer = await client.create_topics(new, timeout_ms=_OPERATION_MS)
    created = []
    for name, code, message in (row[:3] for row in answer.topic_errors):
        error = errors.for_code(code)
        if error is errors.NoError:
            created.append(name)
        elif error is not errors.TopicAlreadyExistsError:
            raise Stop(f"topic {name} was not created: {message or error.__name__}")
    return created


async def set_config(cluster: ClusterLike, name: str, config: Mapping[str, str]) -> None:
    """Make `config` the whole of what is set on the topic (AlterConfigs replaces, it does not merge)."""
    async with admin_client(cluster) as client:
        resource = ConfigResource(ConfigResourceType.TOPIC, name, dict(config))
        for answer in await client.alter_configs([resource]):
            for code, message, _, topic in answer.resources:
                if errors.for_code(code) is not errors.NoError:
                    raise Stop(f"configuration of {topic} was not changed: {message or errors.for_code(code).__name__}")


async def delete_topics(cluster: ClusterLike, names: Iterable[str]) -> None:
    """Remove topics and everything in them; those that do not exist are no error."""
    async with admin_client(cluster) as client:
        answer = await client.delete_topics(list(names), timeout_ms=_OPERATION_MS)
    for name, code in answer.topic_error_codes:
        if errors.for_code(code) not in (errors.NoError, errors.UnknownTopicOrPartitionError):
            raise Stop(f"topic {name} was not deleted: {errors.for_code(code).__name__}")


async def _configs(client: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    found: dict[str, dict[str, str]] = {}
    for answer in await client.describe_configs(resources):
        for code, message, _, name, entries in answer.resources:
            if errors.for_code(code) is not errors.NoError:
                raise Stop(f"configuration of {name} cannot be read: {message or errors.for_code(code).__name__}")
            found[name] = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_TOPIC}
    return found


@contextlib.asynccontextmanager
async def admin_client(cluster: ClusterLike) -> AsyncIterator[Any]:
    """A started client; it fails over to nobody, so it lives for one call. A broker that is away is `Retry`."""
    client = AIOKafkaAdminClient(**options.common(cluster, "tuodi-admin"))
    try:
        await client.start()
        yield client
    except (errors.KafkaConnectionError, errors.NodeNotReadyError, errors.RequestTimedOutError, OSError) as error:
        raise await no_way_in(error, f"admin of {cluster_of(cluster).bootstrap}", cluster) from error
    except errors.BrokerResponseError as error:
        if not error.retriable:
            raise
        raise Retry(f"the broker at {cluster_of(cluster).bootstrap} is not ready: {type(error).__name__}") from error
    finally:
        await client.close()
