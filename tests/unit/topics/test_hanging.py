"""Whatever part of a batch lost its marker, the ends that are judged make it happen as a whole or not at all."""

from __future__ import annotations

from collections.abc import Collection

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from schemas.events.header import MOVED_FROM
from workers.log.kafka_open import OpenTransaction
from workers.log.memory import MemoryLog
from workers.log.port import Headers, Isolation, Record, TopicPartition, TransactionalProducer
from workers.runtime.changelog import POSITION_KEY
from workers.runtime.position import Position
from workers.settings import Settings
from workers.topics.hanging import End, Hanging, judge, written_topics

SETTINGS = Settings(partitions=2, topic_prefix="test")
SHORT = ("ledger-changelog", "journal.answered", "assistance.decided", "person.accumulated", "journal")
OWNER = 1
AGES_MS = 10_000_000
subsets = st.sets(st.sampled_from(SHORT))


def name(short: str) -> str:
    return f"test.{short}.v1"


class Batches:
    """The ledger of one partition, a producer a place, so that each place may lose its marker."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        for topic in written_topics(SETTINGS):
            self.log.create_topic(topic, SETTINGS.partitions)
        self.hanging: list[OpenTransaction] = []
        self._open: dict[TopicPartition, TransactionalProducer] = {}

    async def batch(self, first: int, last: int, topics: Collection[str], lost: Collection[str]) -> None:
        """Outputs of the journal records first … last in these topics; markers are lost in some of them."""
        for short in topics:
            place = TopicPartition(name(short), 0 if short == "journal" else OWNER)  # moved to another's journal
            producer = await self.log.transactional(
                transactional_id=f"{short}-{first}", client_id="t", transaction_timeout_ms=AGES_MS
            )
            await producer.init(deadline_ms=1_000)
            await producer.begin()
            start = (await self.log.end_offsets([place], Isolation.READ_UNCOMMITTED))[place]
            for cause in range(first, last + 1):
                key, value, headers = _record(short, cause, last)
                producer.append(place.topic, place.partition, key, value, headers)
            await producer.flush(deadline_ms=1_000)
            if short in lost:
                self.hanging.append(OpenTransaction(place, 7, 0, 0, start))
                self._open[place] = producer
            else:
                await producer.commit(deadline_ms=1_000)

    async def judged(self) -> list[Hanging]:
        return await judge(self.log, SETTINGS, {OWNER: self.hanging} if self.hanging else {})

    async def end(self, found: Collection[Hanging]) -> None:
        """What `tuodi topics mend` does with what was judged."""
        for each in found:
            producer = self._open.pop(each.open.place)
            await (producer.commit(deadline_ms=1_000) if each.end is End.COMMIT else producer.abort())
        self.hanging = []

    def seen(self, causes: range) -> set[str]:
        """Topics in which all of these causes can be read; every one of them or none."""
        found = set()
        for short in SHORT:
            texts = [(record.value or b"") + (record.header(MOVED_FROM) or b"") for record in self.records(short)]
            there = [any(_mark(short, cause) in text for text in texts) for cause in causes]
            assert len(set(there)) == 1, f"{short} holds a part of the batch"
            found |= {short} if there[0] else set()
        return found

    def records(self, short: str) -> list[Record]:
        return self.log.records(name(short))


def _mark(short: str, cause: int) -> bytes:
    return b"#%d#" % cause


def _record(short: str, cause: int, last: int) -> tuple[bytes, bytes, Headers]:
    if short == "ledger-changelog":
        position = Position("one", last + 1, 0)._asdict() | {"mark": f"#{cause}#"}
        return POSITION_KEY, orjson.dumps(position), ()
    headers: list[tuple[str, bytes]] = [("ce_source", b"ledger"), ("ce_causationid", b"id-%d" % cause)]
    value: dict[str, object] = {"type": short, "mark": f"#{cause}#"}
    if short == "journal.answered":
        value |= {"partition": OWNER, "offset": cause}
    elif short == "assistance.decided":
        value["cause"] = {"partition": OWNER, "offset": cause}
    elif short == "journal":
        headers.append((MOVED_FROM, b"%d,%d" % (OWNER, cause)))
    return b"k", orjson.dumps(value), headers


@examples(max_examples=150, deadline=None)
@given(st.integers(1, 3), subsets, subsets)
async def test_a_batch_happens_as_a_whole_or_not_at_all(size: int, also: set[str], lost: set[str]) -> None:
    topics = {"ledger-changelog", "journal.answered"} | also
    ledger = Batches()
    await ledger.batch(0, 4, SHORT, ())
    await ledger.batch(5, 4 + size, topics, lost)
    hidden = topics & lost
    found = await ledger.judged()
    assert {each.open.place.topic for each in found} == {name(short) for short in hidden}
    assert {each.end for each in found} <= ({End.ABORT} if hidden == topics else {End.COMMIT})
    await ledger.end(found)
    assert ledger.seen(range(5, 5 + size)) == (set() if hidden == topics else topics)


@examples(max_examples=60, deadline=None)
@given(subsets, st.integers(0, 20))
async def test_an_interrupted_mend_goes_on_the_same(lost: set[str], after: int) -> None:
    ledger = Batches()
    await ledger.batch(0, 4, SHORT, ())
    await ledger.batch(5, 6, SHORT, lost)
    first = await ledger.judged()
    done = first[: after % (len(first) + 1)]
    left = [each.open for each in first[len(done) :]]
    await ledger.end(done)
    ledger.hanging = left
    await ledger.end(await ledger.judged())
    assert ledger.seen(range(5, 7)) == (set() if lost == set(SHORT) else set(SHORT))


async def test_an_older_batch_that_hangs_in_one_output_is_committed_beside_a_newer_one_that_is_not() -> None:
    ledger = Batches()
    await ledger.batch(0, 4, SHORT, ())
    await ledger.batch(5, 6, SHORT, {"assistance.decided"})
    await ledger.batch(7, 8, ("journal.answered", "ledger-changelog"), ("journal.answered", "ledger-changelog"))
    ends = {each.open.place.topic: each.end for each in await ledger.judged()}
    assert ends == {
        name("assistance.decided"): End.COMMIT,
        name("journal.answered"): End.ABORT,
        name("ledger-changelog"): End.ABORT,
    }


async def test_two_batches_in_one_open_transaction_are_left_to_people() -> None:
    ledger = Batches()
    await ledger.batch(0, 6, ("ledger-changelog", "journal.answered"), ())
    await ledger.batch(5, 8, ("assistance.decided",), ("assistance.decided",))  # 5, 6 happened; 7, 8 did not
    (found,) = await ledger.judged()
    assert found.end is End.UNDECIDED
    assert "both sides" in found.why


async def test_an_output_that_can_be_seen_beside_a_sound_changelog_is_left_to_people() -> None:
    ledger = Batches()
    await ledger.batch(0, 4, SHORT, ())
    await ledger.batch(5, 6, ("journal.answered", "assistance.decided"), ("assistance.decided",))
    (found,) = await ledger.judged()
    assert found.end is End.UNDECIDED
    assert "can be seen" in found.why


async def test_what_names_no_cause_any_more_is_left_to_people() -> None:
    ledger = Batches()
    await ledger.batch(0, 4, ("ledger-changelog", "journal.answered"), ())
    await ledger.batch(7, 7, ("person.accumulated",), ("person.accumulated",))  # its answer is gone
    (found,) = await ledger.judged()
    assert found.end is End.UNDECIDED


async def test_a_strangers_transaction_is_left_to_whom_it_belongs() -> None:
    ledger = Batches()
    await ledger.batch(0, 1, ("ledger-changelog",), ())
    strange = OpenTransaction(TopicPartition(name("journal"), 0), 99, 0, -1, 0)
    (found,) = await judge(ledger.log, SETTINGS, {None: [strange]})
    assert (found.end, found.owner) == (End.UNDECIDED, None)


@pytest.mark.parametrize("short", SHORT)
def test_everything_the_ledger_writes_is_looked_at(short: str) -> None:
    assert name(short) in written_topics(SETTINGS)
