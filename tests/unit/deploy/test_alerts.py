"""Alerts and dashboard ask for what the workers really tell, and every alert has its page."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY

from workers.runtime.metrics import RuntimeMetrics

ROOT = Path(__file__).resolve().parents[3]
RUNBOOKS = ROOT / "docs/runbooks"
TELLING: Final = (
    "workers.gateway.door.metrics", "workers.gateway.quotes", "workers.gateway.metrics", "workers.gateway.judged",
    "workers.journal.clock_service", "workers.history.app", "workers.lists.metrics", "workers.host.ledger",
    "workers.host.quotes", "workers.intake.metrics",
)  # fmt: skip
METRIC = re.compile(r"\b(?:settlement|tuodi)_[a-z_]+")
LABELS = re.compile(r"(?:by|on) \(([^)]*)\)|\{([^}]*)\}")
OF_PROMETHEUS: Final = {"instance", "job", "le"}


def rules() -> list[dict[str, Any]]:
    body = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in body["groups"] for rule in group["rules"]]


def dashboard() -> list[str]:
    body = json.loads((ROOT / "deploy/grafana/tuodi.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in body["panels"] for target in panel["targets"]]


EXPRESSIONS = [*(rule["expr"] for rule in rules()), *dashboard()]


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """Every sample name the workers can export, with its labels."""
    RuntimeMetrics("test-alerts")
    for module in TELLING:
        importlib.import_module(module)
    collectors = REGISTRY._names_to_collectors
    return {name: set(getattr(collector, "_labelnames", ())) for name, collector in collectors.items()}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_of_an_expression_is_exported(expression: str, told: dict[str, set[str]]) -> None:
    named = METRIC.findall(expression)
    assert named or expression.startswith("up{")
    assert [name for name in named if name not in told] == []
    known = OF_PROMETHEUS.union(*(told[name] for name in named))
    for by, selector in LABELS.findall(expression):
        labels = by.split(",") if by else [each.partition("=")[0].rstrip("!") for each in selector.split(",")]
        assert {label.strip() for label in labels} <= known, expression
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_page_with_commands(rule: dict[str, Any]) -> None:
    page = ROOT / rule["annotations"]["runbook"]
    text = page.read_text(encoding="utf-8")
    assert page.parent == RUNBOOKS
    assert "## Look\n```sh\n" in text
    assert "## Do\n- " in text
    assert rule["labels"]["severity"] in ("page", "ticket")
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    assert f"| [{rule['alert']}]({page.name}) | {rule['labels']['severity']} |" in index


def test_no_page_is_left_without_its_alert() -> None:
    pages = {page.name for page in RUNBOOKS.glob("*.md")} - {"README.md", "upgrade.md", "keys-and-backups.md"}
    assert pages == {Path(rule["annotations"]["runbook"]).name for rule in rules()}


def test_services_that_a_page_names_are_those_of_compose() -> None:
    services = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"])
    for page in RUNBOOKS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for options in re.findall(r"docker compose (?:logs --since \S+|restart|up -d) ([a-z]+)", text):
            assert options in services, page.name


def test_alerts_are_read_by_the_shipped_prometheus() -> None:
    scrape = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert scrape["rule_files"] == ["alerts.yml"]
    assert (
        "./deploy/prometheus/alerts.yml:/etc/prometheus/alerts.yml:ro" in compose["services"]["prometheus"]["volumes"]
    )
