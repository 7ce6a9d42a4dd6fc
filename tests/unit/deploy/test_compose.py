"""docker-compose.yml and the Dockerfile: valid, and the same broker as the one from jars."""

from __future__ import annotations

import copy
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
# Differ by nature: where it listens and stores, and how often the cleaner of a toy cluster comes by.
_OWN = re.compile(
    r"node\.id|process\.roles|controller\.|listener|advertised|log\.(dirs|cleaner|segment|retention)|num\.(network|io|rec)"
    r"|background|inter\.broker|heap"
)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def _errors(compose: dict[str, Any]) -> list[str]:
    """Against the compose specification's own schema, as check-jsonschema ships it (`vendor.compose-spec`).

    Its command needs a newer click than Faust allows, so its file is used, not its command.
    """
    spec = importlib.util.find_spec("check_jsonschema")
    assert spec is not None
    assert spec.submodule_search_locations
    [schema] = Path(spec.submodule_search_locations[0]).rglob("vendor/compose-spec.json")
    rules = json.loads(schema.read_text())
    validator = jsonschema.validators.validator_for(rules)(rules)
    return [error.message for error in validator.iter_errors(compose)]


def test_compose_is_valid(compose: dict[str, Any]) -> None:
    assert _errors(compose) == []


def test_the_schema_check_can_fail(compose: dict[str, Any]) -> None:
    broken = copy.deepcopy(compose)
    broken["services"]["topics"]["comand"] = broken["services"]["topics"].pop("command")
    broken["services"]["kafka"]["ports"] = "9092"
    assert len(_errors(broken)) >= 2


def test_the_brokers_of_compose_and_of_the_jars_are_configured_alike(compose: dict[str, Any]) -> None:
    environment = compose["services"]["kafka"]["environment"]
    in_compose = {
        name.removeprefix("KAFKA_").replace("_", ".").lower(): value
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }
    lines = (ROOT / "deploy/kafka/server.properties").read_text().splitlines()
    in_jars = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert {k: v for k, v in in_compose.items() if not _OWN.match(k)} == {
        k: v for k, v in in_jars.items() if not _OWN.match(k)
    }


def test_the_image_is_the_version_of_the_jars(compose: dict[str, Any]) -> None:
    [version] = re.findall(r"<kafka.version>(.+?)<", (ROOT / "deploy/kafka/pom.xml").read_text())
    assert compose["services"]["kafka"]["image"] == f"apache/kafka:{version}"


def test_workers_wait_for_their_topics_and_commands_exist(compose: dict[str, Any]) -> None:
    from workers.cli import _register_all, app

    _register_all()
    commands = {c.name or c.callback.__name__.replace("_", "-") for c in app.registered_commands if c.callback}
    commands |= {group.name for group in app.registered_groups}
    ours = {name: service for name, service in compose["services"].items() if service.get("image") == "tuodi"}
    assert set(ours) == {"topics", "intake", "ledger", "history", "gateway", "clock", "lists", "adopt"}
    for name, service in ours.items():
        first = service["command"][0] if "command" in service else service["entrypoint"][1]
        assert first in commands, f"{name} runs `tuodi {first}`, which does not exist"
        if name != "topics":
            assert service["depends_on"]["topics"]["condition"] == "service_completed_successfully"


def test_prometheus_scrapes_every_worker(compose: dict[str, Any]) -> None:
    scraped = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    targets = {target for job in scraped["scrape_configs"] for c in job["static_configs"] for target in c["targets"]}
    assert targets == {f"{name}:8080" for name in ("intake", "ledger", "history", "gateway", "lists", "clock")}


def test_the_sample_of_hospitals_is_fit_and_mounted_where_the_gateway_reads_it(compose: dict[str, Any]) -> None:
    from workers.gateway.door.keyring import load

    gateway = compose["services"]["gateway"]
    folder = "./deploy/gateway:/etc/tuodi/gateway:ro"
    assert folder in gateway["volumes"]
    inside = gateway["environment"]["TUODI_HOSPITALS_FILE"].removeprefix("/etc/tuodi/gateway/")
    assert sorted(load(ROOT / "deploy/gateway" / inside).hospitals) == ["H52270100001", "H52270100002"]
    assert gateway["ports"] == ["127.0.0.1:8270:8270"]  # of the demonstration keys: on this machine only


def test_the_image_copies_only_what_exists_and_does_not_run_as_root() -> None:
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), f"COPY {source}: no such file in the repository"
    assert re.search(r"^USER 999:999$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
