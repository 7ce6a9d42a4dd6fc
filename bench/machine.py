"""How quiet the machine was: delays where cores are fought over say more about the others than about us."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")


class Machine:
    """Notes the beginning of a run; `text` says what it was like until now."""

    def __init__(self) -> None:
        self._began, self._waited_us = time.monotonic(), _waited_us()

    def text(self) -> str:
        """Cores, architecture, Python, and the share of time in which something waited for a core (Linux PSI)."""
        about = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        waited, before = _waited_us(), self._waited_us
        if waited is None or before is None:
            return f"{about}, load {os.getloadavg()[0]:.1f}"
        share = (waited - before) / 1e6 / max(1e-6, time.monotonic() - self._began)
        return f"{about}; something waited for a core {share:.0%} of the time, load {os.getloadavg()[0]:.1f}"


def _waited_us() -> int | None:
    """Microseconds since boot in which some task waited for a CPU, or None where the kernel does not tell."""
    with suppress(OSError, ValueError):
        for line in _PRESSURE.read_text(encoding="ascii").splitlines():
            if line.startswith("some"):
                return int(line.rpartition("total=")[2])
    return None
