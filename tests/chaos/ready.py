"""Waits until all worker processes say they are ready (`/readyz`), with a deadline."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

POLL_S, HTTP_S = 0.1, 2.0


async def wait_ready(folder: Path, workers: Iterable[int], deadline_s: float) -> None:
    """TimeoutError where a worker is not ready in time."""
    loop = asyncio.get_running_loop()
    until, late = loop.time() + deadline_s, set(workers)
    while late:
        for worker in sorted(late):
            if await asyncio.to_thread(_ready, folder / f"worker-chaos-{worker}.port"):
                late.discard(worker)
        if loop.time() > until:
            raise TimeoutError(f"workers {sorted(late)} are not ready after {deadline_s:.0f} s; see {folder}")
        await asyncio.sleep(POLL_S)


def fetch(url: str) -> str:
    """The text behind a URL of a worker."""
    with urllib.request.urlopen(url, timeout=HTTP_S) as answer:  # noqa: S310 (our own workers)
        return str(answer.read().decode())


def _ready(port_file: Path) -> bool:
    try:
        fetch(f"http://127.0.0.1:{int(port_file.read_text())}/readyz")  # raises on any status but 200
    except (OSError, ValueError, urllib.error.URLError):
        return False
    return True
