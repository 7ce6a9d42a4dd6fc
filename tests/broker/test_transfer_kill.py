"""Persons merged and split on a real Kafka while the ledger dies by kill -9 between: the audit finds all of it once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.replay import ReplayResult
from schemas.topics import full_name
from tests.broker.world import eventually, read_all
from tests.kafka_fixture import KafkaUnderTest
from tests.unit.replay.two_numbers import REGION, SIGNED, bill, identity
from workers.audit.kafka_source import KafkaSource
from workers.audit.run import Plan, run_audit
from workers.journal.adopt import adopt
from workers.journal.export import export_journal
from workers.journal.keys import person_keys
from workers.journal.record import Source, journal_of
from workers.log.kafka import KafkaLog
from workers.log.port import Isolation, TopicPartition
from workers.policy.adoption import build_adoption
from workers.replay.run import replay_file
from workers.settings import Settings

pytestmark = [pytest.mark.broker, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PAIRS, PARTITIONS = 25, 3
MANY, KILLS = 700, 3
BATCH_RECORDS = 20
"""So that the records of one move arrive in dozens of transactions, and a kill falls between two of them."""


class TransferWorld:
    """Topics of one prefix, a ledger in a process of its own, and pairs of numbers that are one person each."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.settings = Settings(bootstrap=bootstrap, topic_prefix=prefix, partitions=PARTITIONS)
        self.log, self.folder = KafkaLog(bootstrap), folder
        self.journal = journal_of(self.settings, person_keys(self.settings, dev_keys=True))
        self.environment = {
            "TUODI_BOOTSTRAP": bootstrap,
            "TUODI_TOPIC_PREFIX": prefix,
            "TUODI_PARTITIONS": str(PARTITIONS),
            "TUODI_DATA_DIR": str(folder),
            "TUODI_DEV_KEYS": "1",
            "TUODI_BATCH_RECORDS_MAX": str(BATCH_RECORDS),
        }

    async def open(self) -> None:
        command = [sys.executable, "-m", "workers.cli", "topics", "apply"]
        made = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=os.environ | self.environment, capture_output=True, timeout=60
        )
        assert made.returncode == 0, made.stderr
        await adopt(self.log, self.settings, build_adoption())

    @contextmanager
    def ledger(self) -> Iterator[subprocess.Popen[bytes]]:
        """The real worker; killed with SIGKILL at the end, whatever it does just then."""
        command = [sys.executable, "-m", "workers.cli", "worker", "--roles", "ledger", "--instance", "transfer"]
        with (self.folder / "worker.log").open("ab") as out:
            process = subprocess.Popen(command, cwd=ROOT, env=os.environ | self.environment, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait(timeout=20)

    async def say(self, *events: dict[str, Any]) -> None:
        producer = await self.log.producer(client_id="platform")
        for event in events:
            made = self.journal.person_record({"version": 1, "region": REGION, **event}, Source("platform", 1))
            topic = full_name("journal", self.settings.topic_prefix)
            producer.append(topic, made.partition, made.key, made.value, made.headers)
        await producer.flush(deadline_ms=10_000)
        await producer.close()

    async def values(self, short: str) -> list[dict[str, Any]]:
        topic = full_name(short, self.settings.topic_prefix)
        slots = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return [orjson.loads(r.value or b"{}") for slot in slots for r in await read_all(self.log, slot)]

    async def records(self, short: str) -> int:
        """How many records a topic has."""
        topic = full_name(short, self.settings.topic_prefix)
        slots = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return sum((await self.log.end_offsets(slots, Isolation.READ_COMMITTED)).values())

    async def all_answered(self) -> bool:
        return len(await self.values("journal.answered")) == len(await self.values("journal"))


def told(number: int) -> list[dict[str, Any]]:
    """Two numbers: an identity and a bill of the first, two bills of the second."""
    first, second = f"A{number}", f"B{number}"
    stays = [
        (first, bill(f"S{number}-1", "30000.00", in_scope="90000.00")),
        (second, bill(f"S{number}-2", "30000.00", in_scope="90000.00")),
        (second, bill(f"S{number}-3")),
    ]
    recognised = {"psn_no": first, **identity(source_id=f"I{number}"), "withdrawn": False}
    return [recognised, *({"psn_no": psn_no, **stated(body)} for psn_no, body in stays)]


def stated(body: dict[str, Any]) -> dict[str, Any]:
    """With the defaults that intake spells."""
    money = ("class_b_first_pay", "over_limit_price_pay", "out_of_scope", "assistance_paid_upstream")
    amounts = {name: "0.00" for name in (*money, "supplementary_paid")}
    return {"insured": True, "insurance_settled": True, "channel": "one_stop", **amounts, **body}


def order(number: int, kind: str, psn_no: str, to: str, **lists: Any) -> dict[str, Any]:
    made = {"type": "office.ordered", "psn_no": psn_no, "to_psn_no": to, "kind": kind, "order_id": f"O{kind}{number}"}
    return {**made, "serial": number + 1, **SIGNED, **lists}


def lists(number: int, go: list[int], stay: list[int]) -> dict[str, Any]:
    named = {"bills": go, "kept_bills": stay}
    return {name: [{"region": REGION, "setl_id": f"S{number}-{n}"} for n in numbers] for name, numbers in named.items()}


async def test_a_ledger_that_dies_between_moves_each_person_whole_and_once(
    kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    world = TransferWorld(kafka.bootstrap, kafka.name("move").replace("-", ""), tmp_path)
    try:
        await world.open()
        for number in range(PAIRS):
            await world.say(*told(number))
        with world.ledger():
            await eventually(world.all_answered, seconds=60, what="the bills")
            await world.say(*(order(n, "person_merged", f"A{n}", f"B{n}") for n in range(PAIRS)))

            async def some_moved() -> bool:
                return any(v["type"] == "person.moved" for v in await world.values("journal"))

            await eventually(some_moved, seconds=30, what="the first move")
        await world.say(*({"psn_no": f"A{n}", **stated(bill(f"S{n}-4"))} for n in range(PAIRS)))
        with world.ledger():
            await eventually(world.all_answered, seconds=60, what="the merges")
            await world.say(
                *(order(100 + n, "person_split", f"B{n}", f"A{n}", **lists(n, [1, 4], [2, 3])) for n in range(PAIRS))
            )
        with world.ledger():
            await eventually(world.all_answered, seconds=60, what="the splits")
        await judge(world, tmp_path)
    finally:
        await world.log.close()


async def test_two_numbers_of_hundreds_of_bills_each_merge_though_the_ledger_dies_between_the_records_of_the_move(
    kafka: KafkaUnderTest, tmp_path: Path
) -> None:
    """The receiving partition collects the bills over many transactions; kill -9 falls between them, several times."""
    world = TransferWorld(kafka.bootstrap, kafka.name("many").replace("-", ""), tmp_path)
    try:
        await world.open()
        await world.say({"psn_no": "A0", **identity(source_id="I0"), "withdrawn": False})
        for psn_no in ("A0", "B0"):
            many = (bill(f"S{psn_no}-{k}", "10.00") for k in range(MANY))
            await world.say(*({"psn_no": psn_no, **stated(each)} for each in many))
        with world.ledger():
            await eventually(world.all_answered, seconds=90, what="the bills")
        before = await world.records("journal.answered")
        await world.say(order(0, "person_merged", "A0", "B0"))
        between = []
        for _ in range(KILLS):
            with world.ledger():
                seen = await world.records("journal.answered")

                async def some_more(seen: int = seen) -> bool:
                    return await world.records("journal.answered") > seen + 1

                await eventually(some_more, seconds=30, what="the next records of the move")
            between.append(await world.records("journal.answered") - before)
        assert any(3 < answered < MANY + 2 for answered in between), between  # markers of transactions count too
        await world.say({"psn_no": "A0", **stated(bill("SA0-late", "10.00"))})
        with world.ledger():
            await eventually(world.all_answered, seconds=60, what="the merge")
        result = await clean(world, tmp_path)
        gone, kept = (world.journal.keys.person_key(REGION, f"{p}0") for p in "AB")
        assert result.persons[gone].forwarded_to == kept
        assert len(result.persons[kept].settlements) == 2 * MANY + 1
        assert result.persons[kept].years["2023"]["QN"]["ordinary_used"] == f"{10 * (2 * MANY + 1)}.00"
    finally:
        await world.log.close()


async def judge(world: TransferWorld, folder: Path) -> None:
    """Each number has its own bills, and each move was made once."""
    result = await clean(world, folder)
    outcomes = Counter(value["outcome"] for value in await world.values("journal.answered"))
    assert outcomes["forwarded"] == PAIRS
    for number in range(PAIRS):
        first, second = (result.persons[world.journal.keys.person_key(REGION, f"{p}{number}")] for p in "AB")
        assert set(first.settlements) == {f"S{number}-1", f"S{number}-4"}
        assert set(second.settlements) == {f"S{number}-2", f"S{number}-3"}
        assert first.years["2023"]["QN"]["ordinary_used"] == "31000.00"
        assert second.years["2023"]["QN"]["ordinary_used"] == "0.00"


async def clean(world: TransferWorld, folder: Path) -> ReplayResult:
    """The audit is clean and the export replays to the same decisions byte for byte."""
    export, decisions = folder / "journal.ndjson", folder / "decisions.ndjson"
    with export.open("wb") as file:
        await export_journal(world.log, world.settings, file)
    result = replay_file(export, world.settings, decisions=decisions, adopt=False)
    replay = folder / "replay.json"
    replay.write_text(result.model_dump_json())
    source = KafkaSource(world.settings.bootstrap, world.settings.topic_prefix)
    try:
        found = await run_audit(source, Plan(world.settings.topic_prefix, replay=replay, seed="1"))
    finally:
        await source.close()
    assert found.findings.lines() == []
    committed = Counter(orjson.dumps(value) for value in await world.values("assistance.decided"))
    assert committed == Counter(decisions.read_bytes().splitlines())
    return result
