"""The read side: one Faust app that keeps the read model (`schema.sql`) up to date. No money is decided here.

Delivery is at least once, effect exactly once: an agent takes a run of events without acknowledging it, stores it with
its position in one SQLite transaction, and only then acknowledges, in order, every event. Killed at any point, the
events come again and are passed over. Every setting below was measured; the defaults lose records (docs/adr).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import faust
from mode.supervisors import CrashingSupervisor
from prometheus_client import Gauge

from schemas.topics import full_name
from workers.history import rows
from workers.history.committed import CommittedApp
from workers.history.credentials import credentials
from workers.history.database import Database, Row, Source, Writer
from workers.history.start import StartCheck
from workers.host.http import Health, HttpService
from workers.settings import Settings

TAKE_RECORDS, TAKE_SECONDS = 500, 0.2

WRITERS: dict[str, Writer] = {
    "assistance.decided": rows.write_decision,
    "journal.answered": rows.write_outcome,
    "person.accumulated": rows.write_accumulated,
    "task.opened": rows.write_task_opened,
    "task.closed": rows.write_task_closed,
    "alert.raised": rows.write_alert,
    "journal": rows.write_journal,
}

_TOTAL = Gauge("settlement_history_granted_yuan", "Assistance granted, live, for display", ["measure", "year", "layer"])
_TALLY = Gauge("settlement_history_records", "Records in the read model by kind and label", ["kind", "label"])
_WAITING = Gauge("settlement_history_waiting_decisions", "Decisions that wait for a predecessor of the same person")


class Projection:
    """Feeds the database from streams and publishes its totals."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.taken = 0

    async def follow(self, short: str, stream: Any) -> None:
        """Take, store, acknowledge, for ever. An exception ends the process: nothing is skipped."""
        write = WRITERS[short]
        async for events in stream.noack_take(TAKE_RECORDS, within=TAKE_SECONDS):
            for source, run in _by_partition(short, events).items():
                self.taken += self.database.take(source, run, write)
            for event in events:
                await stream.ack(event)

    def publish(self) -> None:
        """Set the gauges from the database, before each scrape: exact, because the database is."""
        read = self.database.connection.execute
        for measure, year, layer, amount in read("SELECT measure, year, layer, amount FROM total"):
            _TOTAL.labels(measure, str(year), layer).set(amount / 100)
        for name, label, n in read("SELECT name, label, n FROM tally"):
            _TALLY.labels(name, label).set(n)
        _WAITING.set(read("SELECT count(*) FROM waiting").fetchone()[0])


def _by_partition(short: str, events: list[Any]) -> dict[Source, list[Row]]:
    runs: dict[Source, list[Row]] = {}
    for event in events:
        message = event.message
        headers = dict(message.headers or ())
        row = Row(message.offset, int(message.timestamp * 1000), message.key, message.value, headers.get("ce_time"))
        runs.setdefault(Source(short, message.partition), []).append(row)
    return runs


def build(config: Settings, instance_id: str | None = None) -> faust.App:
    """The app over the database named in the settings. Its consumer group is named after the database file."""
    projection = Projection(Database(config.database))
    app_id = f"tuodi-history-{projection.database.model_id()}"
    app: faust.App

    def health() -> Health:
        return Health(True, bool(app.started), {"taken": projection.taken, "group": app_id})

    http = HttpService(
        health, config.http_host, config.http_port, config.data_dir / "history.port", before_scrape=projection.publish
    )
    check = StartCheck(projection.database, config, app_id, WRITERS)

    class HostWorker(faust.Worker):
        """Starts the endpoint before the app, so that /healthz answers while the app joins its group."""

        def on_init_dependencies(self) -> list[Any]:
            return [http, check, *super().on_init_dependencies()]

    app = CommittedApp(app_id, Worker=HostWorker, **_options(config, instance_id or app_id))
    for short in WRITERS:
        _add_agent(app, projection, short, full_name(short, config.topic_prefix))
    return app


def _options(config: Settings, instance_id: str) -> dict[str, Any]:
    """Every option spelled, times in seconds. `stream_wait_empty`: else a stop with unacknowledged events hangs."""
    return {
        "broker": ";".join(f"kafka://{server}" for server in config.bootstrap.split(",")),
        "broker_credentials": credentials(config.cluster.access),
        "store": "memory://",
        "key_serializer": "raw",
        "value_serializer": "raw",
        "web_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "agent_supervisor": CrashingSupervisor,
        "stream_wait_empty": False,
        "table_standby_replicas": 0,
        "processing_guarantee": "at_least_once",
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": instance_id,
        "broker_commit_interval": 0.5,
        "broker_session_timeout": 10,
        "broker_heartbeat_interval": 2,
        "broker_request_timeout": 30,
        "broker_max_poll_records": 2000,
        "datadir": str(Path(config.data_dir) / "faust"),
    }


def _add_agent(app: faust.App, projection: Projection, short: str, topic_name: str) -> None:
    topic = app.topic(topic_name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(topic, name=f"history.{short}")
    async def agent(stream: Any) -> None:
        await projection.follow(short, stream)


def run(config: Settings, instance_id: str | None = None) -> None:
    """Run until a signal; exits through SystemExit with the worker's code."""
    os.environ.setdefault("FAUST_LOOP", "asyncio")
    worker = build(config, instance_id).Worker(override_logging=False, redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()
