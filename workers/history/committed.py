"""Faust reads committed records only, as every reader of what the ledger writes must.

Under `at_least_once` Faust 0.15.3 creates its consumer with `read_uncommitted` and has no setting for it; under
`exactly_once` it would commit offsets by transactions of its own, which this project rules out. Without this module the
read model takes decisions of aborted transactions: money that nobody was granted.
"""

from __future__ import annotations

from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver

from workers.errors import Stop

READ_COMMITTED = "read_committed"


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        if not hasattr(consumer, "_isolation_level"):
            raise Stop("aiokafka keeps its isolation level elsewhere now; adapt workers/history/committed.py")
        consumer._isolation_level = READ_COMMITTED  # read when the consumer starts, which is later
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Transport(driver.Transport):
    Consumer = _Consumer


class CommittedApp(faust.App):
    """A Faust app whose streams see what was committed, in order, and nothing else."""

    def _new_transport(self) -> Any:
        return _Transport(self.conf.broker_consumer, self)
