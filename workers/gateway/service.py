"""One replica of the window: tails, writer and application over a log. Replicas know nothing of each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from mode import Service
from starlette.types import ASGIApp

from workers.gateway import metrics
from workers.gateway.answers import Answers
from workers.gateway.app import application
from workers.gateway.bills import Bills
from workers.gateway.guard import Guard
from workers.gateway.lookup import Lookup
from workers.gateway.options import bounds_of
from workers.gateway.quotes import Quotes
from workers.gateway.ready import Ready, probes
from workers.gateway.routes import routes
from workers.gateway.tail import Tail
from workers.gateway.warm import warm_up
from workers.gateway.window import Window, wall_ms
from workers.gateway.writer import Writer
from workers.host.http import Health
from workers.intake.national.folder import national_of
from workers.journal.keys import person_keys
from workers.journal.names import topic_name
from workers.journal.record import journal_of
from workers.journal.write import check_journal
from workers.log.port import Log, Record
from workers.settings import Settings

Door = Callable[[ASGIApp], ASGIApp]
"""Hangs authentication in front of the application: `workers.gateway.caller` says what it owes."""
BACK_RECORDS: Final = 500
"""Records of each partition before the end that a new replica reads: retries of requests that another one took."""
ANSWERED, JOURNAL, DECIDED, QUOTED = "journal.answered", "journal", "assistance.decided", "quote.answered"


class Replica(Service):
    """Everything behind the port of one replica. `asgi` is the application with door and guard around it."""

    def __init__(
        self,
        kafka: Log,
        settings: Settings,
        door: Door,
        *,
        instance_id: str,
        dev_keys: bool = False,
        clock_ms: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__()
        bounds = bounds_of(settings)
        self._kafka, self._settings = kafka, settings
        self.answers = Answers(kept_max=bounds.remembered_max)
        self.bills = Bills(self.answers, kept_max=bounds.remembered_max)
        self.quotes = Quotes()
        client = f"tuodi-gateway-{instance_id}-{uuid.uuid4().hex[:8]}"
        self.writer = Writer(
            kafka,
            client_id=client,
            flush_deadline_ms=bounds.flush_deadline_ms,
            waiting_max=bounds.requests_max,
        )
        self._hot = self._tail({ANSWERED: self._answered, QUOTED: self._quoted}, f"{client}-answers")
        self._cold = self._tail({JOURNAL: self._journal, DECIDED: self._decided}, f"{client}-journal")
        self.lookup = Lookup(self.bills, settings.database, self._begins)
        self.ready = Ready((self._hot, self._cold), self.writer, stall_ms=settings.stall_ms)
        self.window = Window(
            bounds=bounds,
            journal=journal_of(settings, person_keys(settings, dev_keys=dev_keys)),
            topic=lambda short: topic_name(settings, short),
            writer=self.writer,
            answers=self.answers,
            quotes=self.quotes,
            lookup=self.lookup,
            national=national_of(settings),
            clock_ms=clock_ms,
        )
        app = application([*probes(self.ready), *routes(self.window)])
        self.guard = Guard(metrics.timed(door(app)), requests_max=bounds.requests_max, ready=self.ready.serves)
        self.asgi: ASGIApp = self.guard

    async def on_start(self) -> None:
        """Raises Usage or Stop where topics are missing."""
        self.ready.begin()
        warm_up()
        await check_journal(self._kafka, self._settings)
        for service in (self._hot, self._cold, self.writer):
            await self.add_runtime_dependency(service)

    async def on_stop(self) -> None:
        self.lookup.close()

    def health(self) -> Health:
        """For the metrics port."""
        return self.ready.health()

    def before_scrape(self) -> None:
        """Carry plain numbers into the registry."""
        metrics.inside(self.guard.inside, self.answers.waiting, self.quotes.waiting)

    def _tail(self, takes: Mapping[str, Callable[[Record], None]], client_id: str) -> Tail:
        by_topic = {topic_name(self._settings, short): take for short, take in takes.items()}
        return Tail(
            self._kafka,
            tuple(by_topic),
            lambda record: by_topic[record.topic](record),
            client_id=client_id,
            back_records=BACK_RECORDS,
        )

    def _begins(self) -> Mapping[int, int]:
        journal = topic_name(self._settings, JOURNAL)
        return {slot.partition: offset for slot, offset in self._cold.begins.items() if slot.topic == journal}

    def _answered(self, record: Record) -> None:
        body = _body(record)
        self.answers.note(body)
        self.bills.take_answer(body)
        self.quotes.note_committed(body["partition"], body["offset"])

    def _quoted(self, record: Record) -> None:
        self.quotes.note(_body(record))

    def _journal(self, record: Record) -> None:
        self.bills.take_journal(record)

    def _decided(self, record: Record) -> None:
        self.bills.take_decision(_body(record))


def _body(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(record.value or b"")
    return body
