"""One process of the write side: intake, ledger or both, under one `mode.Worker`, with metrics and health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mode

from workers.errors import Usage
from workers.host.http import Health, HttpService
from workers.host.ledger import LedgerService
from workers.host.process import run_services
from workers.host.quotes import QuoteDesk
from workers.intake.service import IntakeService
from workers.journal.names import ledger_group
from workers.log.kafka import KafkaLog
from workers.runtime.health import Verdict
from workers.settings import Settings

ROLES = ("intake", "ledger")


def check_roles(roles: Sequence[str]) -> None:
    """Raises `Usage` where a role is unknown or none is asked for."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise Usage(f"roles are {', '.join(ROLES)}; asked for: {', '.join(sorted(unknown)) or 'none'}")


def services(settings: Settings, roles: Sequence[str], instance_id: str, *, dev_keys: bool) -> list[mode.Service]:
    """The services of one process, in start order; the HTTP endpoint first, so that health can be asked at once."""
    check_roles(roles)
    log = KafkaLog(settings.cluster)
    money: list[Any] = []
    beside: list[mode.Service] = []
    if "ledger" in roles:
        ledger = LedgerService(log, settings, instance_id)
        money.append(ledger)
        beside.append(QuoteDesk(log, settings, ledger, client_id=f"{ledger_group(settings)}-quotes-{instance_id}"))
    if "intake" in roles:
        money.append(IntakeService(log, settings, instance_id=instance_id, dev_keys=dev_keys))

    def health() -> Health:
        states = {type(service).__name__: service.current_health() for service in money}
        return Health(
            alive=all(state.verdict is not Verdict.EXIT for state in states.values()),
            ready=all(state.ready for state in states.values()),
            detail={name: state.as_dict() for name, state in states.items()},
        )

    def flush() -> None:
        for service in money:
            if isinstance(service, LedgerService):
                service.flush_counts()

    port_file = settings.data_dir / f"worker-{instance_id}.port"
    http = HttpService(health, settings.http_host, settings.http_port, port_file, before_scrape=flush)
    return [LogLease(log), http, *money, *beside]


class LogLease(mode.Service):
    """Closes the shared connection to the log after everything that used it: first to start, last to stop."""

    def __init__(self, log: KafkaLog) -> None:
        super().__init__()
        self._log = log

    async def on_stop(self) -> None:
        await self._log.close()


def run(settings: Settings, roles: Sequence[str], instance_id: str, *, dev_keys: bool) -> None:
    """Run until SIGTERM or SIGINT; see `run_services` for the exit codes."""
    run_services(services(settings, roles, instance_id, dev_keys=dev_keys))
