"""The access to a cluster: what contradicts itself is refused, what fits reaches every client, and nothing is shown."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

import faust
import pytest

from tests.secure_broker import Authority
from workers.cluster import Access
from workers.errors import Usage
from workers.history.credentials import credentials
from workers.log import kafka_options
from workers.log.port import Isolation
from workers.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    authority = Authority(tmp_path, "authority")
    cert, key = authority.issue("client")
    password = tmp_path / "password"
    password.write_text("open sesame\nanother line\n", encoding="utf-8")
    return {"ca_file": authority.file, "cert_file": cert, "key_file": key, "password_file": password}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ca_file": "ca_file"}, "TUODI_KAFKA_CA_FILE would have no effect"),
        ({"user": "tuodi"}, "TUODI_KAFKA_USER would have no effect"),
        (
            {"security_protocol": "SSL", "user": "tuodi", "password_file": "password_file"},
            "PASSWORD_FILE, TUODI_KAFKA_USER",
        ),
        ({"security_protocol": "SSL", "cert_file": "cert_file"}, "TUODI_KAFKA_KEY_FILE must be set too"),
        ({"security_protocol": "SASL_SSL", "user": "tuodi"}, "TUODI_KAFKA_PASSWORD_FILE must be set too"),
        ({"security_protocol": "SASL_SSL"}, "PASSWORD_FILE, TUODI_KAFKA_USER must be set too"),
    ],
)
def test_what_contradicts_itself_is_refused(files: dict[str, Path], given: dict[str, Any], said: str) -> None:
    named = {name: files.get(value, value) for name, value in given.items()}
    with pytest.raises(Usage, match=re.escape(said)):
        Access(**named)


def test_plaintext_is_the_default_and_loads_nothing() -> None:
    assert Settings().cluster.client_options() == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "PLAINTEXT",
    }
    assert credentials(Access()) is None


def test_the_settings_reach_every_client_with_host_names_checked(files: dict[str, Path]) -> None:
    settings = Settings(
        bootstrap="k1:9093,k2:9093",
        kafka_security_protocol="SASL_SSL",
        kafka_user="tuodi",
        kafka_password_file=files["password_file"],
        kafka_ca_file=files["ca_file"],
        kafka_cert_file=files["cert_file"],
        kafka_key_file=files["key_file"],
    )
    cluster = settings.cluster
    every = [
        kafka_options.common(cluster, "admin"),
        kafka_options.producer(cluster, "p"),
        kafka_options.transactional(cluster, "t", "id", 10_000),
        kafka_options.consumer(cluster, "c", Isolation.READ_COMMITTED),
        kafka_options.member(cluster, "m", Isolation.READ_COMMITTED, "group", None, 6_000),
    ]
    for options in every:
        assert options["security_protocol"] == "SASL_SSL"
        assert options["sasl_mechanism"] == "SCRAM-SHA-512"
        assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("tuodi", "open sesame")
        context = options["ssl_context"]
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert "open sesame" not in repr(cluster)


def test_faust_is_given_the_same(files: dict[str, Path]) -> None:
    found = credentials(Access(security_protocol="SASL_SSL", user="tuodi", password_file=files["password_file"]))
    assert isinstance(found, faust.SASLCredentials)
    assert found.protocol.value == "SASL_SSL"
    assert found.mechanism.value == "SCRAM-SHA-512"
    assert (found.username, found.password) == ("tuodi", "open sesame")
    tls = credentials(Access(security_protocol="SSL", ca_file=files["ca_file"]))
    assert isinstance(tls, faust.SSLCredentials)
    assert tls.protocol.value == "SSL"


def test_a_file_that_cannot_be_used_is_named(files: dict[str, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n", encoding="utf-8")
    with pytest.raises(Usage, match=r"PASSWORD_FILE .*empty"):
        Access(security_protocol="SASL_SSL", user="tuodi", password_file=empty).password()
    with pytest.raises(Usage, match=r"PASSWORD_FILE .*FileNotFoundError"):
        Access(security_protocol="SASL_SSL", user="tuodi", password_file=tmp_path / "none").password()
    with pytest.raises(Usage, match=r"CA_FILE .*holds no PEM certificate"):
        Access(security_protocol="SSL", ca_file=empty).context()
    with pytest.raises(Usage, match="no PEM pair"):
        Access(security_protocol="SSL", cert_file=files["ca_file"], key_file=files["key_file"]).context()


def test_nobody_connects_past_the_access() -> None:
    """A client made from the bare servers would speak PLAINTEXT to a cluster that asks for more."""
    bare = re.compile(r"(KafkaLog|KafkaSource|AIOKafka\w+|find_topics|carry_out|create_topics)\([^)]*\bbootstrap\b")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "workers").rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if bare.search(line)
    ]
    assert found == []
