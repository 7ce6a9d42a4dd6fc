"""What a partition is told and given by its runtime, and the phases of its life."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from workers.log.port import Log, TopicPartition
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.fencings import Fencings
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.options import RuntimeOptions
from workers.runtime.port import FoldFactory
from workers.runtime.restore import Restore


class Phase(Enum):
    """Where a partition is in its life."""

    RESTORING = "restoring"
    RUNNING = "running"
    UNKNOWN = "unknown"
    STOPPED = "stopped"
    LEFT = "left"


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What a partition gets from its runtime."""

    log: Log
    options: RuntimeOptions
    fold_factory: FoldFactory
    metrics: RuntimeMetrics
    resume: Callable[[TopicPartition, int], None]
    """Seek to an offset and let records come."""
    forget: Callable[[TopicPartition], None]
    """Let no more records come: the partition stopped."""
    note_offset: Callable[[TopicPartition, int], None]
    ask_rejoin: Callable[[str], None]
    tick_seconds: Callable[[], float]
    fencings: Fencings
    batch_slots: asyncio.Semaphore
    restore_slots: asyncio.Semaphore
    restoring: set[TopicPartition] = field(default_factory=set)
    """Partitions of this process that are on their way up."""
    checkpoint_type: type[KafkaCheckpoint] = KafkaCheckpoint
    restore_type: type[Restore] = Restore
    random: random.Random = field(default_factory=random.SystemRandom)
    """Jitter of back-offs only; a test passes a seeded one."""
