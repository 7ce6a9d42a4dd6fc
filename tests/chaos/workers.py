"""Worker processes under a supervisor: started, killed, paused, and started again when they end by themselves."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESTORE_WORD, RESTORE_WAIT_S = b"restor", 15.0
"""The first partition that says so; the others of that worker are then under way."""
SUPERVISE_S = 0.1


class Workers:
    """`count` worker processes with kept instance names; every process started here is also ended here."""

    def __init__(self, count: int, folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._environment = {**os.environ, **environment}
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._runs: Counter[int] = Counter()
        self._resting = False
        self.kills: list[tuple[float, int]] = []  # when on the loop's clock, worker
        self.own_exits: list[tuple[float, int, int]] = []  # when, worker, exit code

    def start(self, worker: int) -> None:
        """Start the process of a slot; its output goes to a file of its own."""
        self._runs[worker] += 1
        with self.output(worker).open("wb") as output:
            self._processes[worker] = subprocess.Popen(
                [sys.executable, "-m", "workers.cli", "worker", "--instance", f"chaos-{worker}", "--dev-keys"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self, worker: int) -> Path:
        return self._folder / f"worker-{worker}.{self._runs[worker]}.log"

    def signal(self, worker: int, what: signal.Signals) -> bool:
        """Send a signal to the process of a slot; False where it has already ended."""
        process = self._processes[worker]
        if process is None or process.poll() is not None:
            return False
        process.send_signal(what)
        return True

    def kill(self, worker: int) -> bool:
        """kill -9 and start again at once. False where there was nothing to kill (the slot is started all the same)."""
        killed = self.signal(worker, signal.SIGKILL)
        self.kills.append((asyncio.get_running_loop().time(), worker))
        process = self._processes[worker]
        if process is not None:
            process.wait(timeout=10)
        self.start(worker)
        return killed

    async def kill_in_restore(self, worker: int) -> bool:
        """Kill, start, and kill again as soon as the new process says that it restores; False where it never did."""
        self.kill(worker)
        loop = asyncio.get_running_loop()
        until, seen = loop.time() + RESTORE_WAIT_S, False
        while not seen and loop.time() < until:
            await asyncio.sleep(0.01)
            seen = RESTORE_WORD in self.output(worker).read_bytes().lower()
        return self.kill(worker) and seen

    async def supervise(self) -> None:
        """Start again whatever ended by itself, as a process manager does; note the exit code."""
        while not self._resting:
            for worker, process in enumerate(self._processes):
                if process is not None and process.poll() is not None:
                    self.own_exits.append((asyncio.get_running_loop().time(), worker, process.returncode))
                    self.start(worker)
            await asyncio.sleep(SUPERVISE_S)

    def metrics_urls(self) -> list[str]:
        """Where the running processes show their metrics."""
        ports = [self._folder / f"worker-chaos-{n}.port" for n in range(len(self._processes))]
        return [f"http://127.0.0.1:{port.read_text().strip()}/metrics" for port in ports if port.exists()]

    def stop(self, deadline_s: float = 15.0) -> None:
        """SIGTERM, then SIGKILL after the deadline; a paused process is woken first."""
        self._resting = True
        running = [p for p in self._processes if p is not None and p.poll() is None]
        for process in running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=deadline_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)
