"""The read side on a real broker: a publisher that commits and aborts, the real process under kill -9, the account."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from schemas.topics import full_name
from tests.unit.history.history_records import Account, answered, decided, person_key
from workers.history.app import WRITERS
from workers.log.admin import TopicSpec, create_topics
from workers.log.kafka import KafkaLog

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS, PERSONS = 3, 40
DECIDED, ANSWERED = "assistance.decided", "journal.answered"


class HistoryWorld:
    """Topics of this test alone, a database of its own, a publisher of decisions and outcomes with their account."""

    def __init__(self, bootstrap: str, folder: Path, seed: int = 1) -> None:
        self.bootstrap, self.folder = bootstrap, folder
        self.prefix = f"h{uuid.uuid4().hex[:10]}"
        self.database = folder / "history.sqlite"
        self.account = Account()
        self.aborted = 0
        self._random = random.Random(seed)
        self._sequences = dict.fromkeys(range(PERSONS), 0)
        self._offsets = dict.fromkeys(range(PARTITIONS), 0)
        self._runs = 0
        self._process: subprocess.Popen[bytes] | None = None

    async def open(self) -> HistoryWorld:
        specs = [TopicSpec(full_name(short, self.prefix), PARTITIONS, 1, {}) for short in WRITERS]
        await create_topics(self.bootstrap, specs)
        return self

    # publishing

    async def publish(self, transactions: int, *, per_transaction: int = 20, pause: float = 0.0) -> None:
        """Transactions of decisions and outcomes; every third writes decisions of other amounts first and aborts."""
        log = KafkaLog(self.bootstrap)
        producer = await log.transactional(
            transactional_id=f"{self.prefix}-ledger", client_id="ledger", transaction_timeout_ms=10_000
        )
        try:
            await producer.init(deadline_ms=10_000)
            for n in range(transactions):
                if n % 3 == 0:
                    await producer.begin()
                    self._append(producer, Account(), per_transaction, dict(self._sequences), dict(self._offsets), 99)
                    await producer.flush(deadline_ms=10_000)
                    await producer.abort()
                    self.aborted += per_transaction
                await producer.begin()
                self._append(producer, self.account, per_transaction, self._sequences, self._offsets, 1)
                await producer.commit(deadline_ms=10_000)
                await asyncio.sleep(pause)
        finally:
            await producer.close()
            await log.close()

    def _append(
        self,
        producer: object,
        account: Account,
        count: int,
        sequences: dict[int, int],
        offsets: dict[int, int],
        by: int,
    ) -> None:
        for _ in range(count):
            n = self._random.randrange(PERSONS)
            person, partition = person_key(n), n % PARTITIONS
            sequences[n] += 1
            decision = decided(person, sequences[n], by * self._random.randrange(1, 1_000_000))
            outcome = answered(partition, offsets[partition], person)
            offsets[partition] += 1
            for short, value in ((DECIDED, decision), (ANSWERED, outcome)):
                producer.append(full_name(short, self.prefix), partition, person.encode(), value)  # type: ignore[attr-defined]
            account.decision(decision)
            account.outcome(outcome)

    # the process

    def start(self, *how: str, script: str | None = None) -> None:
        """`tuodi history`, or a variant of it by a script beside this file."""
        command = ["-m", "workers.cli", "history"] if script is None else ["-m", f"tests.broker.{script}", *how]
        self._runs += 1
        with (self.folder / f"history.{self._runs}.log").open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=os.environ | self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            "TUODI_BOOTSTRAP": self.bootstrap,
            "TUODI_TOPIC_PREFIX": self.prefix,
            "TUODI_DATABASE": str(self.database),
            "TUODI_DATA_DIR": str(self.folder),
        }

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def stop(self) -> int:
        """SIGTERM; the exit code. A process that does not end within 15 s is a failure."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=15)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    async def ended(self, seconds: float = 30) -> int:
        """Wait for the process to end by itself; its exit code."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait, seconds)

    def output(self) -> str:
        return (self.folder / f"history.{self._runs}.log").read_text(errors="replace")

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def restart(self) -> float:
        """kill -9, start again at once, wait for the next stored record; returns the gap in seconds.

        Until the process serves its first endpoint it only loads code: that part is counted as the CPU time it took, so
        that a machine busy with other things does not count as a gap of ours; everything after it by the clock.
        """
        self.kill()
        before = self.stored()
        port = self.folder / "history.port"
        port.unlink()
        self.start()
        await self.until_file(port)
        return self._cpu_seconds() + await self.until_stored(before + 1)

    async def until_file(self, path: Path | None = None, *, seconds: float = 60) -> None:
        """Wait until the process has made this file (default: the database)."""
        began = time.monotonic()
        while not (path or self.database).exists():
            assert self.alive(), self.output()[-3000:]
            assert time.monotonic() - began < seconds, "the process does not come up"
            await asyncio.sleep(0.02)

    def _cpu_seconds(self) -> float:
        assert self._process is not None
        words = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    # the read model

    def stored(self) -> int:
        """Decisions and outcomes in the read model now."""
        if not self.database.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as database:
            try:
                row = database.execute("SELECT (SELECT count(*) FROM decision) + (SELECT count(*) FROM outcome)")
                return int(row.fetchone()[0])
            except sqlite3.OperationalError:  # the file is there, its tables not yet
                return 0

    def faults(self) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as database:
            return self.account.faults(database)

    async def until_stored(self, records: int, *, seconds: float = 40) -> float:
        """Wait until so many records are stored; returns the seconds it took."""
        began = time.monotonic()
        while self.stored() < records:
            assert self.alive(), f"history ended by itself:\n{self.output()[-3000:]}"
            assert time.monotonic() - began < seconds, (
                f"{self.stored()} of {records} after {seconds} s:\n{self.output()[-3000:]}"
            )
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    async def until_seen(self, decisions: Sequence[str], *, seconds: float = 40) -> None:
        """Wait until these decisions are in the read model, applied or waiting for one before them."""
        query = "SELECT decision_id FROM decision UNION ALL SELECT json_extract(body, '$.decision_id') FROM waiting"
        deadline = time.monotonic() + seconds
        while True:
            with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as database:
                missing = set(decisions) - {each for (each,) in database.execute(query)}
            if not missing:
                return
            assert self.alive(), self.output()[-3000:]
            assert time.monotonic() < deadline, f"{len(missing)} decisions did not come"
            await asyncio.sleep(0.05)

    async def until_all(self, *, seconds: float = 40) -> float:
        return await self.until_stored(2 * len(self.account.decisions), seconds=seconds)
