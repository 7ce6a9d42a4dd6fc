"""`python -m bench.gateway`: how long a hospital waits at the window, beside the broker's own transaction commit.

One `tuodi worker` (intake and ledger, 12 partitions) and one replica of `tuodi gateway` as processes of their own;
bills and trials come over HTTP at a fixed rate whatever the answers do. In the same seconds a bare producer commits
transactions of one record: what the broker alone takes. Bills are also settled with trials beside them, in turn before
and after those without: the ratio says whether quotes leave the latency of money alone. Exit codes: 0 goals met, 1 a
goal missed. `--quick` shows that it works and judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp

from bench.figures import Figure, as_json, quantile, text
from bench.machine import Machine
from bench.process import Worker
from bench.world import PARTITIONS, World, broker, world
from workers.journal.adopt import adopt
from workers.journal.keys import person_keys
from workers.journal.record import Source, journal_of
from workers.log.kafka import KafkaLog
from workers.policy.adoption import build_adoption

RATE: Final = 100
BESIDE_RATE: Final = 50
"""Trials a second beside the bills."""
GOAL_MS: Final = 250.0
BESIDE_RATIO_MAX: Final = 2.0
"""p99 of settle with trials beside it against without. Half as many requests more on the same cores cost something;
a bill that had to wait for a trial would cost a multiple."""
PERSONS: Final = 500
BARE_PER_SECOND: Final = 20
WARM_UP_SECONDS: Final = 4.0
START_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 10.0
CODE: Final = "H52270100001"
BILL: Final = {
    "region": "520000", "county": "522701", "care_type": "inpatient", "admitted_on": "2023-05-01",
    "discharged_on": "2023-05-06", "settled_on": "2023-05-06", "insured": True, "insutype": "390",
    "insurance_settled": True, "designated": True, "emergency_rescue": False, "place": "in_county",
    "referral": "not_required", "channel": "one_stop", "total_fee": "12345.67", "in_scope": "10000.00",
    "in_scope_personal": "3000.00", "class_b_first_pay": "1000.00", "over_limit_price_pay": "345.67",
    "out_of_scope": "1000.00", "institution_code": CODE,
}  # fmt: skip


class Replica:
    """One `tuodi gateway` process on a world."""

    def __init__(self, at: World) -> None:
        settings = at.settings
        self._port_file = settings.data_dir / "gateway-bench.port"
        self._output = settings.data_dir / "gateway.log"
        environment = {
            **os.environ, "TUODI_BOOTSTRAP": settings.bootstrap, "TUODI_TOPIC_PREFIX": settings.topic_prefix,
            "TUODI_PARTITIONS": str(PARTITIONS), "TUODI_DATA_DIR": str(settings.data_dir), "TUODI_HTTP_PORT": "0",
            "TUODI_GATEWAY_PORT": "0", "TUODI_DATABASE": str(settings.data_dir / "none.sqlite"),
        }  # fmt: skip
        command = [sys.executable, "-m", "workers.cli", "gateway", "--instance", "bench", "--dev-keys"]
        with self._output.open("ab") as output:
            self._child = subprocess.Popen(
                [*command, "--open-door", f"{CODE}:520000"], env=environment, stdout=output, stderr=output
            )

    async def url(self) -> str:
        """Where it listens, once it lets callers in."""
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as client:
            while time.monotonic() < deadline and self._child.poll() is None:
                with suppress(OSError, ValueError, aiohttp.ClientError):
                    url = f"http://127.0.0.1:{int(self._port_file.read_text(encoding='ascii'))}"
                    async with client.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            return url
                await asyncio.sleep(0.1)
        raise AssertionError(f"the replica is not ready; its log: {self._output.read_text(errors='replace')[-2000:]}")

    async def stop(self) -> None:
        self._child.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(self._child.wait, 15.0)
        except subprocess.TimeoutExpired:
            self._child.kill()
            await asyncio.to_thread(self._child.wait)


def person(number: int) -> str:
    """`psn_no` of a person of the bench."""
    return f"BE522701P{number % PERSONS:07d}"


async def recognise(at: World) -> None:
    """Everybody is a recipient: every bill is about money."""
    journal = journal_of(at.settings, person_keys(at.settings, dev_keys=True))
    events = (
        {"type": "identity.changed", "version": 1, "region": "520000", "psn_no": person(number),
         "source_id": f"I{number}", "identity": "低保对象", "revision": 1, "recognised_on": "2023-01-01",
         "withdrawn": False}
        for number in range(PERSONS)
    )  # fmt: skip
    await at.publish_journal([journal.person_record(event, Source("bench", 1)) for event in events])


class Asked:
    """Delays in milliseconds of what was answered with 200, and how often something else came."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.others: list[str] = []


