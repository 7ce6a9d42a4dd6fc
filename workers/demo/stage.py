"""What a demonstration needs around it: child processes of `tuodi`, and a screen that says what happens, with times."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from workers.errors import TuodiError

STOP_SECONDS = 15.0


class Screen:
    """Says what happens on standard error, each line with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - self._began:5.1f} s] {text}\n")
        sys.stderr.flush()

    def show(self, text: str) -> None:
        """Something to read, on standard output."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class Children:
    """Processes of `tuodi` with a log file each; stopped in reverse order, killed where they do not stop."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = {**os.environ, **environment}
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, *arguments: str) -> None:
        """Start `tuodi ARGUMENTS` in the background; its output goes to <name>.log."""
        with (self._directory / f"{name}.log").open("wb") as out:
            child = subprocess.Popen(  # noqa: S603 - our own program with our own arguments
                [sys.executable, "-m", "workers.cli", *arguments],
                env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        self._running.append((name, child))

    def call(self, *arguments: str, quiet: bool = False) -> str:
        """Run `tuodi ARGUMENTS` to its end and return its standard output; TuodiError where it fails."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "workers.cli", *arguments],
            env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
            stderr=subprocess.PIPE if quiet else None,
        )  # fmt: skip
        if done.returncode:
            said = (done.stderr or b"").decode().strip() or done.stdout.decode().strip()
            raise TuodiError(f"`tuodi {' '.join(arguments)}` ended with {done.returncode}: {said}")
        return done.stdout.decode().rstrip()

    def ended(self, name: str) -> bool:
        """Whether a background process has done its work; TuodiError where it failed."""
        for known, child in self._running:
            if known == name and child.poll() is not None:
                if child.returncode:
                    raise TuodiError(f"{name} ended with {child.returncode}: {self._directory / f'{name}.log'}")
                self._running.remove((known, child))
                return True
        return all(known != name for known, _ in self._running)

    def check(self) -> None:
        """TuodiError where a background process has ended."""
        for name, child in self._running:
            if child.poll() is not None:
                raise TuodiError(f"{name} ended with {child.returncode}; its log: {self._directory / f'{name}.log'}")

    def pids(self) -> list[int]:
        return [child.pid for _, child in self._running]

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after the bound."""
        for _, child in reversed(self._running):
            child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for _, child in reversed(self._running):
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._running.clear()
