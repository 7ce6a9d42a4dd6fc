"""A broker that forgets markers, as Apache Kafka 4.1 to 4.3 does while a partition has no leader (ADR 15).

The client leaves places out of what it tells the coordinator, so the coordinator writes no marker there and counts the
transaction as complete: the same log and the same coordinator as after lost markers, at a moment that the test
chooses. The broker must take records of partitions that are in no transaction, which it does without the verification
of KIP-890.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workers.log.broker import Broker
from workers.log.kafka import KafkaLog
from workers.log.port import TransactionalProducer

Lost = Callable[[str], bool]
"""Whether the marker in this topic gets lost."""


class UnverifiedBroker(Broker):
    """Takes records from producers of whom its coordinator knows nothing."""

    def _template(self) -> str:
        return super()._template() + "\ntransaction.partition.verification.enable=false\n"


class ForgetfulLog(KafkaLog):
    """While `lost` is set, markers in those topics never come; the client is told "committed" all the same."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(bootstrap)
        self.lost: Lost | None = None
        self.forgotten = 0

    async def transactional(self, **how: Any) -> TransactionalProducer:
        made = await super().transactional(**how)
        self._forget(made)
        return made

    def _forget(self, producer: Any) -> None:
        transaction = producer._transaction
        add, end, told = transaction._add, transaction._end, set[tuple[str, int]]()

        async def add_some(places: Iterable[tuple[str, int]]) -> None:
            kept = [place for place in places if self.lost is None or not self.lost(place[0])]
            self.forgotten += len(list(places)) - len(kept)
            if kept:
                await add(kept)
                told.update(kept)

        async def end_what_is_known(commit: bool) -> None:
            if told:
                told.clear()
                await end(commit)

        transaction._add, transaction._end = add_some, end_what_is_known