async def ask(
    client: aiohttp.ClientSession,
    path: str,
    body: Callable[[int], dict[str, Any]],
    first: int,
    seconds: float,
    rate: int = RATE,
) -> Asked:
    """`rate` requests a second, whatever the answers do."""
    loop, asked = asyncio.get_running_loop(), Asked()
    began = loop.time()

    async def one(number: int) -> None:
        at = loop.time()
        try:
            async with client.post(path, json=body(number)) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            asked.others.append(type(error).__name__)
            return
        if answer.status == 200:
            asked.ms.append((loop.time() - at) * 1000)
        else:
            asked.others.append(str(answer.status))

    tasks = []
    for number in range(int(rate * seconds)):
        ahead = began + number / rate - loop.time()
        if ahead > 0:
            await asyncio.sleep(ahead)
        tasks.append(asyncio.create_task(one(first + number)))
    await asyncio.gather(*tasks)
    return asked


async def bare_commits(at: World, over: asyncio.Event) -> list[float]:
    """Milliseconds of begin to commit of one record, `BARE_PER_SECOND` times a second: the broker by itself."""
    log, found = KafkaLog(at.settings.bootstrap), list[float]()
    producer = await log.transactional(
        transactional_id=f"{at.settings.topic_prefix}-bare", client_id="bench-bare", transaction_timeout_ms=10_000
    )
    await producer.init(deadline_ms=30_000)
    while not over.is_set():
        began = time.perf_counter()
        await producer.begin()
        producer.append(at.plain("output"), 0, b"k", b"v" * 500)
        await producer.commit(deadline_ms=10_000)
        found.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(1 / BARE_PER_SECOND)
    await producer.close()
    await log.close()
    return found


def settle_body(number: int) -> dict[str, Any]:
    """A new bill each time."""
    own = {"type": "settlement.final", "version": 1, "psn_no": person(number), "setl_id": f"B{number}"}
    return BILL | own | {"msgid": f"{CODE}{number}"}


def trial_body(number: int) -> dict[str, Any]:
    """A bill that is only asked about."""
    return BILL | {"psn_no": person(number), "setl_id": f"T{number}"}


