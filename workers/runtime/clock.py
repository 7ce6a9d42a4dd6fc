"""The runtime's only clock: the event loop's, in seconds. A simulation turns it by hand and every wait with it."""

from __future__ import annotations

import asyncio


def now() -> float:
    """Monotonic seconds of the running loop."""
    return asyncio.get_running_loop().time()
