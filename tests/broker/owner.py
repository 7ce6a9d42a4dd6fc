"""An owner of partition 0 without a group: the test decides when it restores, when it folds, and when it wakes up."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from tests.broker.capfold import CapFold
from tests.broker.world import World, read_all
from workers.log.port import Log, Record, TopicPartition, TransactionalProducer
from workers.runtime.checkpoint import KafkaCheckpoint
from workers.runtime.options import RuntimeOptions
from workers.runtime.overlay import Overlay
from workers.runtime.restore import Restore


class Owner:
    """What `Partition` does, step by step, for zombies and successors."""

    def __init__(
        self,
        world: World,
        name: str,
        *,
        log: Log | None = None,
        restore_type: type[Restore] = Restore,
        checkpoint_type: type[KafkaCheckpoint] = KafkaCheckpoint,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.world = world
        self.log = log or world.log
        self.options: RuntimeOptions = world.options(name, **(options or {}))
        self.source = TopicPartition(self.options.input_topic, 0)
        self.restore_type, self.checkpoint_type = restore_type, checkpoint_type
        self.checkpoint: KafkaCheckpoint | None = None
        self.producer: TransactionalProducer | None = None

    async def __aenter__(self) -> Owner:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.producer is not None:
            await self.producer.close()

    async def restored(self) -> Owner:
        """Init and restore."""
        self.producer = await self.log.transactional(
            transactional_id=self.options.transactional_id(0),
            client_id=self.options.client_id,
            transaction_timeout_ms=self.options.transaction_timeout_ms,
        )
        state, position = await self.restore_type(self.log, self.options, 0, self.producer).run()
        fold = CapFold(self.world.output)
        fold.restored(Overlay(state.store))
        self.checkpoint = self.checkpoint_type(
            source=self.source,
            changelog_topic=self.options.changelog_topic,
            store=state.store,
            fold=fold,
            position=position,
            producer=self.producer,
            commit_deadline_ms=self.options.commit_deadline_ms,
            note_offset=lambda source, offset: None,
        )
        return self

    async def waiting(self) -> list[Record]:
        """Records from this owner's position on."""
        assert self.checkpoint is not None, "restore first"
        return [r for r in await read_all(self.log, self.source) if r.offset >= self.checkpoint.position.offset]

    async def settle(self, records: list[Record] | None = None) -> None:
        """One batch: what waits, or exactly these records."""
        assert self.checkpoint is not None, "restore first"
        await self.checkpoint.settle(await self.waiting() if records is None else records)
