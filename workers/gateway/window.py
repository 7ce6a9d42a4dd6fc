"""The window itself: write one record, wait for its answer, look up what is stored. It decides nothing.

Everything that comes here is checked (`judged`) and the caller's own, or is asked about before it is written.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, Final

import orjson

from schemas.events.header import ce_headers
from schemas.http.person_year import PersonYearAnswer
from schemas.http.problem import ProblemType
from schemas.http.sentences import of_person_year
from schemas.national.load import National
from workers.errors import Reject
from workers.gateway.answers import Answers
from workers.gateway.caller import Caller, check_region
from workers.gateway.judged import judged, source_of
from workers.gateway.lookup import CannotLookUp, Found, Lookup
from workers.gateway.options import Bounds
from workers.gateway.problems import ProblemError
from workers.gateway.quotes import Quotes
from workers.gateway.told import Told, answered, on_its_way, quoted, stored
from workers.gateway.writer import NotWritten, Writer
from workers.journal.partition import partition_of
from workers.journal.record import Journal, Source, time_text
from workers.log.port import TopicPartition
from workers.runtime.clock import now

REVERSE: Final = "settlement.reverse"
_NOT_OF_A_QUOTE: Final = ("type", "version", "region", "psn_no")


def wall_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class Window:
    """What the routes call. All parts are given; it keeps nothing itself."""

    def __init__(
        self,
        *,
        bounds: Bounds,
        journal: Journal,
        topic: Callable[[str], str],
        writer: Writer,
        answers: Answers,
        quotes: Quotes,
        lookup: Lookup,
        national: National,
        clock_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self.bounds = bounds
        self.national = national
        self.clock_ms = clock_ms
        self._journal = journal
        self._topic = topic
        self._writer = writer
        self._answers = answers
        self._quotes = quotes
        self._lookup = lookup

    def judged(self, raw: bytes, caller: Caller, *types: str) -> dict[str, Any]:
        """The event of a body that may be of these types. ProblemError where it is refused or not the caller's."""
        return judged(
            raw,
            caller,
            types=types,
            now_ms=self.clock_ms(),
            bytes_max=self.bounds.body_bytes_max,
            national=self.national,
        )

    async def settle(self, event: dict[str, Any], caller: Caller) -> Told:
        """Record a bill and tell what the ledger made of it, or where that will be told.

        Who bore the assistance moves money of a bill that is known already: only its own institution may say it.
        """
        if event.get("advanced_by") is not None:
            found = await self._found(self._lookup.bill((event["region"], event["setl_id"])))
            if found is not None and found.owner is not None:
                self._callers_own(found, caller)
        return await self._recorded(event, caller, event["setl_id"])

    async def undo(self, event: dict[str, Any], caller: Caller) -> Told:
        """Record a cancel, reversal or reinstatement of a bill of the caller."""
        found = await self._named(event, caller)
        return await self._recorded(event, caller, None if found is None else found.key[1])

    async def query(self, region: str, setl_id: str, caller: Caller) -> Told:
        """What is stored of a settlement of the caller."""
        check_region(caller, region)
        found = self._callers_own(await self._found(self._lookup.bill((region, setl_id))), caller)
        if found.state is None:
            return on_its_way(region, setl_id, None)
        return stored(found.key, found.state)

    async def trial(self, event: dict[str, Any], caller: Caller) -> Told:
        """Ask what a checked bill would get now; ProblemError(no-quote) where nobody says it in time."""
        ends = now() + self.bounds.quote_deadline_ms / 1000
        person_key = self._journal.keys.person_key(event["region"], event["psn_no"])
        partition = partition_of(person_key, self._journal.partitions)
        quote_id = uuid.uuid4().hex
        value = self._request(event, quote_id, person_key)
        time = time_text(self.clock_ms())
        headers = ce_headers(id_=quote_id, type_="quote.requested", version=1, source=source_of(caller), time=time)
        self._quotes.ask(quote_id)
        try:
            slot = TopicPartition(self._topic("quote.requested"), partition)
            await self._writer.write(slot, person_key.encode(), value, headers, self.bounds.quote_deadline_ms)
            body = await self._quotes.answer(quote_id, ends - now())
        except NotWritten:
            body = None
        finally:
            self._quotes.forget(quote_id)
        if body is None:
            raise ProblemError(ProblemType.NO_QUOTE)
        return quoted(body, event["region"], event["setl_id"])

    async def person_year(self, region: str, psn_no: str, year: int, caller: Caller) -> PersonYearAnswer:
        """The cap tables of one person and year, as far as the read model has come."""
        check_region(caller, region)
        person_key = self._journal.keys.person_key(region, psn_no)
        tables = await self._found(self._lookup.person_year(person_key, year))
        fields = {
            "region": region, "year": year, "sentence": of_person_year(year, len(tables)),
            "tables": [{"measure": measure, "counters": counters} for measure, counters in tables.items()],
        }  # fmt: skip
        return PersonYearAnswer.model_validate_json(orjson.dumps(fields))

    # ---- below

    async def _recorded(self, event: dict[str, Any], caller: Caller, setl_id: str | None) -> Told:
        ends = now() + self.bounds.deadline_ms / 1000
        try:
            record = self._journal.person_record(event, Source(source_of(caller), self.clock_ms()))
        except Reject:  # the journal's only objection is its limit
            raise ProblemError(ProblemType.TOO_LARGE) from None
        slot = TopicPartition(self._topic("journal"), record.partition)
        try:
            offset = await self._writer.write(slot, record.key, record.value, record.headers, self.bounds.deadline_ms)
        except NotWritten:
            raise ProblemError(ProblemType.NOT_WRITTEN) from None
        place = (record.partition, offset)
        body = await self._answers.wait(place, ends - now())
        if body is None:
            return on_its_way(event["region"], setl_id, place)
        return answered(body, event["region"], place)

    async def _named(self, event: dict[str, Any], caller: Caller) -> Found | None:
        """The bill that an undoing names; None where it may wait for a bill that is not known yet.

        That is a 2601 by message number alone, and only where the number begins with the caller's own code, as the
        platform's numbers do: a message that got lost may still arrive, and must find its reversal.
        """
        region, found = event["region"], None
        if event.get("setl_id") is not None:
            found = await self._found(self._lookup.bill((region, event["setl_id"])))
        else:
            for name in (event.get("msgid"), event.get("own_id")):
                if name is not None and found is None:
                    found = await self._found(self._lookup.named(region, name))
        if found is None and event["type"] == REVERSE and event.get("setl_id") is None:
            names = [name for name in (event.get("msgid"), event.get("own_id")) if name is not None]
            if all(name.startswith(caller.code) for name in names):
                return None
        own = self._callers_own(found, caller)
        if self._journal.keys.person_key(region, event["psn_no"]) not in own.persons:
            raise ProblemError(ProblemType.UNKNOWN_BILL, field="psn_no")
        return own

    async def _found(self, asked: Any) -> Any:
        try:
            return await asked
        except CannotLookUp:
            raise ProblemError(ProblemType.CANNOT_LOOK_UP) from None

    def _callers_own(self, found: Found | None, caller: Caller) -> Found:
        if found is None:
            raise ProblemError(ProblemType.UNKNOWN_BILL)
        if found.owner != caller.code:
            raise ProblemError(ProblemType.NOT_YOURS)
        return found

    def _request(self, event: dict[str, Any], quote_id: str, person_key: str) -> bytes:
        bill = {name: value for name, value in event.items() if name not in _NOT_OF_A_QUOTE}
        fields = {
            "type": "quote.requested", "version": 1, "quote_id": quote_id, "person_key": person_key,
            "region": event["region"], "asked_at": time_text(self.clock_ms()),
            "bill": bill,
        }  # fmt: skip
        return orjson.dumps(fields)
