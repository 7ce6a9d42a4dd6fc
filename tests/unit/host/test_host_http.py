"""The three endpoints as Prometheus and an orchestrator ask them: codes, bodies, when counts are carried over."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import prometheus_client
import pytest
import pytest_asyncio

from workers.host.http import Health, HttpService


class Process:
    """What stands behind the endpoints: a health that a test may change, a count that is carried over on scrapes."""

    def __init__(self) -> None:
        self.health = Health(True, True, {"lag": 3})
        self.scrapes = 0

    def flush(self) -> None:
        self.scrapes += 1
        _SCRAPES.set(self.scrapes)


_SCRAPES = prometheus_client.Gauge("tuodi_test_scrapes", "Scrapes seen by the hook of this test")


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Process, HttpService]]:
    process = Process()
    service = HttpService(
        lambda: process.health, "127.0.0.1", 0, tmp_path / "deep" / "worker.port", before_scrape=process.flush
    )
    await service.start()
    yield process, service
    await service.stop()


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def _ask(service: HttpService, path: str) -> tuple[int, str]:
    return await asyncio.to_thread(_get, service.port, path)


async def test_the_port_in_use_stands_in_the_port_file(served: tuple[Process, HttpService], tmp_path: Path) -> None:
    assert int((tmp_path / "deep" / "worker.port").read_text()) == served[1].port > 0


@pytest.mark.parametrize(
    ("alive", "ready", "healthz", "readyz"),
    [(True, True, 200, 200), (True, False, 200, 503), (False, True, 503, 503), (False, False, 503, 503)],
)
async def test_health_says_restart_and_ready_says_patience(
    served: tuple[Process, HttpService], alive: bool, ready: bool, healthz: int, readyz: int
) -> None:
    process, service = served
    process.health = Health(alive, ready, {"lag": 3})
    code, body = await _ask(service, "/healthz")
    assert (code, json.loads(body)) == (healthz, {"alive": alive, "lag": 3})
    code, body = await _ask(service, "/readyz")
    assert (code, json.loads(body)) == (readyz, {"ready": ready, "lag": 3})
    assert process.scrapes == 0, "asking for health carries no counts over"


async def test_counts_are_carried_over_before_each_scrape_and_stand_in_its_answer(
    served: tuple[Process, HttpService],
) -> None:
    process, service = served
    for scrape in (1, 2):
        code, body = await _ask(service, "/metrics")
        assert code == 200
        assert f"tuodi_test_scrapes {scrape}.0" in body
    assert process.scrapes == 2


async def test_other_paths_are_not_found(served: tuple[Process, HttpService]) -> None:
    assert (await _ask(served[1], "/"))[0] == 404


async def test_a_hook_that_fails_makes_the_scrape_fail_not_the_process(
    served: tuple[Process, HttpService], monkeypatch: pytest.MonkeyPatch
) -> None:
    process, service = served
    monkeypatch.setattr(process, "health", Health(True, True, {}))
    monkeypatch.setitem(process.__dict__, "scrapes", None)  # None + 1 raises TypeError in the hook
    assert (await _ask(service, "/metrics"))[0] == 500
    assert (await _ask(service, "/healthz"))[0] == 200


async def test_after_the_stop_nobody_listens(tmp_path: Path) -> None:
    service = HttpService(lambda: Health(True, True, {}), "127.0.0.1", 0)
    await service.start()
    assert (await _ask(service, "/metrics"))[0] == 200
    await service.stop()
    with pytest.raises(OSError, match=r"refused|reset"):
        await _ask(service, "/healthz")
