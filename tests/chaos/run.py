"""One chaos run: broker, topics, law, two workers, load, reader, disturbances; then replay, audit, oracle, verdict."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from tests.chaos.folder import LIBS
from tests.chaos.judge import MAX_LISTED, GapRow, Strike, compare_with_feed, compare_with_oracle, gap_rows, kills
from tests.chaos.load import load
from tests.chaos.mend import Mended, mend, something_hangs
from tests.chaos.publish import Publisher
from tests.chaos.ready import fetch, wait_ready
from tests.chaos.schedule import SESSION_TIMEOUT_S, WORKERS, Act, Step, schedule
from tests.chaos.settled import Settled
from tests.chaos.slots import ROOT, Workers
from tests.chaos.tail import Tail
from workers.log.broker import Broker

PREFIX, PARTITIONS = "medassist", 12
COMMAND_S, SETTLE_S, WARM_UP_S, RECOVERY_S = 300.0, 120.0, 60.0, 10.0
RECORDS_PER_PERSON = 20
MARKERS_LOST = b"likely deleted already and hence can be skipped"
"""What Apache Kafka logs when its coordinator drops the markers of a transaction (see workers/runtime/restore.py)."""


@dataclass
class Verdict:
    """What a run showed; anything in `red` or `slow` is exit code 1."""

    seed: int
    done: list[tuple[float, Step]] = field(default_factory=list)
    published: int = 0
    refused: int = 0
    rate: float = 0.0
    own_exits: list[tuple[float, int, int]] = field(default_factory=list)
    broker_away_s: float = 0.0
    settled_s: float = 0.0
    gaps: list[GapRow] = field(default_factory=list)
    bills: int = 0
    seen: int = 0
    audit: str = ""
    red: list[str] = field(default_factory=list)  # lost, doubled, wrong
    markers_lost: int = 0
    mended: Mended = field(default_factory=Mended)
    slow: list[str] = field(default_factory=list)  # silent for longer than promised


class Run:
    """Everything of one seed in one folder."""

    def __init__(self, seed: int, seconds: float, rate: float, folder: Path, broker: Broker | None = None) -> None:
        self.verdict = Verdict(seed)
        self._seed, self._seconds, self._rate, self._folder = seed, seconds, rate, folder
        self._broker = broker or Broker(folder / "kafka", LIBS)
        self._strikes: list[Strike] = []
        self._paused_at, self._asleep = 0.0, False
        self._environment: dict[str, str] = {}

    async def run(self) -> Verdict:
        self._folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._broker.start)
        try:
            await self._prepare()
            await self._disturbed()
            await self._judge()
        finally:
            await asyncio.to_thread(self._broker.kill9)
        return self.verdict

    async def _prepare(self) -> None:
        self._environment = {
            "TUODI_BOOTSTRAP": self._broker.bootstrap,
            "TUODI_TOPIC_PREFIX": PREFIX,
            "TUODI_PARTITIONS": str(PARTITIONS),
            "TUODI_DATA_DIR": str(self._folder),
            "TUODI_SESSION_TIMEOUT_MS": str(int(SESSION_TIMEOUT_S * 1000)),
            "TUODI_DEV_KEYS": "1",
        }
        # both may be repeated; a young broker may be slow
        for arguments in (("topics", "apply"), ("rulebook", "adopt")):
            for attempt in range(3):
                try:
                    await self._tuodi(*arguments)
                    break
                except RuntimeError:
                    if attempt == 2:
                        raise

    async def _disturbed(self) -> None:
        feed, bootstrap = self._folder / "feed.ndjson", self._broker.bootstrap
        tail = Tail(bootstrap, PREFIX, PARTITIONS, self._folder / "reader.ndjson")
        publisher = Publisher(bootstrap, PREFIX, feed)
        workers = working = Workers(WORKERS, self._folder, self._environment)
        reading = asyncio.create_task(tail.run())
        try:
            for worker in range(WORKERS):
                workers.start(worker)
            await wait_ready(self._folder, range(WORKERS), WARM_UP_S)
            await self._settle(None)  # the adoption is answered everywhere: gaps shall not measure the first start
            supervising = asyncio.create_task(workers.supervise())
            count, struck = int(self._rate * self._seconds), asyncio.Event()
            feeds = load(self._seed, max(4, count // RECORDS_PER_PERSON))
            loading = asyncio.create_task(publisher.run(feeds, self._rate, count, struck))
            await self._steps(workers, tail)
            struck.set()
            await loading
            working = await self._mended(workers)
            await self._settle(feed)
            tail.stop()
            await asyncio.wait_for(reading, timeout=SETTLE_S)
            await self._metrics(working)
        finally:
            reading.cancel()
            with contextlib.suppress(NameError):
                supervising.cancel()
            for each in {workers, working}:
                await asyncio.to_thread(each.stop)
        v = self.verdict
        v.published, v.refused, v.seen, v.own_exits = (
            publisher.published,
            publisher.refused,
            tail.seen,
            workers.own_exits,
        )
        v.rate = (v.published + v.refused) / max(publisher.ended - publisher.began, 0.001)
        self._keep_times(tail, workers, publisher)
        v.gaps = gap_rows(
            tail.gaps, [*self._strikes, *(Strike("killed, restarted", at, at) for at, _ in workers.kills)]
        )
        v.slow = [
            f"{row.kind}: {row.after_last_s:.1f} s of silence after the last strike, limit {row.limit_s:.0f} s"
            for row in v.gaps
            if row.red and row.limit_s is not None
        ]

    async def _steps(self, workers: Workers, tail: Tail) -> None:
        """Strike what works: where a strike waits for recovery from the one before, all that follow wait as long."""
        loop = asyncio.get_running_loop()
        began = struck_at = loop.time()
        before: Act | None = None
        for step in schedule(self._seed, self._seconds):
            await asyncio.sleep(max(0.0, began + step.at_s - loop.time()))
            if not self._asleep and step.act is not Act.RESUME and (step.act, before) != (Act.BURST, Act.BURST):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(tail.heard_from_all(struck_at), timeout=RECOVERY_S)
                began += max(0.0, loop.time() - began - step.at_s)
            self.verdict.done.append((loop.time(), step))
            if not await self._act(step, workers):
                self.verdict.red.append(f"{step.act} at {step.at_s:.1f} s did not happen to worker {step.worker}")
            struck_at, before = loop.time(), step.act

    async def _act(self, step: Step, workers: Workers) -> bool:
        match step.act:
            case Act.KILL | Act.BURST:
                return await workers.kill(step.worker)
            case Act.KILL_RESTORE:
                return await workers.kill_in_restore(step.worker)
            case Act.PAUSE:
                self._paused_at, self._asleep = asyncio.get_running_loop().time(), True
                return workers.signal(step.worker, signal.SIGSTOP)
            case Act.RESUME:
                self._asleep = False
                self._strikes.append(Strike("paused", self._paused_at, asyncio.get_running_loop().time()))
                return workers.signal(step.worker, signal.SIGCONT)
            case Act.BROKER:
                return await self._crash_broker()

    async def _crash_broker(self) -> bool:
        loop = asyncio.get_running_loop()
        at = loop.time()
        killed = await asyncio.to_thread(self._broker.kill9)
        await asyncio.to_thread(self._broker.start)
        self._strikes.append(Strike("broker lost", at, loop.time()))
        self.verdict.broker_away_s = loop.time() - at
        return killed

    async def _mended(self, workers: Workers) -> Workers:
        """Where the broker has lost markers: stop the workers, mend, and start others; else the same workers."""
        v, loop = self.verdict, asyncio.get_running_loop()
        log = self._broker.directory / "server.log"
        v.markers_lost = log.read_bytes().count(MARKERS_LOST) if log.exists() else 0
        if not v.markers_lost or not await something_hangs(self._environment):
            return workers
        sys.stderr.write(f"the broker lost the markers of {v.markers_lost} transactions: following docs/hanging.md\n")
        began = self._strikes[-1].begin if self._strikes else loop.time()
        await asyncio.to_thread(workers.stop)
        v.mended = await mend(self._environment)
        others = Workers(WORKERS, self._folder, self._environment)
        for worker in range(WORKERS):
            others.start(worker)
        self._strikes.append(Strike("markers lost", began, loop.time()))
        return others

    async def _settle(self, feed: Path | None) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        nowhere, unanswered = await Settled(self._broker.bootstrap, PREFIX, PARTITIONS, feed).wait(SETTLE_S)
        self.verdict.settled_s = loop.time() - began
        if nowhere or unanswered:
            self.verdict.red.append(
                f"after {SETTLE_S:.0f} s {nowhere} feed records are nowhere, {unanswered} unanswered"
            )

    def _keep_times(self, tail: Tail, workers: Workers, publisher: Publisher) -> None:
        """When what happened, in seconds since the load began: for people who ask why a gap was so long."""
        began = publisher.began
        events = [(at - began, f"kill -9 worker {worker}") for at, worker in workers.kills]
        events += [(at - began, f"worker {worker} ended with {code}") for at, worker, code in workers.own_exits]
        for strike in self._strikes:
            events += [(strike.begin - began, f"{strike.kind}: begins"), (strike.end - began, f"{strike.kind}: ends")]
        events += [
            (gap.begin - began, f"partition {gap.partition} silent for {gap.end - gap.begin:.2f}") for gap in tail.gaps
        ]
        lines = [f"{at:8.2f} {what}" for at, what in [*sorted(events), (publisher.ended - began, "load ends")]]
        (self._folder / "times.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def _metrics(self, workers: Workers) -> None:
        """What the living workers count, kept for the audit (A8); at rest they must all be ready."""
        try:
            await wait_ready(self._folder, range(WORKERS), WARM_UP_S)
        except TimeoutError as error:
            self.verdict.red.append(f"at rest: {error}")
            return
        for number, url in enumerate(workers.metrics_urls()):
            text = await asyncio.to_thread(fetch, url)
            (self._folder / f"metrics-{number}.txt").write_text(text, encoding="utf-8")

    async def _judge(self) -> None:
        folder, v = self._folder, self.verdict
        export, feed = folder / "journal.ndjson", folder / "feed.ndjson"
        await self._tuodi("export", "--out", str(export))
        replay = await self._tuodi("replay", "--json", str(export))
        (folder / "replay.json").write_bytes(replay)
        compared, wrong = compare_with_feed(export, feed, PREFIX)
        v.bills, differs = compare_with_oracle(export, orjson.loads(replay))
        v.red += [f"feed: {what}" for what in wrong[:MAX_LISTED]] + [f"oracle: {what}" for what in differs[:MAX_LISTED]]
        if len(differs) > MAX_LISTED:
            v.red.append(f"oracle: {len(differs)} differences in {v.bills} bills")
        if not compared or not v.bills:
            v.red.append("nothing was compared: the load did not reach the journal")
        files = [
            "--feed",
            str(feed),
            "--reader",
            str(folder / "reader.ndjson"),
            "--replay",
            str(folder / "replay.json"),
        ]
        for exposure in sorted(folder.glob("metrics-*.txt")):
            files += ["--metrics", str(exposure)]
        audit = await self._tuodi("audit", "--seed", str(self._seed), *files, may_fail=True)
        lines = audit.decode().splitlines()
        v.audit = lines[-1] if lines else "the audit said nothing"
        if not v.audit.startswith("ALL ACCOUNTED"):
            v.red += [f"audit: {line}" for line in lines]

    async def _tuodi(self, *arguments: str, may_fail: bool = False) -> bytes:
        """Run one command of the system; RuntimeError with its words where it fails."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.cli", *arguments, cwd=ROOT, env={**os.environ, **self._environment},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), timeout=COMMAND_S)
        if process.returncode and not may_fail:
            raise RuntimeError(f"tuodi {arguments[0]} ended with {process.returncode}: {err.decode()[-2000:]}")
        return out or err


