"""Lists on a real Kafka: a department's file becomes identities, identities become assistance; a missing month alerts.

Everything is as deployed: `tuodi topics apply`, `tuodi worker` (intake and ledger) and `tuodi lists serve` as processes
of their own, the latter killed with SIGKILL as soon as something of the list is on the feed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.broker.world import eventually, read_all
from tests.kafka_fixture import KafkaUnderTest
from tests.processes import stopped_at_end
from tests.unit.directory.people import card
from tests.unit.lists.list_world import ListWorld, row, standing, text_of
from workers.directory.keys import directory_keys
from workers.errors import Retry
from workers.journal.adopt import adopt
from workers.journal.clock import close_day
from workers.journal.keys import person_keys
from workers.journal.partition import partition_of
from workers.log.kafka import KafkaLog
from workers.log.port import TopicPartition
from workers.policy.adoption import build_adoption
from workers.settings import Settings
from workers.topics.apply import apply

pytestmark = pytest.mark.broker

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 3
PEOPLE = 400
NAME = "subsistence.522701.{period}.csv"


class Deployed:
    """One prefix on the broker and the folder of its processes."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(
            bootstrap=bootstrap, topic_prefix=prefix, partitions=PARTITIONS, data_dir=folder,
            directory=folder / "d.sqlite", lists=folder / "l.sqlite", lists_folder=folder / "guarded",
        )  # fmt: skip
        self.log = KafkaLog(bootstrap)

    def process(self, *words: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """A command as a process; stopped at the end where it still runs."""
        names = ("bootstrap", "topic_prefix", "partitions", "data_dir", "directory", "lists", "lists_folder")
        environment = {f"TUODI_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        environment = {**os.environ, **environment, "TUODI_HTTP_PORT": "0", "TUODI_DEV_KEYS": "1"}
        with (self.folder / f"{words[0]}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers.cli", *words], cwd=ROOT, env=environment, stdout=output, stderr=output
            )
        return stopped_at_end(process, seconds=30)

    def drop(self, period: str, text: str) -> None:
        """A list as the department puts it into its folder."""
        inbox = self.settings.lists_folder / "inbox/civil_affairs"
        inbox.mkdir(parents=True, exist_ok=True)
        part = inbox / f"{NAME.format(period=period)}.part"
        part.write_text(text, "utf-8")
        os.utime(part, (1_700_000_000, 1_700_000_000))
        part.rename(inbox / NAME.format(period=period))

    async def values(self, short: str) -> list[dict[str, Any]]:
        topic = f"{self.settings.topic_prefix}.{short}.v1"
        slots = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        return [orjson.loads(record.value or b"") for slot in slots for record in await read_all(self.log, slot)]

    async def publish(self, short: str, body: dict[str, Any]) -> None:
        producer = await self.log.producer(client_id="platform")
        key = body["psn_no"]
        topic = f"{self.settings.topic_prefix}.{short}.v1"
        producer.append(topic, partition_of(key, PARTITIONS), key.encode(), orjson.dumps(body))
        await producer.flush(deadline_ms=10_000)
        await producer.close()


@pytest_asyncio.fixture
async def deployed(kafka: KafkaUnderTest, tmp_path: Path) -> AsyncIterator[Deployed]:
    made = Deployed(kafka.bootstrap, kafka.name("lists"), tmp_path)
    for attempt in range(3):
        try:
            await apply(made.settings, allow_forgetting=False, say=lambda _: None)
            break
        except Retry:
            assert attempt < 2, "the broker has no transaction coordinator"
    yield made
    await made.log.close()


@pytest.fixture
def known(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory knows everybody, under the key that the processes use."""
    monkeypatch.setattr("tests.unit.lists.list_world.KEYS", directory_keys(Settings(), dev_keys=True))
    ListWorld(deployed.folder, PEOPLE).close()


def bill(psn_no: str, setl_id: str, day: str) -> dict[str, Any]:
    return {
        "type": "settlement.final", "version": 1, "region": "520000", "psn_no": psn_no, "setl_id": setl_id,
        "county": "522701", "care_type": "inpatient", "admitted_on": day, "discharged_on": day, "settled_on": day,
        "insured": True, "insutype": "390", "insurance_settled": True, "designated": True, "emergency_rescue": False,
        "place": "in_county", "referral": "not_required", "channel": "one_stop", "in_scope_personal": "1000.00",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("known")
async def test_a_list_becomes_assistance_and_a_missing_month_an_alert(deployed: Deployed) -> None:
    await adopt(deployed.log, deployed.settings, build_adoption())
    march = [row(n, recognised="2023-01-05") for n in range(PEOPLE)]
    april = [row(n, recognised="2023-01-05") for n in range(1, PEOPLE)]
    serve = ("lists", "serve", "--instance", "lists-1", "--dev-keys")

    async def feed_has(count: int) -> bool:
        return len(await deployed.values("identity.changed")) >= count

    with deployed.process("worker", "--instance", "w1", "--dev-keys"):
        deployed.drop("202303", text_of(march))
        with deployed.process(*serve) as first:
            await eventually(lambda: feed_has(1), seconds=90, what="the first identity on the feed")
            first.kill()
        with deployed.process(*serve):
            await eventually(lambda: feed_has(PEOPLE + 1), seconds=90, what="the whole list on the feed")
            deployed.drop("202304", text_of(april))
            await eventually(lambda: feed_has(PEOPLE + 3), seconds=90, what="the second list on the feed")
        for number, person, day in ((1, 0, "2023-04-12"), (2, 0, "2023-05-12"), (3, 1, "2023-05-12")):
            await deployed.publish("settlement.reported", bill(f"P{person:07d}", f"S{number}", day))

        async def decisions() -> dict[str, dict[str, Any]]:
            return {each["bill"]["setl_id"]: each for each in await deployed.values("assistance.decided")}

        async def three() -> bool:
            return len(await decisions()) == 3

        await eventually(three, seconds=90, what="three decisions")
        found = await decisions()
        # who left the list of April keeps assistance to the end of April (QN-1.2g), not longer
        assert found["S1"]["layers"]["ordinary"] == "700.00"
        assert found["S2"]["layers"]["ordinary"] == "0.00"
        assert found["S3"]["layers"]["ordinary"] == "700.00"
        assert await deployed.values("alert.raised") == []
        await close_day(deployed.log, deployed.settings, date(2023, 5, 31), wait_deadline_ms=60_000)

        async def missing() -> bool:
            return any(each["kind"] == "list_missing" for each in await deployed.values("alert.raised"))

        await eventually(missing, seconds=60, what="the alert of the missing list")
    [alert] = [each for each in await deployed.values("alert.raised") if each["kind"] == "list_missing"]
    assert (alert["county"], alert["details"]) == ("522701", {"source": "MZ.subsistence", "list_month": "2023-05"})
    await nobody_is_named_and_everybody_is_known(deployed)


async def nobody_is_named_and_everybody_is_known(deployed: Deployed) -> None:
    """On the feed everybody by number, one of them ended; in the journal by key; nowhere a certificate."""
    feed = await deployed.values("identity.changed")
    people = {each["psn_no"] for each in feed if each["type"] == "identity.changed"}
    assert len(people) == PEOPLE
    assert sum(bool(end) for each in standing(feed).values() for _, end in each) == 1
    journal = await deployed.values("journal")
    identities = [each for each in journal if each["type"] == "identity.changed"]
    keys = person_keys(Settings(), dev_keys=True)
    assert {each["person_key"] for each in identities} == {keys.person_key("520000", number) for number in people}
    outcomes = {each["outcome"] for each in await deployed.values("journal.answered")}
    assert outcomes <= {"applied", "decided", "repeat", "no_effect"}, outcomes
    logs = b"".join(file.read_bytes() for file in deployed.folder.glob("*.log"))
    whole = orjson.dumps([feed, journal]) + logs
    assert not any(card(n).encode() in whole for n in range(PEOPLE))
