"""The broker from jars: ports and data kept, crash and restart, the commands around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import kafka_fixture
from tests.kafka_fixture import LIBS, ROOT, KafkaUnderTest
from tests.log_bench import everything, put
from workers.errors import Usage
from workers.log import broker_probe
from workers.log.broker import Broker
from workers.log.broker_jars import DEPLOY
from workers.log.port import TopicPartition


def _tuodi(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments], cwd=ROOT, env=os.environ | environment,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


@pytest.mark.broker
async def test_a_crash_keeps_ports_and_records(own_kafka: KafkaUnderTest) -> None:
    broker = own_kafka.broker
    assert broker is not None
    address, topic = broker.bootstrap, await own_kafka.topic(1)
    log = own_kafka.log()
    await put(log, topic, b"a", b"b")
    await log.close()
    first = broker.pid

    assert broker.kill9()
    assert broker.pid is None
    assert not broker.ready()
    broker.start()

    assert broker.bootstrap == address
    assert broker.pid not in (None, first)
    log = own_kafka.log()
    assert [r.value for r in await everything(log, TopicPartition(topic, 0))] == [b"a", b"b"]
    await log.close()
    assert broker.stop()
    assert not broker.stop()  # nothing runs any more: no error


@pytest.mark.broker
def test_the_commands_tell_the_truth(own_kafka: KafkaUnderTest) -> None:
    assert own_kafka.broker is not None
    folder = own_kafka.broker.directory
    (folder / "libs").symlink_to(LIBS)
    where = ("--dir", str(folder), "--json")

    up = _tuodi("kafka", "status", *where)
    assert (up.returncode, json.loads(up.stdout)["ready"]) == (0, True)
    assert json.loads(up.stdout)["bootstrap"] == own_kafka.bootstrap
    again = _tuodi("kafka", "start", *where)
    assert json.loads(again.stdout)["pid"] == own_kafka.broker.pid  # running already: told, not started twice

    stopped = _tuodi("kafka", "stop", *where)
    assert json.loads(stopped.stdout) == {"was_running": True}
    down = _tuodi("kafka", "status", *where)
    assert (down.returncode, json.loads(down.stdout)["ready"]) == (1, False)

    unasked = _tuodi("kafka", "wipe", "--dir", str(folder))
    assert unasked.returncode == 2
    assert (folder / "data").exists()
    assert str(folder / "data") in _tuodi("kafka", "wipe", "--dry-run", "--dir", str(folder)).stdout
    assert _tuodi("kafka", "wipe", "--yes", "--dir", str(folder)).returncode == 0
    assert not (folder / "data").exists()
    assert (folder / "libs").exists()


@pytest.mark.broker
def test_topics_are_planned_applied_and_kept(kafka: KafkaUnderTest) -> None:
    world = {"TUODI_BOOTSTRAP": kafka.bootstrap, "TUODI_TOPIC_PREFIX": kafka.name("w"), "TUODI_PARTITIONS": "2"}

    before = _tuodi("topics", "plan", "--json", **world)
    assert before.returncode == 1
    planned = json.loads(before.stdout)
    assert planned["open_journal"]
    assert f"{world['TUODI_TOPIC_PREFIX']}.journal.v1" in planned["create"]

    applied = _tuodi("topics", "apply", "--json", **world)
    assert applied.returncode == 0, applied.stderr
    incarnation = json.loads(applied.stdout)["incarnation"]
    after = _tuodi("topics", "plan", "--json", **world)
    assert (after.returncode, json.loads(after.stdout)["create"]) == (0, [])
    again = _tuodi("topics", "apply", "--json", **world)
    assert json.loads(again.stdout)["incarnation"] == incarnation

    other = _tuodi("topics", "apply", **(world | {"TUODI_PARTITIONS": "4"}))
    assert other.returncode == 2
    assert "has 2 partitions, should have 4" in other.stderr
    assert _tuodi("topics", "plan", **world).returncode == 0  # nothing was written by the refused one


def test_without_a_broker_the_commands_say_so_quickly() -> None:
    began = time.monotonic()
    done = _tuodi("topics", "plan", TUODI_BOOTSTRAP="127.0.0.1:9")
    assert done.returncode == 1
    assert "is Kafka running where TUODI_BOOTSTRAP says" in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 20


def test_a_folder_without_a_broker(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    assert broker.pid is None
    assert not broker.ready()
    assert not broker.stop()
    with pytest.raises(Usage, match="tuodi kafka start"):
        _ = broker.bootstrap
    assert broker.belongings() == []


def test_a_process_that_took_over_the_number_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "broker.pid").write_text(str(os.getpid()))
    assert Broker(tmp_path).pid is None


def test_an_open_port_is_not_a_broker() -> None:
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not broker_probe.answers(listening.getsockname()[1], timeout_s=0.2)


def test_the_settings_that_guard_money_are_spelled() -> None:
    """Design §5, 6 and 13; each line has its reason beside it in the file."""
    lines = (DEPLOY / "server.properties").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["unclean.leader.election.enable"] == "false"
    assert settings["broker.session.timeout.ms"] == "3000"
    assert settings["broker.heartbeat.interval.ms"] == "500"
    assert settings["group.initial.rebalance.delay.ms"] == "0"
    assert int(settings["transaction.max.timeout.ms"]) >= 10_000
    assert int(settings["transaction.abort.timed.out.transaction.cleanup.interval.ms"]) <= 1_000
    assert (DEPLOY / "pom.xml").read_text().count("<kafka.version>4.3.1<") == 1


@pytest.mark.parametrize(("ci", "outcome"), [(None, "Skipped"), ("true", "Failed")])
def test_a_missing_kafka_is_a_skip_at_home_and_a_failure_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str | None, outcome: str
) -> None:
    monkeypatch.setattr(kafka_fixture, "missing", lambda libs: "no Kafka jars")
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(BaseException, match="no Kafka jars") as caught:
        kafka_fixture.require_kafka()
    assert type(caught.value).__name__ == outcome
