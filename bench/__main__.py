"""All sections in one run, on a real Kafka. Exit codes: 0 goals met, 1 a goal missed. How to read it: docs/bench.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from bench import bulk, cpu, delay, sample
from bench.figures import Figure, as_json, text
from bench.machine import Machine
from bench.process import Worker, prepare, watching
from bench.world import PARTITIONS, broker, world
from workers.settings import Settings


class Size:
    """How much is measured; `quick` shows that the bench works and judges nothing."""

    def __init__(self, quick: bool, rounds: int) -> None:
        self.rounds = 1 if quick else rounds
        self.cpu_bills = 4_000 if quick else 24_000
        self.delay_seconds = 3.0 if quick else 8.0
        self.catch_up_bills = 3_000 if quick else 12_000

    @property
    def worker_bills(self) -> int:
        """Distinct bills that the sections with a worker process need."""
        return delay.bills_needed(self.rounds, self.delay_seconds) + self.rounds * self.catch_up_bills


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


async def _run(bootstrap: str, size: Size, sections: frozenset[str]) -> tuple[list[Figure], list[str]]:
    settings = Settings(partitions=PARTITIONS)
    bills = sample.make(settings, max(size.cpu_bills, size.worker_bills))
    _say(f"{len(bills.bills):,} bills of {bills.mean_bill_bytes:,} bytes and {len(bills.prelude):,} other records")
    figures: list[Figure] = []
    about: list[str] = []
    if "cpu" in sections:
        part = sample.Sample(bills.prelude, bills.bills[: size.cpu_bills])
        journal = sample.journal_sample(settings, part)
        about.append(f"bills of {part.mean_bill_bytes:,} bytes in the feed, {journal.mean_bill_bytes:,} in the journal")
        figures += await cpu.rounds(bootstrap, part, journal, size.rounds, _say)
    if sections & {"delay", "bulk"}:
        figures += await _with_worker(bootstrap, size, bills, sections)
    return figures, about


async def _with_worker(bootstrap: str, size: Size, bills: sample.Sample, sections: frozenset[str]) -> list[Figure]:
    figures: list[Figure] = []
    needed = delay.bills_needed(size.rounds, size.delay_seconds)
    async with world(bootstrap) as at:
        worker = Worker(at)
        try:
            await prepare(at, worker, bills.prelude)
            async with watching(at) as watcher:
                if "delay" in sections:
                    timed = bills.bills[:needed]
                    figures += await delay.rounds(at, worker, watcher, timed, size.rounds, size.delay_seconds, _say)
                if "bulk" in sections:
                    backlog = bills.bills[needed : needed + size.rounds * size.catch_up_bills]
                    figures += await bulk.catch_up(at, worker, watcher, backlog, size.rounds, _say)
        finally:
            await worker.stop()
        if "bulk" in sections:
            figures += await bulk.restore(at, size.rounds, _say)
    return figures


def main() -> int:
    """Measure, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round: shows that it works, judges nothing")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on standard output")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per section; the median is judged (default 5)")
    parser.add_argument("--only", choices=("cpu", "delay", "bulk"), action="append", help="sections (default: all)")
    parser.add_argument("--bootstrap", help="a running Kafka; default: one of the bench's own from the jars")
    given = parser.parse_args()
    os.environ["TUODI_DEV_KEYS"] = "1"
    os.chdir(Path(__file__).parents[1])
    size = Size(given.quick, max(1, given.rounds))
    machine = Machine()
    with broker(given.bootstrap) as bootstrap:
        figures, about = asyncio.run(_run(bootstrap, size, frozenset(given.only or ("cpu", "delay", "bulk"))))
    about.append(machine.text())
    about.append(
        f"{size.rounds} rounds, {PARTITIONS} partitions"
        + (", quick: goals are shown, not judged" if given.quick else "")
    )
    print(json.dumps(as_json(figures, about), indent=2) if given.json else text(figures, about))
    missed = [figure.name for figure in figures if figure.missed]
    if missed and not given.quick:
        _say(f"goals missed: {', '.join(missed)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