class Rounds:
    """What the rounds measured, by name."""

    def __init__(self, client: aiohttp.ClientSession, at: World, seconds: float) -> None:
        self._client, self._at, self._seconds = client, at, seconds
        self._numbers = itertools.count(1_000_000, 100_000)
        self.values: dict[str, list[float]] = {}
        self.others: list[str] = []

    async def warm_up(self) -> None:
        """The first answers load code and make connections; they are not measured."""
        for kind in (self.settle, self.trial):
            await kind(WARM_UP_SECONDS)

    async def one(self, number: int) -> None:
        """Bills alone and with trials beside, in turn which comes first; then trials; the bare commits beside all."""
        over = asyncio.Event()
        bare = asyncio.create_task(bare_commits(self._at, over))
        parts = [self._alone, self._beside]
        for part in parts if number % 2 == 0 else reversed(parts):
            await part()
        self._keep("trial", await self.trial(self._seconds))
        over.set()
        self._add("bare commit", await bare)

    async def settle(self, seconds: float) -> Asked:
        return await ask(self._client, "/v1/settlements", settle_body, next(self._numbers), seconds)

    async def trial(self, seconds: float, rate: int = RATE) -> Asked:
        return await ask(self._client, "/v1/trials", trial_body, next(self._numbers), seconds, rate)

    async def _alone(self) -> None:
        self._keep("settle", await self.settle(self._seconds))

    async def _beside(self) -> None:
        settled, tried = await asyncio.gather(self.settle(self._seconds), self.trial(self._seconds, BESIDE_RATE))
        self._keep("settle, trials beside", settled)
        self._keep("trial beside bills", tried)

    def _keep(self, name: str, asked: Asked) -> None:
        self.others += [f"{name} {other}" for other in asked.others]
        self._add(name, asked.ms)

    def _add(self, name: str, found: list[float]) -> None:
        for share in (0.5, 0.99):
            self.values.setdefault(f"{name} p{share * 100:.0f}", []).append(quantile(found, share))

    def figures(self) -> list[Figure]:
        """Delays, and the ratio of bills with and without trials, round by round."""
        note = f"{RATE}/s over HTTP"
        if self.others:
            note += f"; {len(self.others)} not answered with 200: {', '.join(sorted(set(self.others)))}"
        goals = {f"{name} p99": GOAL_MS for name in ("settle", "settle, trials beside", "trial")}
        made = [
            Figure(name, "ms", tuple(found), goals.get(name), _note(name, note)) for name, found in self.values.items()
        ]
        for share, goal in (("p50", None), ("p99", BESIDE_RATIO_MAX)):
            pairs = zip(self.values[f"settle, trials beside {share}"], self.values[f"settle {share}"], strict=True)
            ratios = tuple(beside / alone for beside, alone in pairs)
            name = f"settle {share}: with trials ÷ without"
            made.append(Figure(name, "ratio", ratios, goal, f"{RATE} bills/s, {BESIDE_RATE} trials/s beside them"))
        return made


def _note(name: str, of_bills: str) -> str:
    """What a line was measured at."""
    if name.startswith("bare"):
        return "one record alone"
    return f"{BESIDE_RATE}/s over HTTP" if name.startswith("trial beside") else of_bills


async def measure(url: str, at: World, count: int, seconds: float) -> list[Figure]:
    """All rounds."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(url, timeout=timeout) as client:
        rounds = Rounds(client, at, seconds)
        await rounds.warm_up()
        for number in range(count):
            await rounds.one(number)
            sys.stderr.write(f"round {number + 1} of {count}\n")
        return rounds.figures()


async def _run(bootstrap: str, count: int, seconds: float) -> list[Figure]:
    async with world(bootstrap) as at:
        worker = Worker(at)
        worker.spawn()
        replica = Replica(at)
        try:
            await worker.ready()
            await adopt(at.log, at.settings, build_adoption())
            await recognise(at)
            return await measure(await replica.url(), at, count, seconds)
        finally:
            await replica.stop()
            await worker.stop()


def main() -> int:
    """Measure, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, judges nothing")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on standard output")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median is judged (default 5)")
    parser.add_argument("--bootstrap", help="a running Kafka; default: one of the bench's own from the jars")
    given = parser.parse_args()
    os.environ["TUODI_DEV_KEYS"] = "1"
    os.chdir(Path(__file__).parents[1])
    machine = Machine()
    count, seconds = (1, 3.0) if given.quick else (max(1, given.rounds), 10.0)
    with broker(given.bootstrap) as bootstrap:
        figures = asyncio.run(_run(bootstrap, count, seconds))
    about = [machine.text(), f"{count} rounds of {seconds:.0f} s each, {PARTITIONS} partitions, one replica"]
    print(json.dumps(as_json(figures, about), indent=2) if given.json else text(figures, about))
    return int(not given.quick and any(figure.missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
