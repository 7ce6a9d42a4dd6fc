"""Transactions that nobody will ever end, whose they are, and which end lets everything agree again (ADR 15).

Apache Kafka 4.1 to 4.3 forgets the markers of a transaction whose coordinator loads while a partition has no leader.
The records are on the log, neither committed nor aborted, and no reader of committed records passes them. Some places
of the transaction may have got their marker, others not. The one end that is right is the one that agrees with what can
be seen already:

    the changelog's part is committed      the batch happened: COMMIT what hangs elsewhere
    any other part is committed            the coordinator had decided to commit: COMMIT the rest, changelog included
    no part of it can be seen              nobody has read any of it: ABORT all; the records are decided again, the same

"Committed" is told by the changelog's position: an output whose cause lies below it belongs to a batch that happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.topics import TOPICS, full_name
from workers.errors import Stop
from workers.journal.names import topic_name
from workers.log.kafka_open import OpenTransaction, coordinator_views, open_transactions
from workers.log.port import Isolation, Log, Record, TopicPartition
from workers.runtime.changelog import POSITION_KEY, read_range
from workers.runtime.position import parse_position
from workers.settings import Settings
from workers.topics.causes import Answers, answers_of, causes_of

LOOKS_APART_SECONDS: Final = 2.0
"""Between two looks: what a living worker has open is another transaction by then."""
TAIL_OFFSETS: Final = 20_000
"""How far back from its end a partition is read for what one batch (at most 250 records) left there."""
BATCH_RECORDS: Final = 2_000


class End(StrEnum):
    """How a hanging transaction is to end in one partition."""

    COMMIT = "commit"
    ABORT = "abort"
    UNDECIDED = "undecided"


class Hanging(NamedTuple):
    """One partition of a hanging transaction; `owner` is the journal partition whose ledger wrote it."""

    open: OpenTransaction
    owner: int | None
    end: End
    why: str


def written_topics(settings: Settings) -> list[str]:
    """Full names of all topics that the ledger writes in its transactions."""
    return [full_name(t.short, settings.topic_prefix) for t in TOPICS.values() if "ledger" in t.owners]


async def find(settings: Settings, transactional_ids: dict[int, str]) -> dict[int | None, list[OpenTransaction]]:
    """What hangs now, by owner; None = of nobody we know. Two looks, so that no living transaction is taken for one.

    Raises `Retry` where a broker, a coordinator or a leader is away.
    """
    topics = written_topics(settings)
    first = set(await open_transactions(settings.cluster, topics))
    if not first:
        return {}
    await asyncio.sleep(LOOKS_APART_SECONDS)
    still = [found for found in await open_transactions(settings.cluster, topics) if found in first]
    views = await coordinator_views(settings.cluster, transactional_ids.values()) if still else {}
    owners = {views[id_].producer_id: owner for owner, id_ in transactional_ids.items() if id_ in views}
    hanging: dict[int | None, list[OpenTransaction]] = {}
    for found in still:
        owner = owners.get(found.producer_id)
        if owner is None or found.place not in views[transactional_ids[owner]].places:
            hanging.setdefault(owner, []).append(found)
    return hanging


async def judge(log: Log, settings: Settings, hanging: dict[int | None, list[OpenTransaction]]) -> list[Hanging]:
    """The end of each, by what can be seen of its batch elsewhere. Reads only."""
    judged: list[Hanging] = []
    for owner, found in sorted(hanging.items(), key=lambda item: -1 if item[0] is None else item[0]):
        if owner is None:
            why = "no transactional id of this ledger has this producer: ask who wrote it"
            judged += [Hanging(each, None, End.UNDECIDED, why) for each in found]
        else:
            judged += await _Owner(log, settings, owner).judge(found)
    return judged


class _Owner:
    """The evidence about one partition of the journal."""

    def __init__(self, log: Log, settings: Settings, owner: int) -> None:
        self._log, self._settings, self._owner = log, settings, owner
        self._changelog = TopicPartition(topic_name(settings, "ledger-changelog"), owner)
        self._answers: Answers = {}

    async def judge(self, found: Sequence[OpenTransaction]) -> list[Hanging]:
        answered = TopicPartition(topic_name(self._settings, "journal.answered"), self._owner)
        self._answers = answers_of(await self._tail(answered, Isolation.READ_UNCOMMITTED), self._owner)
        position = await self._committed_position()
        own = next((each for each in found if each.place == self._changelog), None)
        seen = await self._seen_beyond(position)
        if seen is not None and own is None:
            why = f"the changelog stands at {position}, yet {seen} can be seen: run the audit, and decide by hand"
            return [Hanging(each, self._owner, End.UNDECIDED, why) for each in found]
        hidden = await self._hidden_position(own) if own is not None and seen is not None else None
        judged = [await self._output(each, position if hidden is None else hidden) for each in found if each is not own]
        if own is not None:  # last: an interrupted mend finds the same evidence again
            judged.append(self._own(own, position, seen))
        return judged

    def _own(self, own: OpenTransaction, position: int, seen: str | None) -> Hanging:
        if seen is None:
            return Hanging(own, self._owner, End.ABORT, f"nothing of the batch from offset {position} on can be seen")
        return Hanging(own, self._owner, End.COMMIT, f"{seen} can be seen: the batch was to be committed")

    async def _output(self, found: OpenTransaction, position: int) -> Hanging:
        records = await self._read(found.place, found.start_offset, Isolation.READ_UNCOMMITTED)
        causes = causes_of(records, self._owner, self._answers)
        if not causes.offsets or causes.unknown:
            why = "its records name no cause that is still on the log: run the audit, and decide by hand"
            return Hanging(found, self._owner, End.UNDECIDED, why)
        first, last = min(causes.offsets), max(causes.offsets)
        if last < position:
            return Hanging(found, self._owner, End.COMMIT, f"caused by {first}–{last}, below the position {position}")
        if first >= position:
            return Hanging(
                found, self._owner, End.ABORT, f"caused by {first}–{last}, not below the position {position}"
            )
        why = f"caused by {first}–{last}, on both sides of the position {position}: run the audit, and decide by hand"
        return Hanging(found, self._owner, End.UNDECIDED, why)

    async def _committed_position(self) -> int:
        """Where the committed state goes on. Raises `Stop` where there is none."""
        records = await self._tail(self._changelog, Isolation.READ_COMMITTED)
        found = _last_position(records, self._changelog)
        if found is None:
            records = await self._read(self._changelog, None, Isolation.READ_COMMITTED)
            found = _last_position(records, self._changelog)
        if found is None:
            raise Stop(f"{self._changelog.topic}[{self._changelog.partition}] has no !position: restore or rebuild it")
        return found

    async def _hidden_position(self, own: OpenTransaction) -> int | None:
        return _last_position(await self._read(own.place, own.start_offset, Isolation.READ_UNCOMMITTED), own.place)

    async def _seen_beyond(self, position: int) -> str | None:
        """An output that readers can see and whose cause the committed state does not hold, told for people."""
        journal = topic_name(self._settings, "journal")
        for topic in written_topics(self._settings):
            if topic == self._changelog.topic:
                continue
            partitions: Iterable[int] = range(self._settings.partitions) if topic == journal else (self._owner,)
            for partition in partitions:
                place = TopicPartition(topic, partition)
                causes = causes_of(await self._tail(place, Isolation.READ_COMMITTED), self._owner, self._answers)
                beyond = [offset for offset in causes.offsets if offset >= position]
                if beyond:
                    return f"{topic}[{partition}], caused by {min(beyond)},"
        return None

    async def _tail(self, place: TopicPartition, isolation: Isolation) -> list[Record]:
        end = (await self._log.end_offsets([place], isolation))[place]
        return await self._read(place, end - TAIL_OFFSETS, isolation)

    async def _read(self, place: TopicPartition, start: int | None, isolation: Isolation) -> list[Record]:
        end = (await self._log.end_offsets([place], isolation))[place]
        begin = (await self._log.beginning_offsets([place]))[place]
        found: list[Record] = []
        async for records, _ in read_range(
            self._log, place, start=max(begin, start or 0), end=end, batch_records=BATCH_RECORDS,
            client_id="tuodi-hanging", isolation=isolation,
        ):  # fmt: skip
            found += records
        return found


def _last_position(records: Iterable[Record], place: TopicPartition) -> int | None:
    found = None
    for record in records:
        if record.key == POSITION_KEY:
            found = parse_position(record.value, f"{place.topic}[{place.partition}]").offset
    return found
