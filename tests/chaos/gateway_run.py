"""One run of the window under kills: ledger workers and replicas die while hospitals settle; every bill is judged.

`python -m tests.chaos.gateway_run --seed 3` (`make chaos-gateway SEED=3`). Exit codes: 0 each bill was decided once and
every try was told the same; 1 something is red; 2 asked wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from schemas.topics import full_name
from tests.chaos.folder import LIBS, run_folder
from tests.chaos.gateway_load import CODE, PERSONS_SHARE, REGION, Hospitals, person_number
from tests.chaos.ready import fetch, wait_ready
from tests.chaos.slots import ROOT, Workers
from workers.journal.keys import person_keys
from workers.journal.record import Source, journal_of
from workers.log.broker import Broker
from workers.log.kafka import KafkaLog
from workers.log.port import Isolation, Record, TopicPartition
from workers.settings import Settings

PARTITIONS, LEDGERS, REPLICAS = 6, 2, 2
COMMAND_S, WARM_UP_S, READ_S = 300.0, 90.0, 60.0
STRIKE_EVERY_S = (1.5, 3.5)
SAME = ("status", "reason", "layers", "assistance", "decision_id", "sentence")


@dataclass
class Verdict:
    """What a run showed; anything in `red` fails it."""

    bills: int = 0
    tries: int = 0
    told: int = 0
    journal_records: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    red: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The run for people, its red lines last."""
        struck = ", ".join(f"{count} x kill -9 {name}" for name, count in sorted(self.strikes.items()))
        told = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        lines = [
            f"{self.bills} bills in {self.tries} tries: {self.told} answers told, "
            f"{self.journal_records} journal records",
            f"  {struck or 'no strike'}; answers: {told or 'none'}",
            *(f"  RED {what}" for what in self.red),
            "RED" if self.red else "EACH BILL DECIDED ONCE, EVERY TRY TOLD THE SAME",
        ]
        return "\n".join(lines)


