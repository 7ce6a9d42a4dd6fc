"""Feeding: every line where Kafka's default partitioner would put it, days and adoptions in their place, resumable."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workers.errors import Retry, Usage
from workers.journal.names import intake_group, topic_name
from workers.journal.partition import partition_of
from workers.log.memory import MemoryLog
from workers.log.port import Record, TopicPartition
from workers.replay.lines import Line, read_lines
from workers.settings import Settings
from workers.simulate import commands, feed
from workers.simulate.feed import FEED_TOPICS, Feeder, FeedPlan
from workers.simulate.year import Plan, simulate

SETTINGS = Settings(partitions=3)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feed") / "year.ndjson"
    path.write_bytes(b"".join(line + b"\n" for line in simulate(Plan(seed=3, persons=30))))
    return path


def lines_of(file: Path) -> list[Line]:
    return list(read_lines(file, SETTINGS.topic_prefix))


def memory() -> MemoryLog:
    log = MemoryLog()
    for short in (*FEED_TOPICS, "journal"):
        log.create_topic(topic_name(SETTINGS, short), SETTINGS.partitions)
    return log


class FollowedLog(MemoryLog):
    """Intake has always passed everything: its committed offsets are the ends."""

    async def group_offsets(self, group: str, partitions):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        assert group == intake_group(SETTINGS)
        return {slot: len(self.partition(TopicPartition(*slot)).records()) for slot in partitions}


def followed() -> FollowedLog:
    log = FollowedLog()
    for short in (*FEED_TOPICS, "journal"):
        log.create_topic(topic_name(SETTINGS, short), SETTINGS.partitions)
    return log


def fed(log: MemoryLog) -> dict[str, list[Record]]:
    return {short: log.records(topic_name(SETTINGS, short)) for short in sorted(FEED_TOPICS)}


async def test_every_line_lands_whole_on_the_partition_of_its_key(file: Path) -> None:
    log, lines = followed(), lines_of(file)
    counts = await Feeder(log, SETTINGS, FeedPlan()).run(lines)
    expected = [line for line in lines if line.topic in FEED_TOPICS]
    found = fed(log)
    assert sum(counts.published.values()) == len(expected) == sum(map(len, found.values()))
    assert counts.last_line == lines[-1].number
    for short, records in found.items():
        wanted = [(line.key, line.value, list(line.headers)) for line in expected if line.topic == short]
        assert sorted(map(str, ((r.key, r.value, list(r.headers)) for r in records))) == sorted(map(str, wanted))
        assert all(r.key and r.partition == partition_of(r.key.decode(), SETTINGS.partitions) for r in records)
        for number in range(SETTINGS.partitions):
            arrived = [r.value for r in records if r.partition == number]
            assert arrived == [v for k, v, _ in wanted if k and partition_of(k.decode(), SETTINGS.partitions) == number]


async def test_days_and_adoptions_become_journal_records_in_their_place(file: Path) -> None:
    log, lines = followed(), lines_of(file)
    counts = await Feeder(log, SETTINGS, FeedPlan()).run(lines)
    days = [line for line in lines if line.topic == "day.closed"]
    journal = [r for r in log.records(topic_name(SETTINGS, "journal")) if r.partition == 1]
    assert (counts.days, counts.adoptions) == (len(days), 1)
    assert [r.key for r in journal] == [b"!rulebook.adopted"] + [b"!day.closed"] * len(days)
    assert b'"date":"2023-01-01"' in (journal[1].value or b"")


async def test_a_day_waits_for_intake_and_the_message_names_the_line_to_go_on_from(file: Path) -> None:
    log, lines = memory(), lines_of(file)
    first_day = next(line.number for line in lines if line.topic == "day.closed")
    with pytest.raises(Retry, match=f"--from-line {first_day}"):
        await Feeder(log, SETTINGS, FeedPlan(intake_deadline_ms=60)).run(lines)
    assert sum(map(len, fed(log).values())) == first_day - 2


async def test_going_on_from_a_line_feeds_the_rest_and_nothing_else(file: Path) -> None:
    log, lines = followed(), lines_of(file)
    plan = FeedPlan(close_days=False, from_line=100)
    counts = await Feeder(log, SETTINGS, plan).run(lines)
    assert sum(counts.published.values()) == sum(line.topic in FEED_TOPICS for line in lines[99:])
    assert counts.days == counts.adoptions == 0


async def test_rate_is_kept(file: Path) -> None:
    lines = [line for line in lines_of(file) if line.topic in FEED_TOPICS][:100]
    began = time.monotonic()
    await Feeder(memory(), SETTINGS, FeedPlan(rate=400)).run(lines)
    assert 0.20 < time.monotonic() - began < 2.0


async def test_a_topic_that_is_no_feed_is_refused(file: Path) -> None:
    line = lines_of(file)[1]._replace(topic="journal")
    with pytest.raises(Usage, match="journal is no feed"):
        await Feeder(memory(), SETTINGS, FeedPlan()).run([line])


async def test_a_missing_topic_says_how_to_make_it(file: Path) -> None:
    with pytest.raises(Usage, match="tuodi topics apply"):
        await Feeder(MemoryLog(), SETTINGS, FeedPlan()).run([lines_of(file)[1]])


def test_dry_run_counts_without_a_broker(file: Path) -> None:
    lines = lines_of(file)
    found = feed.dry_run(lines, FeedPlan(), 3)
    spread = found["by_partition"]
    assert isinstance(spread, dict)
    assert sum(spread.values()) == sum(line.topic in FEED_TOPICS for line in lines)
    assert found["last_line"] == len(lines)


def test_commands_say_what_they_do(file: Path) -> None:
    import typer

    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(app, ["feed", str(file), "--dry-run"])
    assert result.exit_code == 0
    assert '"by_partition"' in result.stdout
    out = file.with_name("again.ndjson")
    result = CliRunner().invoke(app, ["simulate", "--seed", "3", "--persons", "30", "--out", str(out), "--json"])
    assert result.exit_code == 0
    assert out.read_bytes() == file.read_bytes()
