"""The process of one replica: the window on its own port, metrics and health on another, under one `mode.Worker`."""

from __future__ import annotations

from typing import Any, Final

import mode

from workers.gateway.service import Door, Replica
from workers.host.http import AsgiService, HttpService
from workers.host.process import run_services
from workers.host.worker import LogLease
from workers.log.kafka import KafkaLog
from workers.settings import Settings

KEEP_ALIVE_SECONDS: Final = 30


def services(
    settings: Settings, door: Door, instance_id: str, *, dev_keys: bool, **uvicorn_options: Any
) -> list[mode.Service]:
    """The services of one process in start order: health first, the window's port last, when there is who answers."""
    log = KafkaLog(settings.cluster)
    replica = Replica(log, settings, door, instance_id=instance_id, dev_keys=dev_keys)
    metrics = HttpService(
        replica.health,
        settings.http_host,
        settings.http_port,
        settings.data_dir / f"gateway-{instance_id}.metrics.port",
        before_scrape=replica.before_scrape,
    )
    window = AsgiService(
        replica.asgi,
        settings.gateway_host,
        settings.gateway_port,
        settings.data_dir / f"gateway-{instance_id}.port",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        **uvicorn_options,
    )
    return [LogLease(log), metrics, replica, window]


def run(settings: Settings, door: Door, instance_id: str, *, dev_keys: bool, **uvicorn_options: Any) -> None:
    """Run until SIGTERM or SIGINT; see `run_services` for the exit codes."""
    run_services(services(settings, door, instance_id, dev_keys=dev_keys, **uvicorn_options))
