"""How quiet the machine was: delays where cores are fought over say more about the others than about us."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from pathlib import Path

_PRESSURE, _STAT = Path("/proc/pressure/cpu"), Path("/proc/stat")


class Machine:
    """Notes the beginning of a run; `text`, after broker and worker have ended, says what it was like."""

    def __init__(self) -> None:
        self._began, self._waited_us = time.monotonic(), _waited_us()
        self._others = _all_cpu_seconds(), _own_cpu_seconds()

    def text(self) -> str:
        """Cores, architecture, Python, and the share of time in which something waited for a core (Linux PSI)."""
        about = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        seconds = max(1e-6, time.monotonic() - self._began)
        all_before, own_before = self._others
        others = (_all_cpu_seconds() - all_before) - (_own_cpu_seconds() - own_before)
        about += f"; other processes took {max(0.0, others) / seconds:.0%} of a core"
        waited, before = _waited_us(), self._waited_us
        if waited is None or before is None:
            return f"{about}, load {os.getloadavg()[0]:.1f}"
        share = (waited - before) / 1e6 / seconds
        return f"{about}; something waited for a core {share:.0%} of the time, load {os.getloadavg()[0]:.1f}"


def _all_cpu_seconds() -> float:
    """CPU that all processes of the machine have used since boot; 0 where the kernel does not tell."""
    with suppress(OSError, ValueError):
        user, nice, system, _idle, _iowait, irq, softirq, *_ = (
            int(field) for field in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
        )
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _own_cpu_seconds() -> float:
    """CPU of this process and of its children that have ended: worker and broker have when the report is made."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _waited_us() -> int | None:
    """Microseconds since boot in which some task waited for a CPU, or None where the kernel does not tell."""
    with suppress(OSError, ValueError):
        for line in _PRESSURE.read_text(encoding="ascii").splitlines():
            if line.startswith("some"):
                return int(line.rpartition("total=")[2])
    return None
