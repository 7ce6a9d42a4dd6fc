"""One partition of the ledger, streamed: journal, answers and decisions side by side (A1, A2, A3, A4, A10).

The ledger writes answers and decisions in the order of the journal, so three streams are merged by journal offset and
nothing is kept but the books of the partition.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from workers.audit import answers, decode
from workers.audit.account import TOPIC, Books
from workers.audit.decode import Answer, Decision, Unreadable
from workers.audit.feeds import FeedMarks
from workers.audit.findings import Findings
from workers.audit.moves import Crossings, Moves
from workers.audit.reader import Seen
from workers.audit.sameness import AGAIN, CONTRADICTED, Sameness
from workers.audit.source import Rec, Source

T = TypeVar("T")
WITHOUT_NEW_DECISIONS = AGAIN | CONTRADICTED | {"stale", "no_effect", "parked"}


class Stream(Generic[T]):
    """A stream of decoded records with one of look-ahead; what cannot be read is a finding and is skipped."""

    def __init__(self, topic: str, records: AsyncIterator[Rec], read: Callable[[Rec], T], findings: Findings) -> None:
        self._topic, self._records, self._read, self._findings = topic, records, read, findings
        self._next: T | None = None
        self.count = 0

    async def peek(self) -> T | None:
        while self._next is None:
            record = await anext(self._records, None)
            if record is None:
                return None
            self.count += 1
            try:
                self._next = self._read(record)
            except Unreadable as error:
                self._findings.add("A0", f"{self._topic}[{record.partition}]@{record.offset}", str(error))
        return self._next

    async def take(self) -> T | None:
        found = await self.peek()
        self._next = None
        return found


@dataclass
class Counts:
    journal: int = 0
    answers: int = 0
    decisions: int = 0
    first_ms: int = 0  # append time of the first journal record
    incarnation: str | None = None  # as the first journal record states it


class LedgerPartition:
    """The merge of one partition. `position` is the next journal offset to fold, from the changelog."""

    def __init__(
        self,
        source: Source,
        books: Books,
        position: int,
        *,
        answers_kept_from: int,
        marks: FeedMarks,
        seen: Seen | None,
        crossings: Crossings,
    ) -> None:
        partition, findings = books.partition, books.findings
        self._journal = source.read("journal", partition)
        self._answers = Stream(
            "journal.answered", source.read("journal.answered", partition), lambda r: decode.answer(r.value), findings
        )
        self._decisions = Stream(
            TOPIC, source.read(TOPIC, partition), lambda r: decode.decision(r.value, r.offset), findings
        )
        self._books, self._findings, self._position = books, findings, position
        self._answers_may_be_gone = answers_kept_from > 0
        self._marks, self._seen = marks, seen
        self._sameness = Sameness()
        self.moves = Moves(books, crossings)
        self._partition = partition
        self.counts = Counts()

    async def run(self) -> Counts:
        async for record in self._journal:
            self.counts.journal += 1
            self.counts.first_ms = self.counts.first_ms or record.timestamp
            await self._one(record)
        await self._left_over(None)
        self.counts.answers = self._answers.count
        self.counts.decisions = self._decisions.count
        if self._seen is not None:
            self._seen.close(self._partition, self._findings)
        return self.counts

    async def _one(self, record: Rec) -> None:
        where = f"journal[{self._partition}]@{record.offset}"
        self._marks.journal(record, where)
        await self._left_over(record.offset)
        told = await self._answers_of(record.offset)
        body, allowed = self._read(record, told[0].outcome if told else None, where)
        group = await self._decisions_of(record.offset)
        if record.offset >= self._position:
            self._findings.add("A1", where, f"not worked: the committed position is {self._position}")
        elif not told and not self._answers_may_be_gone:
            self._findings.add("A1", where, "no answer")
        if len(told) > 1:
            self._findings.add("A1", where, f"{len(told)} answers")
        if told:
            self._answers_may_be_gone = False
            self._compare(told[0], group, allowed, where)
            for what in answers.faults(told[0], body, group, self._books):
                self._findings.add("A1", where, what)

    def _read(
        self, record: Rec, outcome: str | None, where: str
    ) -> tuple[Mapping[str, Any] | None, frozenset[str] | None]:
        """What the record says and the outcomes that it may have; what leaves or arrives with it is noted before its
        decisions."""
        try:
            body = decode.obj(record.value)
            if self.counts.journal == 1 and body.get("type") == "journal.opened":
                self.counts.incarnation = str(body["incarnation"])
            self._books.hear(body)
            allowed = self._sameness.allowed(body)
            forwarded = self.moves.allowed(record, body)
            self.moves.fold(record, body, outcome, where)
            return body, forwarded or allowed
        except (Unreadable, KeyError, TypeError, ValueError) as error:
            self._findings.add("A0", where, f"not of the shape of the page: {error}")
            return None, None

    async def _answers_of(self, offset: int) -> list[Answer]:
        found: list[Answer] = []
        while (head := await self._answers.peek()) is not None and head.offset == offset:
            found.append(head)
            await self._answers.take()
        return found

    async def _decisions_of(self, offset: int) -> list[Decision]:
        group: list[Decision] = []
        while (head := await self._decisions.peek()) is not None and head.cause[1] == offset:
            await self._decide(head)
            group.append(head)
        if group:
            self._books.close_group(group)
        return group

    async def _decide(self, head: Decision) -> None:
        self._books.take(head)
        if self._seen is not None:
            self._seen.compare(self._partition, head.at, head.decision_id, self._findings)
        await self._decisions.take()

    async def _left_over(self, offset: int | None) -> None:
        """Answers and decisions that belong to no journal record before `offset` (None: to none at all)."""
        while (late := await self._answers.peek()) is not None and (offset is None or late.offset < offset):
            self._findings.add(
                "A1", f"journal[{self._partition}]@{late.offset}", "an answer to no record, or again later"
            )
            await self._answers.take()
        while (stray := await self._decisions.peek()) is not None and (offset is None or stray.cause[1] < offset):
            where = f"{TOPIC}[{self._partition}]@{stray.at}"
            self._findings.add("A3", where, f"caused by {stray.cause[1]}, which is not its place")
            await self._decide(stray)

    def _compare(self, answer: Answer, group: list[Decision], allowed: frozenset[str] | None, where: str) -> None:
        check = self._findings.unless
        check(answer.partition == self._partition, "A1", where, f"answered as of partition {answer.partition}")
        if allowed is not None:
            check(answer.outcome in allowed, "A2", where, f"answered {answer.outcome}, due {'|'.join(sorted(allowed))}")
        if answer.outcome in WITHOUT_NEW_DECISIONS:
            check(not group, "A2", where, f"{answer.outcome}, yet it caused {len(group)} decisions")
        if answer.person is not None:
            unnamed = {d.decision_id for d in group} - set(answer.decision_ids)
            check(not unnamed, "A1", where, f"the answer does not name {len(unnamed)} decisions it caused")
