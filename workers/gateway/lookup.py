"""What is stored of a settlement: first what this replica has seen go by, then the read model.

`None` is an answer that people act on ("no such settlement"): it is given only where it is certain. As long as the read
model has not read up to where this replica began, nobody here knows: `CannotLookUp`.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from workers.errors import Usage
from workers.gateway.bills import BillKey, Bills, Seen, State
from workers.history.queries import open_for_reading
from workers.history.stored import StoredBill, bill_named, cap_tables, journal_read, stored_bill

log = logging.getLogger(__name__)
Result = TypeVar("Result")

DEADLINE_MS: Final = 2_000
THREADS: Final = 2


class CannotLookUp(Exception):
    """The read model is missing, behind or busy."""


class Found(NamedTuple):
    """One settlement. `owner` None: no record of it states an institution. `state` None: nothing is known of it yet."""

    key: BillKey
    owner: str | None
    persons: frozenset[str]
    state: State | None
    on_its_way: bool


class Lookup:
    """Asks memory and file. `begins` gives the first journal offset of each partition that this replica has seen."""

    def __init__(self, bills: Bills, database: Path, begins: Callable[[], Mapping[int, int]]) -> None:
        self._bills = bills
        self._path = database
        self._begins = begins
        self._threads = ThreadPoolExecutor(THREADS, "read-model")

    async def bill(self, key: BillKey) -> Found | None:
        """The settlement with this number; None where there certainly is none."""
        seen = self._bills.get(key)
        if seen is not None and seen.owner is not None and seen.state is not None:
            return Found(key, seen.owner, frozenset(seen.persons), seen.state, seen.on_its_way)
        try:
            stored, certain = await self._ask(lambda database: (stored_bill(database, *key), self._certain(database)))
        except CannotLookUp:
            if not self._saw_all():
                raise
            stored, certain = None, True
        if stored is None and not certain:  # an older record may have another owner
            raise CannotLookUp
        return _together(key, seen, stored)

    async def named(self, region: str, name: str) -> Found | None:
        """The settlement that a message number or a cancel's own id means."""
        key = self._bills.named(region, name)
        if key is None:
            try:
                setl_id, certain = await self._ask(
                    lambda database: (bill_named(database, region, name), self._certain(database))
                )
            except CannotLookUp:
                if not self._saw_all():
                    raise
                setl_id, certain = None, True
            if setl_id is None:
                if not certain:
                    raise CannotLookUp
                return None
            key = (region, setl_id)
        return await self.bill(key)

    async def person_year(self, person_key: str, year: int) -> dict[str, dict[str, str]]:
        """Counters by measure, as far as the read model has come."""
        return await self._ask(lambda database: cap_tables(database, person_key, year))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _saw_all(self) -> bool:
        """Whether this replica has read the journal from its first record."""
        begins = self._begins()
        return bool(begins) and not any(begins.values())

    def _certain(self, database: sqlite3.Connection) -> bool:
        """Whether read model and memory together leave nothing out."""
        read = journal_read(database)
        begins = self._begins()
        return bool(begins) and all(read.get(number, 0) >= offset for number, offset in begins.items())

    async def _ask(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            async with asyncio.timeout(DEADLINE_MS / 1000):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._asked, question)
        except (Usage, sqlite3.Error, TimeoutError, RuntimeError) as error:
            log.warning("the read model did not answer (%s)", type(error).__name__)
            raise CannotLookUp from None

    def _asked(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = open_for_reading(self._path)
        try:
            return question(connection)
        finally:
            connection.close()


def _together(key: BillKey, seen: Seen | None, stored: StoredBill | None) -> Found | None:
    """Both halves. What was seen is newer than what is stored, the first owner is older."""
    if seen is None and stored is None:
        return None
    owner = stored.owner if stored is not None else None
    persons = stored.persons if stored is not None else frozenset()
    state = None
    if stored is not None and stored.status is not None:
        state = State(stored.status, stored.reason, stored.layers, stored.payable, stored.decision_id)
    on_its_way = stored is not None and stored.unanswered and state is None
    if seen is not None:
        owner = owner or seen.claimed_by
        persons = persons | seen.persons
        state = seen.state or state
        on_its_way = on_its_way or seen.on_its_way
    return Found(key, owner, persons, state, on_its_way)
