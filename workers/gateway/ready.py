"""Whether a replica may be asked: its tails have caught up and the log answers. Health is progress, as everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from workers.gateway.tail import Tail
from workers.gateway.writer import Writer
from workers.host.http import Health
from workers.runtime.clock import now


class Ready:
    """Judges over the parts of one replica. `stall_ms`: a log that has not answered for so long is away."""

    def __init__(self, tails: Sequence[Tail], writer: Writer, *, stall_ms: int) -> None:
        self._tails = tails
        self._writer = writer
        self._stall_seconds = stall_ms / 1000
        self._began: float | None = None

    def begin(self) -> None:
        """The replica is started: from now on the log has to answer."""
        self._began = now()

    def serves(self) -> bool:
        """Whether requests are let in: from the moment the tails have caught up, and never again not."""
        return all(tail.caught_up for tail in self._tails)

    def health(self) -> Health:
        """Alive while the log answers within twice the stall time, ready while it does within once."""
        at = now()
        still = at - min(tail.read_at or self._began or at for tail in self._tails)
        caught_up = self.serves()
        detail: dict[str, object] = {
            "caught_up": caught_up,
            "read_seconds_ago": round(still, 1),
            "missed": sum(tail.missed for tail in self._tails),
            "writing": self._writer.broken or "ok",
        }
        alive = still < 2 * self._stall_seconds
        return Health(alive, caught_up and still < self._stall_seconds and self._writer.broken is None, detail)


def probes(ready: Ready) -> list[BaseRoute]:
    """`/healthz` and `/readyz` on the window's own port, for what balances the load there."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"alive": (found := ready.health()).alive}, 200 if found.alive else 503)

    async def readyz(_: Request) -> Response:
        return JSONResponse({"ready": (found := ready.health()).ready}, 200 if found.alive and found.ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
