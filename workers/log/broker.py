"""One Apache Kafka node from jars as a child process: start, stop, kill -9, start again on the same ports and data.

Used by `tuodi kafka`, `tuodi demo`, the broker tests and the chaos harness. A folder holds everything:

    <dir>/broker.json     ports and cluster id, chosen once and kept
    <dir>/data/           the log segments
    <dir>/server.properties, server.log, broker.pid
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.errors import Stop, Usage
from workers.log import broker_probe
from workers.log.broker_jars import DEPLOY, java, share_options

_START_S, _STOP_S, _POLL_S = 60.0, 30.0, 0.05
# KAFKA-19890: below 1 GB of heap the 4.x broker has died under load. The simplest collector and compiler tier: a broker
# that lives for seconds shares two cores with what it is tested against.
_JVM = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Broker:
    """One node in one folder. Not thread-safe; the process outlives this object unless `stop` is called."""

    def __init__(
        self, directory: Path, libs: Path | None = None, *, port: int = 0, jvm_options: Sequence[str] = ()
    ) -> None:
        """`libs` holds the jars (default `<directory>/libs`); `port` 0 = any free one, chosen at the first start."""
        self._jvm_options = tuple(jvm_options)
        self.directory = directory.absolute()
        self.libs = (libs or directory / "libs").absolute()
        self._port = port
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients. Raises `Usage` before the first start."""
        return f"127.0.0.1:{self._identity()['listener_port']}"

    @property
    def pid(self) -> int | None:
        """Process id of the running broker of this folder, or None."""
        try:
            pid = int((self.directory / "broker.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if _is_ours(pid, self.directory) else None

    def ready(self) -> bool:
        """Whether the broker answers a metadata request now."""
        return self.pid is not None and broker_probe.answers(self._identity()["listener_port"])

    def start(self, *, deadline_s: float = _START_S) -> float:
        """Start (or find running) and wait until clients are served; returns the seconds it took. Raises `Stop`."""
        began = time.monotonic()
        if self.pid is None:
            self._prepare()
            self._spawn()
        while not self.ready():
            if self.pid is None:
                raise Stop(f"the broker ended while starting; last lines of {self._log}:\n{self._tail()}")
            if time.monotonic() - began > deadline_s:
                raise Stop(f"the broker did not answer within {deadline_s:.0f} s; see {self._log}")
            time.sleep(_POLL_S)
        return time.monotonic() - began

    def stop(self, *, deadline_s: float = _STOP_S) -> bool:
        """Controlled shutdown; kill -9 when it takes longer than the deadline. Returns whether one was running."""
        return self._end(signal.SIGTERM, deadline_s)

    def kill9(self) -> bool:
        """Crash it. What the page cache holds survives; this tests the process, not a power cut."""
        return self._end(signal.SIGKILL, _STOP_S)

    def belongings(self) -> list[Path]:
        """What a broker wrote into the folder and `wipe` removes (not the jars)."""
        names = ("data", "broker.json", "server.properties", "console.log", "broker.pid")
        found = [self.directory / name for name in names] + sorted(self.directory.glob("server.log*"))
        return [path for path in found if path.exists()]

    def wipe(self) -> None:
        """Stop and remove everything in the folder that a broker wrote."""
        self.stop()
        for path in self.belongings():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    # -- inside

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _identity(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.directory / "broker.json").read_text())
        except FileNotFoundError as error:
            raise Usage(f"no broker was started in {self.directory}: run `tuodi kafka start`") from error
        return found

    def _prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        known = self.directory / "broker.json"
        if known.exists():
            identity = self._identity()
            if self._port and self._port != identity["listener_port"]:
                raise Usage(
                    f"this broker lives on port {identity['listener_port']}; wipe it to move it to {self._port}"
                )
        else:
            listener, controller = _free_ports(self._port)
            identity = {"listener_port": listener, "controller_port": controller, "cluster_id": _cluster_id()}
        (self.directory / "server.properties").write_text(self._render(identity), encoding="utf-8")
        if not (self.directory / "data" / "meta.properties").exists():
            self._format(identity["cluster_id"])
        known.write_text(json.dumps(identity, indent=1) + "\n")

    def _template(self) -> str:
        return (DEPLOY / "server.properties").read_text(encoding="utf-8")

    def _render(self, identity: dict[str, Any]) -> str:
        rendered = self._template().replace("{data}", str(self.directory / "data"))
        for name in ("listener_port", "controller_port"):
            rendered = rendered.replace("{" + name + "}", str(identity[name]))
        return rendered

    def _format(self, cluster_id: str) -> None:
        command = [
            java(), "-XX:TieredStopAtLevel=1", *share_options(self.libs), "-cp", f"{self.libs}/*",
            "kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted", "-t", cluster_id,
            "-c", "server.properties",
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise Stop(f"formatting {self.directory / 'data'} failed: {(done.stderr or done.stdout).strip()[-500:]}")

    def _spawn(self) -> None:
        command = [
            java(), *_JVM, *share_options(self.libs), *self._jvm_options,
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.properties'}",
            f"-Dtuodi.kafka.log={self._log}", f"-Dtuodi.kafka.dir={self.directory}",
            "-cp", f"{self.libs}/*", "kafka.Kafka", "server.properties",
        ]  # fmt: skip
        with (self.directory / "console.log").open("ab") as console:
            # A session of its own: Ctrl-C in the terminal that started a demo must not take the broker with it.
            self._child = subprocess.Popen(  # noqa: S603 - our own arguments
                command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                start_new_session=True,
            )  # fmt: skip
        (self.directory / "broker.pid").write_text(f"{self._child.pid}\n")

    def _end(self, how: signal.Signals, deadline_s: float) -> bool:
        pid = self.pid
        if pid is None:
            self._reap()
            return False
        os.kill(pid, how)
        began = time.monotonic()
        while self.pid is not None:
            self._reap()
            if time.monotonic() - began > deadline_s:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_POLL_S)
        if self._child is not None:
            self._child.wait(_STOP_S)
            self._child = None
        (self.directory / "broker.pid").unlink(missing_ok=True)
        return True

    def _reap(self) -> None:
        """Take the exit code of our own child, so that it does not stay in the process table."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    def _tail(self) -> str:
        lines: list[str] = []
        for path in (self.directory / "console.log", self._log):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-15:]
        return "\n".join(lines)


def _is_ours(pid: int, directory: Path) -> bool:
    """Whether that process is the broker of this folder: a number alone may have been given to somebody else since.

    After kill -9 the first thread is dead (state Z, no command line) a little before the others; until those are gone
    too, the process still holds the lock of its data folder.
    """
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        if state in "ZX":
            return len(list((process / "task").iterdir())) > 1
        command = (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    # While the launcher execs itself the command line is empty for a moment; such a process is still ours.
    return not command or f"-Dtuodi.kafka.dir={directory}".encode() in command.split(b"\0")


def _free_ports(wanted: int) -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        try:
            first.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise Usage(f"port {wanted} is in use; choose another with --port, or leave it out") from error
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _cluster_id() -> str:
    """22 characters of URL-safe base64, as Kafka wants it (org.apache.kafka.common.Uuid).

    Never with a dash in front, which the storage tool would take for an option.
    """
    import base64
    import uuid

    while True:
        made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made
