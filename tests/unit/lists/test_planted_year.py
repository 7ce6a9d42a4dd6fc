"""A simulated county year with ID numbers, telephones and names planted everywhere: none comes out anywhere in clear.

What is planted in a feed record is either refused (numbers) or dropped (names, in fields that the contract does not
know). Looked at: journal, dead letters, logs, metrics of the real intake on a log in memory; the answer, the decisions
and the refusals of the whole fold.
"""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path
from typing import Any

import orjson
import prometheus_client
import pytest

from schemas.topics import FEEDS, dlq_of, full_name
from tests.unit.directory.people import card
from tests.unit.intake.bills import memory_log, settings
from workers.intake.service import IntakeService
from workers.journal.names import intake_group
from workers.log.port import TopicPartition
from workers.replay.run import replay_file
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan

NAME = "甲乙丙某某"
PHONES = tuple(f"1{n}{12345678 + n}" for n in range(30, 40))
CARDS = tuple(card(n) for n in range(50))


def secrets() -> tuple[str, ...]:
    return (*CARDS, *(number.lower() for number in CARDS), *PHONES, NAME)


def planted(line: bytes, draws: random.Random) -> bytes:
    """One feed line with something of a person in it: in a field that is known, in one that is not, in a header."""
    body = orjson.loads(line)
    value: dict[str, Any] = body["value"]
    number = draws.choice(CARDS + PHONES)
    texts = [name for name, text in value.items() if isinstance(text, str) and name not in ("type", "psn_no")]
    way = draws.randrange(5)
    if way == 0:
        value[draws.choice(texts)] = number
    elif way == 1:
        value["note"] = f"联系人 {NAME}，电话{number}"
    elif way == 2:
        value |= {"psn_name": NAME, "addr": {"street": [NAME]}}
    elif way == 3:
        body["headers"] = {**body.get("headers", {}), "x-operator": number, "ce_source": number}
    else:
        body["key"] = value["psn_no"] = number
    return orjson.dumps(body)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small year in which every third feed line is planted."""
    folder = tmp_path_factory.mktemp("planted")
    write(Plan(5, 800, 2023, "522701", False, True), folder / "plain.ndjson")
    draws = random.Random(7)
    with (folder / "year.ndjson").open("wb") as out:
        for number, line in enumerate((folder / "plain.ndjson").read_bytes().splitlines()):
            feed = orjson.loads(line)["topic"] in FEEDS and b'"psn_no"' in line
            out.write((planted(line, draws) if feed and number % 3 == 0 else line) + b"\n")
    return folder / "year.ndjson"


def test_the_year_is_full_of_people(year: Path) -> None:
    text = year.read_text("utf-8")
    assert sum(text.count(secret) for secret in secrets()) > 200


def test_nothing_planted_comes_out_of_the_fold(
    year: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    result = replay_file(year, Settings.model_construct(), decisions=tmp_path / "decisions.ndjson")
    decisions = (tmp_path / "decisions.ndjson").read_text("utf-8")
    assert decisions.count("\n") > 50
    assert len(result.rejected) > 30
    told = capsys.readouterr()
    whole = "\n".join((result.model_dump_json(), decisions, caplog.text, told.out, told.err))
    assert [secret for secret in secrets() if secret in whole] == []


async def test_nothing_planted_comes_out_of_intake(year: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log = memory_log()
    lines = (await asyncio.to_thread(year.read_bytes)).splitlines()
    producer = await log.producer(client_id="platform")
    sent = 0
    for line in lines:
        body = orjson.loads(line)
        if body["topic"] in FEEDS:
            headers = [(name, str(text).encode()) for name, text in body.get("headers", {}).items()]
            producer.append(full_name(body["topic"]), 0, body["key"].encode(), orjson.dumps(body["value"]), headers)
            sent += 1
    await producer.flush(deadline_ms=10_000)
    await producer.close()
    service = IntakeService(log, settings(), instance_id="a", dev_keys=True)
    await service.start()
    try:
        await _passed(log, sent)
    finally:
        await service.stop()
    told = [caplog.text, prometheus_client.generate_latest().decode()]
    journal = log.records(full_name("journal"))
    dead = [
        record
        for feed in FEEDS
        if log.partitions_of(full_name(dlq_of(feed)))
        for record in log.records(full_name(dlq_of(feed)))
    ]
    assert len(journal) > 100
    assert len(dead) > 30
    for record in (*journal, *dead):
        told += [str(record.key), str(record.headers)]
        value = record.value or b""
        told.append(value.decode("utf-8", "replace"))
    whole = "\n".join(told)
    assert [secret for secret in secrets() if secret in whole] == []
    assert not [record for record in journal if NAME.encode() in (record.value or b"")]


async def _passed(log: Any, sent: int) -> None:
    """Wait until intake has committed everything that was sent."""
    group = intake_group(settings())
    slots = [TopicPartition(full_name(feed), 0) for feed in FEEDS if log.partitions_of(full_name(feed))]
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        offsets = await log.group_offsets(group, slots)
        if sum(offset or 0 for offset in offsets.values()) >= sent:
            return
        assert asyncio.get_running_loop().time() < deadline, "intake did not pass the feeds"
        await asyncio.sleep(0.01)
