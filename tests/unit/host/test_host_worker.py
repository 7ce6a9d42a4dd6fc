"""The ledger's counts reach the registry on a scrape, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.routing import Route

from workers.errors import Usage
from workers.host import worker
from workers.host.http import HttpService
from workers.host.ledger import LedgerService
from workers.settings import Settings


def _settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, bootstrap="127.0.0.1:1")


async def _endpoint(http: HttpService, path: str) -> Any:
    (route,) = [route for route in http._app.routes if isinstance(route, Route) and route.path == path]
    return await route.endpoint(None)


def _outcomes(code: str) -> float:
    return REGISTRY.get_sample_value("settlement_outcomes_total", {"outcome": code}) or 0.0


async def test_a_scrape_takes_the_counts_and_asking_for_health_does_not(tmp_path: Path) -> None:
    made = worker.services(_settings(tmp_path), ["ledger"], "w1", dev_keys=True)
    (http,) = (service for service in made if isinstance(service, HttpService))
    (ledger,) = (service for service in made if isinstance(service, LedgerService))
    fold = ledger._make(0)
    before = _outcomes("decided")
    for _ in range(3):
        fold._tally.answered("decided")
    fold.committed()
    await _endpoint(http, "/healthz")
    await _endpoint(http, "/readyz")
    assert _outcomes("decided") == before
    answer = await _endpoint(http, "/metrics")
    assert b"settlement_outcomes_total" in answer.body
    assert _outcomes("decided") == before + 3
    await _endpoint(http, "/metrics")
    assert _outcomes("decided") == before + 3, "the same counts are not carried over twice"


@pytest.mark.parametrize("roles", [[], ["ledger", "cook"]])
def test_unknown_roles_and_none_are_asked_wrongly(tmp_path: Path, roles: list[str]) -> None:
    with pytest.raises(Usage, match="roles are intake, ledger"):
        worker.services(_settings(tmp_path), roles, "w1", dev_keys=True)


def test_services_are_made_before_any_loop_runs(tmp_path: Path) -> None:
    """As `tuodi worker` makes them: a clock of the loop in a constructor would end every start."""
    made = worker.services(_settings(tmp_path), ["intake", "ledger"], "w1", dev_keys=True)
    assert len(made) == 5