class GatewayRun:
    """Everything of one seed in one folder."""

    def __init__(self, seed: int, rate: float, seconds: float, folder: Path, broker: Broker) -> None:
        self.verdict = Verdict()
        self._seed, self._rate, self._seconds = seed, rate, seconds
        self._folder, self._broker = folder, broker
        self._environment = {
            "TUODI_BOOTSTRAP": broker.bootstrap, "TUODI_PARTITIONS": str(PARTITIONS), "TUODI_DEV_KEYS": "1",
            "TUODI_DATA_DIR": str(folder), "TUODI_DATABASE": str(folder / "none.sqlite"), "TUODI_GATEWAY_PORT": "0",
            "TUODI_SESSION_TIMEOUT_MS": "3000",
        }  # fmt: skip
        self._settings = Settings(bootstrap=broker.bootstrap, partitions=PARTITIONS)

    async def run(self) -> Verdict:
        for arguments in (("topics", "apply"), ("rulebook", "adopt")):
            await self._tuodi(*arguments)
        ledgers = Workers(LEDGERS, self._folder, self._environment)
        window = Workers(REPLICAS, self._folder, self._environment, "gateway", ("--open-door", f"{CODE}:{REGION}"))
        hospitals = Hospitals(self._folder, REPLICAS, self._seed)
        try:
            for slots, count in ((ledgers, LEDGERS), (window, REPLICAS)):
                for number in range(count):
                    slots.start(number)
            await wait_ready(self._folder, range(LEDGERS), WARM_UP_S)
            await self._recognise(max(1, int(self._rate * self._seconds) // PERSONS_SHARE))
            await self._window_ready()
            watching = [asyncio.create_task(slots.supervise()) for slots in (ledgers, window)]
            striking = asyncio.create_task(self._strike(ledgers, window))
            await hospitals.run(self._rate, self._seconds)
            for task in (striking, *watching):
                task.cancel()
            await asyncio.gather(striking, *watching, return_exceptions=True)
        finally:
            window.stop()
            ledgers.stop()
        await self._judge(hospitals)
        return self.verdict

    async def _strike(self, ledgers: Workers, window: Workers) -> None:
        """Kill a ledger worker or a replica, never both replicas at once, until the load is over."""
        dice, turn = random.Random(self._seed), 0
        while True:
            await asyncio.sleep(dice.uniform(*STRIKE_EVERY_S))
            turn += 1
            slots, count, name = (ledgers, LEDGERS, "ledger") if turn % 2 else (window, REPLICAS, "gateway")
            if await slots.kill(dice.randrange(count)):
                self.verdict.strikes[name] += 1

    async def _window_ready(self) -> None:
        """Every replica lets callers in."""
        async with asyncio.timeout(WARM_UP_S):
            for number in range(REPLICAS):
                port = self._folder / f"gateway-chaos-{number}.port"
                while True:
                    with contextlib.suppress(OSError, ValueError):
                        await asyncio.to_thread(fetch, f"http://127.0.0.1:{int(port.read_text())}/readyz")
                        break
                    await asyncio.sleep(0.2)

    async def _recognise(self, persons: int) -> None:
        """Everybody is a recipient, so that every bill is about money and every cap is used up some day."""
        journal = journal_of(self._settings, person_keys(self._settings, dev_keys=True))
        log = KafkaLog(self._broker.bootstrap)
        producer = await log.producer(client_id="chaos-identities")
        for index in range(persons):
            event = {
                "type": "identity.changed", "version": 1, "region": REGION, "psn_no": person_number(index),
                "source_id": f"I{index}", "identity": "低保对象", "revision": 1, "recognised_on": "2023-01-01",
                "withdrawn": False,
            }  # fmt: skip
            record = journal.person_record(event, Source("platform/520000", 1))
            producer.append(full_name("journal"), record.partition, record.key, record.value, record.headers)
        await producer.flush(deadline_ms=30_000)
        await producer.close()
        await log.close()

    async def _judge(self, hospitals: Hospitals) -> None:
        verdict, told = self.verdict, hospitals.told
        decided, arrived = await self._read("assistance.decided"), await self._read("journal")
        decisions: dict[str, list[str]] = {}
        for body in decided:
            if body["bill"] is not None:
                decisions.setdefault(body["bill"]["setl_id"], []).append(body["decision_id"])
        verdict.bills, verdict.statuses = len(told), hospitals.statuses
        verdict.tries = sum(each.sent for each in told.values())
        verdict.told = sum(len(each.answers) for each in told.values())
        verdict.journal_records = sum(body["type"] == "settlement.final" for body in arrived)
        for each in told.values():
            ids = decisions.pop(each.setl_id, [])
            if len(ids) != 1:
                verdict.red.append(f"{each.setl_id} was decided {len(ids)} times")
            if not each.answers:
                verdict.red.append(f"{each.setl_id} was never told anything")
            elif any({name: answer.get(name) for name in SAME} != {
                name: each.answers[0].get(name) for name in SAME} for answer in each.answers):  # fmt: skip
                verdict.red.append(f"{each.setl_id} was told different things")
            elif [each.answers[0].get("decision_id")] != ids:
                verdict.red.append(f"{each.setl_id} was told another decision than there is")
        verdict.red += [f"{setl_id} was decided and nobody sent it" for setl_id in decisions]

    async def _read(self, short: str) -> list[dict[str, Any]]:
        """All committed values of a topic."""
        log = KafkaLog(self._broker.bootstrap)
        slots = [TopicPartition(full_name(short), number) for number in range(PARTITIONS)]
        reader = await log.reader(client_id="chaos-judge", isolation=Isolation.READ_COMMITTED)
        found: list[Record] = []
        try:
            ends = await log.end_offsets(slots, Isolation.READ_COMMITTED)
            await reader.assign(slots)
            for slot in slots:
                await reader.seek(slot, 0)
            async with asyncio.timeout(READ_S):
                while any([await reader.position(slot) < ends[slot] for slot in slots]):
                    found += await reader.read(max_records=5_000, timeout_ms=500)
        finally:
            await reader.close()
            await log.close()
        return [orjson.loads(record.value or b"{}") for record in found]

    async def _tuodi(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.cli", *arguments, cwd=ROOT, env={**os.environ, **self._environment}
        )
        if await asyncio.wait_for(process.wait(), timeout=COMMAND_S) != 0:
            raise RuntimeError(f"tuodi {' '.join(arguments)} ended with {process.returncode}")


def main() -> int:
    """Parse, start a broker, run, print the verdict."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.gateway_run", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="schedule and load of the run (default 1)")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the load (default 15)")
    parser.add_argument("--rate", type=float, default=200.0, help="bills a second (default 200)")
    parser.add_argument("--keep", type=Path, help="folder to run in and keep: logs of broker, workers and replicas")
    chosen = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every retry while a worker is away
    with run_folder(chosen.keep, "tuodi-chaos-gateway-") as folder:
        broker = Broker(folder / "kafka", LIBS)
        try:
            broker.start()
            sys.stderr.write(
                f"seed {chosen.seed}: {chosen.rate:.0f} bills/s for {chosen.seconds:.0f} s, then the verdict\n"
            )
            verdict = asyncio.run(GatewayRun(chosen.seed, chosen.rate, chosen.seconds, folder, broker).run())
        finally:
            broker.kill9()
    sys.stdout.write(verdict.text() + "\n")
    return 1 if verdict.red or not verdict.bills else 0


if __name__ == "__main__":
    sys.exit(main())
