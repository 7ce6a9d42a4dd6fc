"""The service: files of the inbox and lists of the feed are taken once, put away, published; nobody's data leaks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import prometheus_client
import pytest

from schemas.topics import dlq_of, full_name
from tests.unit.directory.people import card, psn_no
from tests.unit.lists.list_world import ListWorld, row, standing, text_of
from workers.directory.keys import directory_keys
from workers.journal.pii import holds_person_data
from workers.lists.feed import FEED, ListFeed
from workers.lists.inbox import inbox
from workers.lists.received import line_text, received
from workers.lists.service import ListsService
from workers.log.memory import MemoryLog
from workers.settings import Settings
from workers.sheets.rows import Digest

NOW_MS = 1_710_000_000_000
PARTITIONS = 2
HEAD: dict[str, Any] = {
    "version": 1, "region": "520000", "list_id": "MZ-1", "source": "civil_affairs", "list_kind": "subsistence",
    "county": "522701", "list_month": "2024-03",
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListWorld]:
    monkeypatch.setattr("tests.unit.lists.list_world.KEYS", directory_keys(Settings(), dev_keys=True))
    made = ListWorld(tmp_path, 30)
    yield made
    made.close()


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    for short in ("identity.changed", "task.opened", "task.closed", FEED, dlq_of(FEED)):
        made.create_topic(full_name(short), PARTITIONS)
    return made


def drop(world: ListWorld, source: str, name: str, text: str, age_s: float = 60) -> Path:
    file = world.settings.lists_folder / "inbox" / source / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    os.utime(file, (NOW_MS / 1000 - age_s,) * 2)
    return file


def service(log: MemoryLog, world: ListWorld) -> ListsService:
    return ListsService(log, world.settings, dev_keys=True, now_ms=lambda: NOW_MS, poll_seconds=0.01)


def events(log: MemoryLog) -> list[dict[str, Any]]:
    return [orjson.loads(record.value or b"") for record in log.records(full_name("identity.changed"))]


def put_away(world: ListWorld) -> dict[str, dict[str, Any]]:
    """Reports by place and name."""
    folder = world.settings.lists_folder
    return {
        f"{file.parent.parent.name}/{file.name.split('.2024')[0]}": orjson.loads(file.read_bytes())
        for file in folder.glob("*/*/*.json")
    }


async def test_files_of_the_inbox_are_taken_put_away_and_published(world: ListWorld, log: MemoryLog) -> None:
    drop(world, "civil_affairs", "subsistence.522701.202403.csv", text_of([row(n) for n in range(20)] + [row(99)]))
    drop(world, "civil_affairs", "subsistence.522702.202403.csv", text_of([row(1)], closed=False))
    drop(world, "trade_union", "subsistence.522701.202403.csv", text_of([row(5)]))
    drop(world, "civil_affairs", "list of march.csv", text_of([row(5)]))
    drop(world, "civil_affairs", "list of april.csv", text_of([row(6)]))
    young = drop(world, "civil_affairs", "child.522701.202403.csv", text_of([row(3, "孤儿")]), age_s=1)
    hidden = drop(world, "civil_affairs", "child.522701.202402.csv.part", "")
    worker = service(log, world)
    await worker.round()
    reports = put_away(world)
    assert {place: report["state"] for place, report in reports.items()} == {
        "taken/subsistence.522701": "current",
        "refused/subsistence.522702": "open",
        "refused/subsistence.522701": "refused",
        "refused/unnamed": "refused",
    }
    assert "wrong source" in reports["refused/subsistence.522701"]["note"]
    assert len(list((world.settings.lists_folder / "refused/civil_affairs").glob("unnamed*.csv"))) == 2
    assert young.exists()
    assert hidden.exists()
    assert len(standing(events(log))) == 20
    assert len(log.records(full_name("task.opened"))) == 1
    assert await worker.round() == 0
    assert worker.current_health().ready


async def test_a_list_that_would_end_many_waits_for_a_person(world: ListWorld, log: MemoryLog) -> None:
    drop(world, "civil_affairs", "subsistence.522701.202403.csv", text_of([row(n) for n in range(30)]))
    worker = service(log, world)
    await worker.round()
    drop(world, "civil_affairs", "subsistence.522701.202404.csv", text_of([row(n) for n in range(3)]))
    await worker.round()
    report = put_away(world)["waiting/subsistence.522701"]
    assert report["state"] == "waiting"
    assert not any(each.get("removed_on") for each in events(log))
    assert prometheus_client.REGISTRY.get_sample_value("tuodi_lists_waiting") == 1


async def test_links_and_strange_folders_are_left_alone(world: ListWorld, tmp_path: Path) -> None:
    target = tmp_path / "secret.csv"
    target.write_text(text_of([row(1)]), "utf-8")
    drop(world, "Strange Folder", "subsistence.522701.202403.csv", text_of([row(1)]))
    link = world.settings.lists_folder / "inbox/civil_affairs/subsistence.522701.202403.csv"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert list(inbox(world.settings.lists_folder, NOW_MS / 1000 + 1e9)) == []


def line(number: int, person: int, **facts: Any) -> dict[str, Any]:
    return {"type": "list.line", **HEAD, "number": number, "psn_no": psn_no(person), **facts}


def closing(lines: list[dict[str, Any]]) -> dict[str, Any]:
    digest = Digest()
    for each in sorted({each["number"]: each for each in lines}.values(), key=lambda each: each["number"]):
        digest.add(line_text(each["psn_no"], each))
    return {"type": "list.closed", **HEAD, "count": digest.count, "digest": digest.hex()}


async def publish(log: MemoryLog, bodies: list[Any], key: bytes = b"MZ-1") -> None:
    producer = await log.producer(client_id="sender")
    for each in bodies:
        producer.append(full_name(FEED), 0, key, each if isinstance(each, bytes) else orjson.dumps(each))
    await producer.flush(deadline_ms=1_000)
    await producer.close()


async def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s"
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(log: MemoryLog, world: ListWorld) -> AsyncIterator[None]:
    feed = ListFeed(log, world.settings, instance_id="a", dev_keys=True)
    worker = service(log, world)
    await feed.start()
    await worker.start()
    try:
        yield
    finally:
        await worker.stop()
        await feed.stop()


async def test_a_list_of_the_feed_is_taken_when_it_is_closed(world: ListWorld, log: MemoryLog) -> None:
    lines = [line(n + 1, n, identity="低保对象", recognised_on="2020-01-05") for n in range(20)]
    lines[3] |= {"removed_on": "2024-03-09", "removal_reason": "death", "new_recognition": True}
    async with running(log, world):
        await publish(log, [*lines, lines[4], closing(lines)])
        await until(lambda: any(each["type"] == "identity.snapshot_closed" for each in events(log)))
        await until(lambda: received(world.lists) == [])
        await publish(log, [*lines, closing(lines)])  # at least once: all of it again
        await until(
            lambda: world.lists.connection.execute("SELECT MAX(state) FROM incoming_list").fetchone()[0] == "done"
        )
    found = standing(events(log))
    assert found[psn_no(3), "低保对象"] == [("2020-01-05", "2024-03-09")]
    assert len(found) == 20
    [closed] = [each for each in events(log) if each["type"] == "identity.snapshot_closed"]
    assert (closed["count"], closed["list_month"]) == (20, "2024-03")


async def test_what_does_not_belong_becomes_a_dead_letter(world: ListWorld, log: MemoryLog) -> None:
    bad = [
        b"no json",
        line(1, 1) | {"psn_no": card(1)},
        line(1, 1) | {"source": "trade_union"},
        line(1, 1) | {"county": "110101"},
        line(1, 1) | {"list_kind": "cats"},
        line(2, 1) | {"list_month": "2024-04"},
    ]
    async with running(log, world):
        await publish(log, [line(1, 0), *bad])
        await publish(log, [line(1, 0)], key=b"another")
        await until(lambda: len(log.records(full_name(dlq_of(FEED)))) == 7)
    reasons = [record.header("dlq_reason") for record in log.records(full_name(dlq_of(FEED)))]
    assert reasons == [
        b"not_json", b"personal_data", b"wrong_source", b"unknown_code", b"unknown_code", b"bad_field", b"key_mismatch",
    ]  # fmt: skip
    assert [each.lines for each in received(world.lists)] == [1]


async def test_a_list_with_a_gap_stays_open_until_its_lines_are_there(world: ListWorld, log: MemoryLog) -> None:
    lines = [line(n + 1, n, identity="低保对象") for n in range(12)]
    async with running(log, world):
        await publish(log, [*lines[:5], *lines[6:], closing(lines)])
        await until(lambda: [each.state for each in received(world.lists)] == ["open"])
        assert events(log) == []
        await publish(log, [lines[5], closing(lines)])
        await until(lambda: received(world.lists) == [] and len(events(log)) == 13)
    assert len(standing(events(log))) == 12


async def test_nobodys_data_stands_in_logs_metrics_topics_or_file_names(
    world: ListWorld, log: MemoryLog, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone = "1" + "3912345678"
    text = text_of([row(n) for n in range(20)] + [row(99)])
    drop(world, "civil_affairs", "subsistence.522701.202403.csv", text)
    drop(
        world, "civil_affairs", "subsistence.522702.202403.csv", text.replace("低保对象", phone).replace("#END", "#End")
    )
    drop(world, "civil_affairs", f"{card(1)}.csv", text)
    worker = service(log, world)
    async with running(log, world):
        await publish(log, [line(1, 1) | {"identity": phone}, line(1, 1) | {"psn_no": card(2)}])
        await until(lambda: len(log.records(full_name(dlq_of(FEED)))) == 2)
    await worker.round()
    told = [caplog.text, prometheus_client.generate_latest().decode()]
    for short in ("identity.changed", "task.opened", "task.closed", dlq_of(FEED)):
        for record in log.records(full_name(short)):
            told += [
                str(record.key),
                str(record.headers),
                "" if short.endswith("dlq") else (record.value or b"").decode(),
            ]
    whole = "\n".join(told)
    secrets = [card(n) for n in (*range(20), 99)] + [phone, "某某"]
    assert not any(secret in whole for secret in secrets)
    assert not holds_person_data(whole.encode())
    world.lists.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = b"".join(file.read_bytes() for file in world.folder.glob("*.sqlite*"))
    assert not any(secret.encode() in raw for secret in secrets)
    names = " ".join(file.name for file in world.settings.lists_folder.rglob("*"))
    assert not any(secret in names for secret in secrets)
    for report in put_away(world).values():
        assert not any(secret in str(report) for secret in secrets)
