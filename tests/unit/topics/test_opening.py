"""Opening a journal once: fresh, repeated, interrupted, damaged; on the memory log."""

from __future__ import annotations

import json
import re

import pytest

from workers.errors import Retry, Stop
from workers.log.memory import MemoryLog
from workers.log.port import CommitUnknown
from workers.settings import Settings
from workers.topics.opening import open_journal, opened_incarnation
from workers.topics.registry import feed_specs, own_specs

SETTINGS = Settings(partitions=3, topic_prefix="test")
JOURNAL, CHANGELOG = "test.journal.v1", "test.ledger-changelog.v1"


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    made.create_topic(JOURNAL, 3, append_time=True)
    made.create_topic(CHANGELOG, 3)
    return made


async def test_every_partition_begins_with_the_same_incarnation(log: MemoryLog) -> None:
    incarnation, opened = await open_journal(log, SETTINGS)

    assert opened
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", incarnation)
    journal, changelog = log.records(JOURNAL), log.records(CHANGELOG)
    assert [(r.partition, r.key) for r in journal] == [(n, b"!journal.opened") for n in range(3)]
    assert {json.loads(r.value or b"")["incarnation"] for r in journal} == {incarnation}
    assert [(r.partition, r.key) for r in changelog] == [(n, b"!position") for n in range(3)]
    assert {r.value for r in changelog} == {f'{{"incarnation":"{incarnation}","offset":0,"stamp":0}}'.encode()}


async def test_a_second_opening_changes_nothing(log: MemoryLog) -> None:
    first, _ = await open_journal(log, SETTINGS)
    before = log.records(JOURNAL) + log.records(CHANGELOG)
    assert await open_journal(log, SETTINGS) == (first, False)
    assert log.records(JOURNAL) + log.records(CHANGELOG) == before
    assert await opened_incarnation(log, SETTINGS) == first


@pytest.mark.parametrize("point", ["flush", "flushed", "end"])
async def test_an_interrupted_opening_leaves_nothing_and_is_done_again(log: MemoryLog, point: str) -> None:
    async def die(at: str, who: str) -> None:
        if at == point:
            raise CommitUnknown("killed")

    log.hook = die
    with pytest.raises(Retry, match="run `tuodi topics apply` again"):
        await open_journal(log, SETTINGS)
    log.hook = None

    incarnation, opened = await open_journal(log, SETTINGS)
    assert opened
    assert {json.loads(r.value or b"")["incarnation"] for r in log.records(JOURNAL)} == {incarnation}
    assert len(log.records(CHANGELOG)) == 3


async def test_an_opening_whose_answer_is_lost_is_found_open(log: MemoryLog) -> None:
    async def die(at: str, who: str) -> None:
        if at == "ended":
            raise CommitUnknown("killed")

    log.hook = die
    with pytest.raises(Retry):
        await open_journal(log, SETTINGS)
    log.hook = None
    _, opened = await open_journal(log, SETTINGS)
    assert not opened
    assert len(log.records(JOURNAL)) == 3


async def test_a_journal_with_records_but_no_opening_is_refused(log: MemoryLog) -> None:
    producer = await log.producer(client_id="c")
    producer.append(JOURNAL, 1, b"somebody", b"{}")
    await producer.flush(deadline_ms=1_000)
    with pytest.raises(Stop, match=r"test\.journal\.v1\[1\] does not begin with journal\.opened"):
        await open_journal(log, SETTINGS)
    assert log.records(CHANGELOG) == []


async def test_a_lost_changelog_is_refused_and_never_begun_anew(log: MemoryLog) -> None:
    """A new `!position` at 0 beside an old journal would decide every bill a second time."""
    await open_journal(log, SETTINGS)
    other = MemoryLog()
    other.create_topic(JOURNAL, 3)
    other.create_topic(CHANGELOG, 3)
    other.write(log.records(JOURNAL), None)
    with pytest.raises(Stop, match="could decide bills twice"):
        await open_journal(other, SETTINGS)
    assert other.records(CHANGELOG) == []


async def test_before_the_topics_exist_the_journal_is_not_open() -> None:
    assert await opened_incarnation(MemoryLog(), SETTINGS) is None


def test_feeds_come_last_and_every_topic_once() -> None:
    own, feeds = own_specs(SETTINGS), feed_specs(SETTINGS)
    names = [spec.name for spec in own + feeds]
    assert len(names) == len(set(names))
    assert {JOURNAL, CHANGELOG} <= {spec.name for spec in own}
    assert "test.settlement.reported.v1" in {spec.name for spec in feeds}
    assert {spec.partitions for spec in own + feeds} == {3}


@pytest.mark.parametrize(("name", "policy", "retention"), [(JOURNAL, "delete", "-1"), (CHANGELOG, "compact", None)])
def test_what_must_not_be_lost_is_not_lost(name: str, policy: str, retention: str | None) -> None:
    """Design §5, 13: the journal is kept for ever, changelogs are compacted, an unclean leader is never elected."""
    [spec] = [spec for spec in own_specs(SETTINGS) if spec.name == name]
    assert spec.config["cleanup.policy"] == policy
    assert spec.config.get("retention.ms") == retention
    assert spec.config["unclean.leader.election.enable"] == "false"
