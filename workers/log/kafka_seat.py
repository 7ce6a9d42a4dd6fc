"""Two living processes under one instance id: found out and stopped, instead of ousting each other for ever.

The client's heartbeat does not carry the instance id, so the broker answers the older process with UNKNOWN_MEMBER_ID;
the client then joins again, which throws out the newer one, and so on (observed: 13 rebalances in 6 s). The id of a
static member is unknown for one other reason only: its session ran out. If its last good heartbeat is younger than the
session, somebody else sits on the seat.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import UnknownMemberIdError, for_code
from aiokafka.protocol.group import HeartbeatRequest


def guard_seat(consumer: AIOKafkaConsumer, session_timeout_ms: int, lost: Callable[[], None]) -> None:
    """Watch the heartbeats of a started static member; call `lost` once and never join again when its seat is taken."""
    coordinator = consumer._coordinator
    beat, join, ask = coordinator._do_heartbeat, coordinator.ensure_active_group, coordinator._send_req
    last_good = time.monotonic()
    taken = unknown = False

    async def noted_request(request: Any) -> Any:
        nonlocal unknown
        answer = await ask(request)
        if isinstance(request, HeartbeatRequest):
            unknown = for_code(answer.error_code) is UnknownMemberIdError
        return answer

    async def watched_beat() -> bool:
        nonlocal last_good, taken, unknown
        sent, unknown = time.monotonic(), False
        good = bool(await beat())
        if good:
            last_good = sent
        elif unknown and sent - last_good < session_timeout_ms / 1000:
            taken = True
            lost()
        return good

    async def guarded_join(*args: Any) -> Any:
        if taken:
            await asyncio.wait({coordinator._closing})
            return None
        return await join(*args)

    coordinator._send_req = noted_request
    coordinator._do_heartbeat = watched_beat
    coordinator.ensure_active_group = guarded_join
