"""What both kinds of workers tell of themselves: lag, health and metrics, once every `housekeeping_ms`.

A worker says what it owns, how far behind that is and when it last moved; here it is measured, judged and shown. A
worker that stands still for twice the stall time ends its process: only a new one helps (design §5, 12).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from mode import Service

from workers.errors import Stop
from workers.log.port import Log, TopicPartition
from workers.runtime.clock import now
from workers.runtime.health import Health, PartitionReport, Verdict, judge
from workers.runtime.metrics import RuntimeMetrics
from workers.runtime.ownership import Membership


class WatchOptions(Protocol):
    """What housekeeping needs to know; both kinds of workers offer it."""

    @property
    def group(self) -> str: ...
    @property
    def session_timeout_ms(self) -> int: ...
    @property
    def housekeeping_ms(self) -> int: ...
    @property
    def stall_ms(self) -> int: ...


Options = TypeVar("Options", bound=WatchOptions)


class Watched(Service, Generic[Options]):
    """A `mode.Service` with one more loop. Subclasses give `_membership`, `_measure`, `_reports` and `_lag_seconds`."""

    _membership: Membership

    def __init__(
        self, kafka: Log, options: Options, metrics: RuntimeMetrics | None = None, **service_options: Any
    ) -> None:
        super().__init__(**service_options)
        self.options = options
        self.metrics = metrics or RuntimeMetrics(options.group)
        self.health: Health = judge([], unassigned_seconds=0.0, stall_seconds=options.stall_ms / 1000)
        self._kafka = kafka
        self._lag: dict[TopicPartition, int] = {}
        """Records between what is done and the last stable offset, of each owned partition as it was measured last."""
        self._unassigned_since: float | None = None
        """Since when no assignment has been held; None while one is, and before the start (no loop, no clock)."""
        self._measured_at: float | None = None

    async def on_first_start(self) -> None:
        """From here on it is waited for an assignment; `on_start` may already bring one."""
        self._unassigned_since = now()

    def current_health(self) -> Health:
        """What `/readyz` should say now: ready while positions move or there is nothing to do."""
        return self.health

    # ---- what a kind of worker says of itself

    async def _measure(self) -> None:
        """Bring `_lag` up to date. May fail: a lag that is not known for long counts as a stall."""
        raise NotImplementedError

    def _reports(self) -> list[PartitionReport]:
        raise NotImplementedError

    def _lag_seconds(self, reports: Sequence[PartitionReport]) -> float:
        """How long what is behind has been so; 0 where nothing is."""
        raise NotImplementedError

    # ---- the loop

    @Service.task
    async def _housekeeping(self) -> None:
        while not self.should_stop:
            await self.sleep(self.options.housekeeping_ms / 1000)
            try:
                async with asyncio.timeout(self.options.session_timeout_ms / 1000):
                    await self._measure()
                    self._measured_at = now()
            except Exception as error:
                logging.getLogger(type(self).__module__).warning(
                    "housekeeping of %s: %s", self.options.group, type(error).__name__
                )
            self._judge()
            self.metrics.flush()

    def _judge(self) -> None:
        at, reports = now(), self._reports()
        self.health = judge(
            reports,
            unassigned_seconds=None if self._unassigned_since is None else at - self._unassigned_since,
            stall_seconds=self.options.stall_ms / 1000,
            measured_seconds_ago=at - (self._measured_at or at),
        )
        by_number: Counter[int] = Counter()
        for report in reports:  # of several topics the partitions of one number are shown together
            by_number[report.partition] += report.lag_records
        self.metrics.stale_records = self._membership.stale_records
        self.metrics.ownership(len(reports), sum(report.phase == "stopped" for report in reports))
        self.metrics.lag(dict(by_number), self._lag_seconds(reports))
        if self.health.verdict is Verdict.EXIT:
            self.add_future(self.crash(Stop(f"no progress: {'; '.join(self.health.reasons)}")))
