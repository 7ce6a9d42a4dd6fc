"""Every option of the Kafka clients, spelled once with its unit and its reason. Nothing is left to a library's default.

Facts about aiokafka 0.14.0 that these rest on are proved by `tests/contract/test_log_aiokafka.py`: an upgrade of the
package that changes one of them is seen there, not in production.
"""

from __future__ import annotations

from typing import Any

from workers.cluster import ClusterLike, cluster_of
from workers.log.port import Isolation

# A batch builder takes records up to this size; a single larger record makes a batch of its own.
BATCH_BYTES_MAX = 512_000
# Larger than any topic of ours allows (dead letters: 2 MiB); the topic's own `max.message.bytes` is what decides.
RECORD_BYTES_MAX = 2_097_152

# After EndTxn answers, the broker still writes the markers; the next transaction gets CONCURRENT_TRANSACTIONS (or, with
# this client's protocol version, NOT_ENOUGH_REPLICAS on produce) until they stand. Shipped: 20 ms and 100 ms sleeps.
TRANSACTION_BACKOFF_MS = 2
# Between two attempts to reach a broker that is away: short enough for a restart, long enough not to spin.
CONNECT_BACKOFF_MS = 100

# A produce or coordinator request that got no answer for this long counts as lost (half-open connection).
REQUEST_TIMEOUT_MS = 8_000
METADATA_MAX_AGE_MS = 60_000
CONNECTIONS_MAX_IDLE_MS = 540_000

HEARTBEAT_INTERVAL_MS = 500
MAX_POLL_INTERVAL_MS = 60_000
FETCH_MAX_WAIT_MS = 250
FETCH_MIN_BYTES = 1
FETCH_MAX_BYTES = 8_388_608
PARTITION_FETCH_BYTES = 1_048_576


def common(cluster: ClusterLike, client_id: str) -> dict[str, Any]:
    """What every client gets."""
    return {
        **cluster_of(cluster).client_options(),
        "client_id": client_id,
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
        "retry_backoff_ms": CONNECT_BACKOFF_MS,
        "metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "connections_max_idle_ms": CONNECTIONS_MAX_IDLE_MS,
    }


def producer(cluster: ClusterLike, client_id: str) -> dict[str, Any]:
    """Idempotent: acks=all, the broker drops what a retry sends twice. No linger: batches are cut by the caller."""
    return common(cluster, client_id) | {
        "acks": "all",
        "enable_idempotence": True,
        "max_batch_size": BATCH_BYTES_MAX,
        "max_request_size": RECORD_BYTES_MAX,
        "linger_ms": 0,
        "compression_type": None,
    }


def transactional(
    cluster: ClusterLike, client_id: str, transactional_id: str, transaction_timeout_ms: int
) -> dict[str, Any]:
    """As `producer`, under one transactional id. The time-out is how long a dead owner can blind the readers."""
    return producer(cluster, client_id) | {
        "transactional_id": transactional_id,
        "transaction_timeout_ms": transaction_timeout_ms,
    }


def consumer(cluster: ClusterLike, client_id: str, isolation: Isolation) -> dict[str, Any]:
    """No automatic commit, no automatic reset: a position that is not there is a stop, never a silent jump."""
    return common(cluster, client_id) | {
        "group_id": None,
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "isolation_level": isolation.value,
        "check_crcs": True,
        "fetch_max_wait_ms": FETCH_MAX_WAIT_MS,
        "fetch_min_bytes": FETCH_MIN_BYTES,
        "fetch_max_bytes": FETCH_MAX_BYTES,
        "max_partition_fetch_bytes": PARTITION_FETCH_BYTES,
        "exclude_internal_topics": True,
    }


def member(
    cluster: ClusterLike,
    client_id: str,
    isolation: Isolation,
    group: str,
    instance_id: str | None,
    session_timeout_ms: int,
) -> dict[str, Any]:
    """Classic eager group. A join may last as long as the session; requests live a little longer than that."""
    return consumer(cluster, client_id, isolation) | {
        "group_id": group,
        "group_instance_id": instance_id,
        "session_timeout_ms": session_timeout_ms,
        "rebalance_timeout_ms": session_timeout_ms,
        "heartbeat_interval_ms": min(HEARTBEAT_INTERVAL_MS, session_timeout_ms // 3),
        "max_poll_interval_ms": MAX_POLL_INTERVAL_MS,
        "request_timeout_ms": max(REQUEST_TIMEOUT_MS, session_timeout_ms + 2_000),
    }
