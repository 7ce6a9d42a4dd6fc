"""`tuodi history` with one rule taken out each: the teeth of its tests. Nothing else may import or run this.

    python -m tests.broker.history_sabotage <what> <die>

`die`: at the how-maniest run of records the process kills itself at the point that the rule protects; 0: never.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import faust

from workers.history import app, rows, start
from workers.history.database import Database, Row, Source, Writer
from workers.settings import settings

COMMIT_SECONDS, COMMIT_POLL_SECONDS = 30.0, 0.1

runs_left = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def die_when_due() -> None:
    """kill -9 of this very process, at exactly the point where this is called."""
    global runs_left
    runs_left -= 1
    if runs_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


class Sound(Database):
    """Nothing taken out: dies between write and commit, where a real kill can hit."""

    def _move(self, source: Source, at: int, to: int) -> None:
        super()._move(source, at, to)
        die_when_due()


class TwoTransactions(Database):
    """Without 11: the position in one transaction, the rows in the next."""

    def take(self, source: Source, run: Sequence[Row], write: Writer) -> int:
        at = self.position(source)
        fresh = [row for row in run if row.offset >= at]
        if not fresh:
            return 0
        super().take(source, fresh, lambda connection, source, row: None)
        die_when_due()
        self.connection.execute("BEGIN IMMEDIATE")
        for row in fresh:
            write(self.connection, source, row)
        self.connection.execute("COMMIT")
        return len(fresh)


class NoPosition(Database):
    """Without 11: rows without a position; what comes again is stored again."""

    def take(self, source: Source, run: Sequence[Row], write: Writer) -> int:
        self.connection.execute("BEGIN IMMEDIATE")
        for row in run:
            write(self.connection, source, row)
        self.connection.execute("COMMIT")
        if source.topic == "journal.answered":
            die_when_due()  # stored, not yet acknowledged
        return len(run)


async def _committed(consumer: Any, events: list[Any]) -> None:
    """Wait until the broker holds the offsets of these events, so that the kill afterwards always finds them there."""
    ends = {event.message.tp: event.message.offset + 1 for event in events}
    async with asyncio.timeout(COMMIT_SECONDS):
        while any((consumer._committed_offset.get(tp) or 0) < end for tp, end in ends.items()):
            await consumer.commit()
            await asyncio.sleep(COMMIT_POLL_SECONDS)


class AckFirst(app.Projection):
    """Acknowledges, lets the offsets be committed, and stores afterwards."""

    async def follow(self, short: str, stream: Any) -> None:
        async for events in stream.noack_take(app.TAKE_RECORDS, within=app.TAKE_SECONDS):
            for event in events:
                await stream.ack(event)
            await _committed(stream.app.consumer, events)
            die_when_due()
            for source, run in app._by_partition(short, events).items():
                self.database.take(source, run, app.WRITERS[short])


def blind_outcome(database: Any, source: Source, row: Row) -> None:
    """A row that counts whatever comes, as a sink without keys would."""
    body = rows._object(source, row)
    rows._count(database, "outcomes", body["outcome"])
    database.execute(
        "INSERT OR IGNORE INTO outcome VALUES (?, ?, ?, ?, ?)",
        (body["partition"], body["offset"], body["outcome"], body.get("person_key"), row.value),
    )


def main(what: str) -> None:
    """Take one rule out and run."""
    replaced: Any = app
    if what == "sound":
        replaced.Database = Sound
    elif what == "two_transactions":
        replaced.Database = TwoTransactions
    elif what == "no_position":
        replaced.Database = NoPosition
        app.WRITERS["journal.answered"] = blind_outcome
    elif what == "ack_first":
        replaced.Projection = AckFirst
    elif what == "uncommitted":
        replaced.CommittedApp = faust.App
    elif what == "no_start_check":
        start.StartCheck._not_behind = lambda self, partition, offset: None  # type: ignore[method-assign]
    else:
        raise SystemExit(f"unknown: {what}")
    app.run(settings())


if __name__ == "__main__":
    main(sys.argv[1])
