"""The process of `tuodi lists serve`: the service, the feed, metrics and health under one `mode.Worker`."""

from __future__ import annotations

import logging

import mode

from workers.host.http import Health, HttpService
from workers.host.logs import configure
from workers.host.worker import LogLease
from workers.lists.feed import ListFeed
from workers.lists.service import ListsService
from workers.log.kafka import KafkaLog
from workers.runtime.health import Verdict
from workers.settings import Settings


def services(settings: Settings, instance_id: str, *, feed: bool, dev_keys: bool) -> list[mode.Service]:
    """The services in start order; the connection first, so that it is closed last."""
    log = KafkaLog(settings.cluster)
    lists = ListsService(log, settings, dev_keys=dev_keys)
    reader = ListFeed(log, settings, instance_id=instance_id, dev_keys=dev_keys) if feed else None

    def health() -> Health:
        mine = lists.current_health()
        if reader is None:
            return mine
        theirs = reader.health
        return Health(
            alive=mine.alive and theirs.verdict is not Verdict.EXIT,
            ready=mine.ready and theirs.ready,
            detail={**mine.detail, "feed": theirs.as_dict()},
        )

    port_file = settings.data_dir / f"lists-{instance_id}.port"
    http = HttpService(health, settings.http_host, settings.http_port, port_file)
    return [LogLease(log), http, lists, *([reader] if reader is not None else [])]


def run(settings: Settings, instance_id: str, *, feed: bool, dev_keys: bool) -> None:
    """Run until SIGTERM or SIGINT."""
    configure()
    logging.getLogger("mode").setLevel(logging.WARNING)
    mode.Worker(
        *services(settings, instance_id, feed=feed, dev_keys=dev_keys),
        override_logging=False, redirect_stdouts=False, quiet=True,
    ).execute_from_commandline()  # fmt: skip
