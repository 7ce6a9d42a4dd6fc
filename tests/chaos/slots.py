"""Worker processes under a supervisor: started, killed, paused, and started again when they end by themselves."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESTORE_WORD, RESTORE_WAIT_S = b"restor", 15.0
"""The first partition that says so; the others of that worker are then under way."""
SUPERVISE_S = 0.1
PRESENT_WAIT_S = 2.0
"""A worker that was struck a moment ago is forked again within this."""


class Workers:
    """`count` supervised workers with kept instance names; every process started here is also ended here.

    Strikes hit the worker itself; its own supervisor starts it anew, as it is deployed. A supervisor that ends by
    itself has given up: it is started again and noted.
    """

    def __init__(
        self,
        count: int,
        folder: Path,
        environment: dict[str, str],
        role: str = "worker",
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._folder = folder
        self._role, self._arguments = role, arguments
        self._environment = {**os.environ, **environment}
        self._supervisors: list[subprocess.Popen[bytes] | None] = [None] * count
        self._known: list[int | None] = [None] * count  # pid of the worker that runs, as far as we have seen
        self._struck: set[int] = set()
        self._resting = False
        self.kills: list[tuple[float, int]] = []  # when on the loop's clock, worker
        self.own_exits: list[tuple[float, int, int]] = []  # when, worker, exit code (of the supervisor) or -1

    def start(self, worker: int) -> None:
        """Start the supervisor of a slot; the output of all lives goes to one file."""
        with self.output(worker).open("ab") as output:
            self._supervisors[worker] = subprocess.Popen(
                [
                    sys.executable, "-m", "workers.cli", self._role, "--supervise",
                    "--instance", f"chaos-{worker}", "--dev-keys", *self._arguments,
                ],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def output(self, worker: int) -> Path:
        return self._folder / f"{self._role}-{worker}.log"

    def signal(self, worker: int, what: signal.Signals) -> bool:
        """Send a signal to the worker of a slot; False where there is none just now."""
        pid = self._pid(worker)
        if pid is None:
            return False
        os.kill(pid, what)
        return True

    async def kill(self, worker: int) -> bool:
        """kill -9; the supervisor starts it again at once. False where nothing to kill came up in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PRESENT_WAIT_S
        pid = self._pid(worker)
        while pid is None and loop.time() < until:
            await asyncio.sleep(0.01)
            pid = self._pid(worker)
        self.kills.append((loop.time(), worker))
        if pid is None:
            return False
        self._struck.add(pid)
        os.kill(pid, signal.SIGKILL)
        return True

    async def kill_in_restore(self, worker: int) -> bool:
        """Kill, and kill again as soon as the new process says that it restores; False where it never did."""
        before = self.output(worker).stat().st_size
        await self.kill(worker)
        loop = asyncio.get_running_loop()
        until, seen = loop.time() + RESTORE_WAIT_S, False
        while not seen and loop.time() < until:
            await asyncio.sleep(0.01)
            seen = RESTORE_WORD in self.output(worker).read_bytes()[before:].lower()
        return await self.kill(worker) and seen

    async def supervise(self) -> None:
        """Note what ended without being struck, and start again a supervisor that has given up."""
        while not self._resting:
            at = asyncio.get_running_loop().time()
            for worker, supervisor in enumerate(self._supervisors):
                if supervisor is not None and supervisor.poll() is not None:
                    self.own_exits.append((at, worker, supervisor.returncode))
                    self._known[worker] = None
                    self.start(worker)
                pid = self._pid(worker)
                known = self._known[worker]
                if pid is not None and known not in (None, pid) and known not in self._struck:
                    self.own_exits.append((at, worker, -1))
                if pid is not None:
                    self._known[worker] = pid
            await asyncio.sleep(SUPERVISE_S)

    def _pid(self, worker: int) -> int | None:
        """The one child of the slot's supervisor (Linux), unless it is a corpse."""
        supervisor = self._supervisors[worker]
        if supervisor is None or supervisor.poll() is not None:
            return None
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text(encoding="ascii").split()
        alive = [int(pid) for pid in children if not _is_corpse(int(pid))]
        return alive[0] if alive else None

    def metrics_urls(self) -> list[str]:
        """Where the running processes show their metrics."""
        ports = [self._folder / f"{self._role}-chaos-{n}.port" for n in range(len(self._supervisors))]
        return [f"http://127.0.0.1:{port.read_text().strip()}/metrics" for port in ports if port.exists()]

    def stop(self, deadline_s: float = 15.0) -> None:
        """SIGTERM, then SIGKILL after the deadline; a paused worker is woken first."""
        self._resting = True
        running = [p for p in self._supervisors if p is not None and p.poll() is None]
        for worker in range(len(self._supervisors)):
            self.signal(worker, signal.SIGCONT)
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=deadline_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=10)


def _is_corpse(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
