"""`tuodi clock` as a service: several may run, one is elected, and a hung one cannot write.

Election: all clocks join one consumer group over the journal topic and leave every partition paused; who owns
partition 0 is the clock. The group gives a new owner within the session time-out when the clock dies. Membership says
who *should* write; the transactional id says who *may*: a newer clock's `init` fences an older one that woke up late.
Even if both wrote, the ledger answers the second record of a date with `repeat`. No topic of its own is needed.

Only the group ends an election: a clock that is fenced asks it first (the next poll) and then closes what is still due.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from mode import Service
from prometheus_client import Gauge

from workers.errors import Retry
from workers.journal.clock import ClockMemory, close_day
from workers.journal.names import topic_name
from workers.journal.write import check_journal
from workers.log.port import Fenced, GroupMember, Isolation, Log, TopicPartition
from workers.settings import Settings

WAIT_DEADLINE_MS = 30_000
"""How long one attempt waits for intake before it alerts and tries again."""
IDLE_POLL_MS = 500

LATE_SECONDS = Gauge("tuodi_clock_late_seconds", "Seconds for which a due business date could not be closed; 0 = fine")
ELECTED = Gauge("tuodi_clock_elected", "1 where this process is the clock")

_log = logging.getLogger(__name__)


class ClockService(Service):
    """Closes each business date once it is over; see the module's text for the election."""

    def __init__(
        self,
        log: Log,
        settings: Settings,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        member: str = "clock",
        close_log: bool = False,
    ) -> None:
        """`close_log`: the log is this service's own and is closed when it stops."""
        super().__init__()
        self._close_log = close_log
        self._way, self._settings, self._member_name = log, settings, member
        self.memory = ClockMemory(now)
        self.elected = False
        self._late_since: float | None = None

    @Service.task
    async def _run(self) -> None:
        await check_journal(self._way, self._settings)
        member = await self._join()
        try:
            while not self.should_stop:
                await member.poll(max_records=1, timeout_ms=IDLE_POLL_MS)
                if self.elected and (due := self.memory.due()) is not None:
                    await self._close(due)
        finally:
            self._set_elected(False)
            await member.close()

    async def on_shutdown(self) -> None:
        """After the loop has left the group."""
        if self._close_log:
            await self._way.close()

    async def _join(self) -> GroupMember:
        group = f"{self._settings.topic_prefix}-clock"
        topic = topic_name(self._settings, "journal")
        member = await self._way.member(
            group=group,
            topics=[topic],
            client_id=self._member_name,
            instance_id=None,
            isolation=Isolation.READ_COMMITTED,
            session_timeout_ms=self._settings.session_timeout_ms,
        )

        async def assigned(partitions: frozenset[TopicPartition]) -> None:
            self._set_elected(TopicPartition(topic, 0) in partitions)

        async def revoked(partitions: frozenset[TopicPartition]) -> None:
            self._set_elected(False)

        await member.start(assigned, revoked)
        return member

    async def _close(self, day: date) -> None:
        try:
            await close_day(self._way, self._settings, day, wait_deadline_ms=WAIT_DEADLINE_MS)
        except Retry as error:
            self._late(str(error))
        except Fenced:  # by a newer clock, which is the elected one after the next poll; or by `tuodi clock --once`
            _log.warning("another clock took the seat; what is still due when the group says so is closed then")
        else:
            self.memory.closed = day
            self._late_since = None
            LATE_SECONDS.set(0)

    def _late(self, why: str) -> None:
        now = time.monotonic()
        self._late_since = self._late_since or now
        LATE_SECONDS.set(now - self._late_since)
        _log.error("ALERT a business date waits to be closed: %s", why)

    def _set_elected(self, elected: bool) -> None:
        if elected != self.elected:
            _log.info("elected as the clock" if elected else "no longer the clock")
        self.elected = elected
        ELECTED.set(int(elected))

    def healthy(self) -> bool:
        """False while a date waits to be closed."""
        return self._late_since is None
