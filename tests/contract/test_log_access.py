"""Every kind of client through every protocol, against a broker that asks for certificates and passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka_fixture import require_kafka
from tests.log_bench import DEADLINE_MS, everything, transaction, unique
from tests.secure_broker import PASSWORD, USER, Authority, SecureBroker, secure_broker
from workers.audit.kafka_source import KafkaSource
from workers.cluster import Access, Cluster
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


async def test_a_wrong_password_gets_nobody_in(broker: SecureBroker, tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("guessed", encoding="utf-8")
    access = Access(security_protocol="SASL_SSL", user=USER, password_file=wrong, ca_file=broker.ca_file)
    with pytest.raises(Retry) as refused:
        await find_topics(Cluster(broker.sasl, access), ["any"])
    assert "guessed" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


async def test_a_broker_signed_by_a_stranger_is_not_believed(broker: SecureBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    access = Access(
        security_protocol="SSL", ca_file=stranger.file, cert_file=broker.client_cert, key_file=broker.client_key
    )
    with pytest.raises(Retry):
        await find_topics(Cluster(broker.ssl, access), ["any"])


async def test_without_a_certificate_nobody_gets_in(broker: SecureBroker) -> None:
    with pytest.raises(Retry):
        await find_topics(Cluster(broker.ssl, Access(security_protocol="SSL", ca_file=broker.ca_file)), ["any"])


async def _nothing(partitions: frozenset[TopicPartition]) -> None:
    """No hook is needed here."""
