"""Processes that a test starts and never leaves behind."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopped_at_end(process: subprocess.Popen[bytes], *, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """SIGTERM at the end where it still runs. One that has not ended after so many seconds is killed, and an error."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
