"""Every kind of client through every protocol, against a broker that asks for certificates and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka_fixture import require_kafka
from tests.log_bench import DEADLINE_MS, everything, transaction, unique
from tests.secure_broker import PASSWORD, USER, Authority, SecureBroker, secure_broker
from workers.audit.kafka_source import KafkaSource
from workers.audit.source import AuditError
from workers.cluster import Access, Cluster, Mechanism
from workers.cluster_refusal import why_refused
from workers.errors import Retry
from workers.log.admin import TopicSpec, create_topics, find_topics
from workers.log.kafka import KafkaLog
from workers.log.port import Isolation, TopicPartition

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    require_kafka()
    with secure_broker(tmp_path_factory.mktemp("secure")) as made:
        yield made


def by_certificate(broker: SecureBroker) -> Cluster:
    access = Access(
        security_protocol="SSL", ca_file=broker.ca_file, cert_file=broker.client_cert, key_file=broker.client_key
    )
    return Cluster(broker.ssl, access)


def by_scram(broker: SecureBroker) -> Cluster:
    access = Access(security_protocol="SASL_SSL", user=USER, password_file=broker.password_file, ca_file=broker.ca_file)
    return Cluster(broker.sasl, access)


def by_plain(broker: SecureBroker) -> Cluster:
    access = Access(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        user=USER,
        password_file=broker.password_file,
        ca_file=broker.ca_file,
    )
    return Cluster(broker.sasl, access)


@pytest.mark.parametrize("reach", [by_certificate, by_scram, by_plain])
async def test_every_kind_of_client_gets_in(broker: SecureBroker, reach) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    cluster, topic = reach(broker), f"medassist.{unique('t')}.v1"
    await create_topics(cluster, [TopicSpec(topic, 1, 1, {})])
    assert topic in await find_topics(cluster, [topic])
    log = KafkaLog(cluster)
    plain = await log.producer(client_id="plain")
    plain.append(topic, 0, b"k", b"outside")
    await plain.flush(deadline_ms=DEADLINE_MS)
    inside = await transaction(log, unique("id"))
    inside.append(topic, 0, b"k", b"inside")
    await inside.commit(deadline_ms=DEADLINE_MS)

    place = TopicPartition(topic, 0)
    assert [record.value for record in await everything(log, place)] == [b"outside", b"inside"]
    member = await log.member(
        group=unique("group"),
        topics=[topic],
        client_id="member",
        instance_id=None,
        isolation=Isolation.READ_COMMITTED,
        session_timeout_ms=6_000,
    )
    await member.start(_nothing, _nothing)
    assert member.assignment() == {place}
    await member.commit_lazily({place: 1})
    assert await member.committed(place) == 1
    source = KafkaSource(cluster, "medassist")
    assert await source.partitions(topic.removeprefix("medassist.").removesuffix(".v1")) == 1
    for client in (plain, inside, member, source, log):
        await client.close()


def _password(folder: Path, text: str) -> Path:
    file = folder / "password"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
async def test_a_wrong_password_gets_nobody_in_and_is_told_by_its_setting(
    broker: SecureBroker, tmp_path: Path, mechanism: Mechanism
) -> None:
    access = Access(
        security_protocol="SASL_SSL", user=USER, password_file=_password(tmp_path, "guessed"), ca_file=broker.ca_file,
        sasl_mechanism=mechanism,
    )  # fmt: skip
    told = await refused_everywhere(Cluster(broker.sasl, access))
    assert "refuses the user or the password" in told
    assert "TUODI_KAFKA_PASSWORD_FILE" in told
    assert "guessed" not in told
    assert PASSWORD not in told


async def test_a_broker_signed_by_a_stranger_is_not_believed(broker: SecureBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    access = Access(
        security_protocol="SSL", ca_file=stranger.file, cert_file=broker.client_cert, key_file=broker.client_key
    )
    assert "look at TUODI_KAFKA_CA_FILE" in await refused_everywhere(Cluster(broker.ssl, access))


async def test_without_a_certificate_nobody_gets_in(broker: SecureBroker) -> None:
    cluster = Cluster(broker.ssl, Access(security_protocol="SSL", ca_file=broker.ca_file))
    assert "TUODI_KAFKA_CERT_FILE" in await refused_everywhere(cluster)


async def test_a_name_that_the_certificate_does_not_have_is_told(broker: SecureBroker) -> None:
    cluster = by_scram(broker)
    elsewhere = Cluster(cluster.bootstrap.replace("127.0.0.1", "localhost"), cluster.access)
    assert "certificate for another name" in str(await why_refused(elsewhere))


async def test_the_wrong_protocol_for_a_port_is_told(broker: SecureBroker) -> None:
    assert "TUODI_KAFKA_SECURITY_PROTOCOL" in str(await why_refused(Cluster(broker.ssl)))
    tls = Access(security_protocol="SSL", ca_file=broker.ca_file)
    assert "TUODI_KAFKA_SECURITY_PROTOCOL" in str(await why_refused(Cluster(broker.plaintext, tls)))


async def test_who_is_let_in_and_who_is_silent_are_no_refusal(broker: SecureBroker) -> None:
    assert await why_refused(by_scram(broker)) is None
    assert await why_refused(Cluster("127.0.0.1:1")) is None


async def refused_everywhere(cluster: Cluster) -> str:
    """What every kind of client says; all say the same of the access."""
    log, told = KafkaLog(cluster), []
    reader = log.reader(client_id="r", isolation=Isolation.READ_COMMITTED)
    for attempt in (find_topics(cluster, ["any"]), log.producer(client_id="p"), reader):
        with pytest.raises(Retry) as refused:
            await attempt
        told.append(str(refused.value))
    with pytest.raises(AuditError) as unaudited:
        await KafkaSource(cluster, "medassist").partitions("journal")
    told.append(str(unaudited.value))
    await log.close()
    assert len({text.rsplit(":", 1)[-1].removesuffix(" (docs/kafka-access.md)") for text in told}) == 1, told
    return told[0]


async def _nothing(partitions: frozenset[TopicPartition]) -> None:
    """No hook is needed here."""