def table(v: Verdict) -> list[str]:
    """The run for people."""
    out = [f"seed {v.seed}: {v.published} records published ({v.refused} never acknowledged) at {v.rate:.0f}/s"]
    out += [f"  {count:3d} x {what}" for what, count in sorted(kills(v.done).items())]
    out.append(f"  broker away {v.broker_away_s:.1f} s; workers that ended by themselves: {len(v.own_exits)}")
    out.append(f"  everything answered {v.settled_s:.1f} s after the load; reader saw {v.seen} decisions")
    if v.markers_lost:
        how = (
            f"{len(v.mended.ended)} places ended by `tuodi topics mend`" if v.mended.ended else "nothing was left open"
        )
        out.append(f"  THE BROKER lost the markers of {v.markers_lost} transactions; {how}")
        out += [f"    {place}" for place in v.mended.ended] + [f"    UNDECIDED {place}" for place in v.mended.left]
    out.append("  silence of a partition        gaps  longest s  after the last s  limit s")
    for row in v.gaps:
        limit = "-" if row.limit_s is None else f"{row.limit_s:.0f}"
        out.append(f"    {row.kind:26s} {row.count:5d} {row.longest_s:10.1f} {row.after_last_s:17.1f} {limit:>8s}")
    out.append(f"  oracle: {v.bills} bills compared")
    out += [f"  RED {what}" for what in v.red] + [f"  SLOW {what}" for what in v.slow]
    return [*out, v.audit]
