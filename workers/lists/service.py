"""`tuodi lists serve`: takes what lies in the inbox and what came by the feed, publishes the outbox. One per database.

Taking runs in a thread with connections of its own, so that health and the group's heartbeats go on meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from mode import Service

from workers.directory.database import Directory
from workers.directory.keys import directory_keys
from workers.errors import Retry
from workers.host.http import Health
from workers.lists import metrics
from workers.lists.database import WAITING, Lists
from workers.lists.inbox import inbox, left_to_people, take_one
from workers.lists.publish import Publisher, waiting
from workers.lists.received import CLOSED, received, take_received
from workers.lists.take import Way
from workers.log.port import CommitUnknown, Fenced, Log
from workers.settings import Settings

POLL_SECONDS = 2.0
ROUND_SECONDS_MAX = 900.0
"""A round that takes longer is stuck: five million lines take a third of it."""

_log = logging.getLogger(__name__)


class ListsService(Service):
    """Rounds of take and publish until it is stopped."""

    def __init__(
        self, log: Log, settings: Settings, *, dev_keys: bool = False,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000, poll_seconds: float = POLL_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__()
        self._way, self._settings = log, settings
        self._keys = directory_keys(settings, dev_keys=dev_keys)
        self._now_ms, self._poll_seconds = now_ms, poll_seconds
        self._round_began = self._well_at = time.monotonic()
        self._trouble = ""

    async def on_start(self) -> None:
        """Usage at once where the directory's key is missing or another."""
        await asyncio.to_thread(self._prepare)

    def _prepare(self) -> None:
        Directory(self._settings.directory, self._keys).close()
        Lists(self._settings.lists).close()
        (self._settings.lists_folder / "inbox").mkdir(mode=0o700, parents=True, exist_ok=True)

    @Service.task
    async def _rounds(self) -> None:
        while not self.should_stop:
            self._round_began = began = time.monotonic()
            try:
                await self.round()
                self._well_at, self._trouble = time.monotonic(), ""
            except (Retry, CommitUnknown, Fenced, OSError, TimeoutError) as error:
                self._trouble = f"publishing failed ({type(error).__name__}); it is tried again"
                _log.warning("lists: %s", self._trouble)
            metrics.ROUND_SECONDS.set(time.monotonic() - began)
            await self.sleep(self._poll_seconds)

    async def round(self) -> int:
        """Take what there is, publish what waits; returns the records published."""
        await asyncio.to_thread(self._take_all)
        with Directory(self._settings.directory, self._keys) as directory, Lists(self._settings.lists) as lists:
            done = (await Publisher(lists, directory, self._way, self._settings).run(_quiet)).records
            (tasks,) = lists.connection.execute("SELECT COUNT(*) FROM task WHERE closed = 0").fetchone()
            metrics.OUTBOX.set(waiting(lists))
            metrics.TASKS.set(tasks)
            held = sum(each.state == WAITING for each in received(lists))
        metrics.WAITING.set(held + left_to_people(self._settings.lists_folder))
        return done

    def _take_all(self) -> None:
        settings = self._settings
        with Directory(settings.directory, self._keys) as directory, Lists(settings.lists) as lists:
            for found in inbox(settings.lists_folder, self._now_ms() / 1000):
                self._told(take_one(lists, directory, settings, found, self._now_ms()))
            for each in received(lists):
                if each.state == CLOSED:
                    way = Way(False, False, self._now_ms(), _quiet, _quiet)
                    self._told(take_received(lists, directory, settings, each.list_id, way).state)

    def _told(self, state: str) -> None:
        metrics.TAKEN.labels(state).inc()
        _log.info("a list was taken in hand: %s; `tuodi lists status` shows the register", state)

    def current_health(self) -> Health:
        """Alive while a round ends in time; ready while rounds end well."""
        now = time.monotonic()
        in_round, ill = now - self._round_began, now - self._well_at
        ready = not self._trouble or ill < self._settings.stall_ms / 1000
        detail = {"round_seconds": round(in_round, 1), "trouble": self._trouble}
        return Health(alive=in_round < ROUND_SECONDS_MAX, ready=ready, detail=detail)


def _quiet(done: int, total: int) -> None:
    """Nobody watches a service's progress line."""
