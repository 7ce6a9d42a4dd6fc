"""A broker with two more listeners: SSL that wants a client certificate, and SASL_SSL with two mechanisms."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kafka_fixture import LIBS
from workers.log.broker import Broker
from workers.log.broker_jars import java

USER, PASSWORD = "tuodi", "not-a-real-secret"
_HOST = "127.0.0.1"


class Authority:
    """A certificate authority of one test session; files are PEM, keys without passphrase."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), True
        )
        self._made = builder.sign(self._key, hashes.SHA256())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._made.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """(certificate, key) files of one server or client at 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        at = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_HOST))])
        made = self._builder(subject, key).add_extension(at, False).sign(self._key, hashes.SHA256())
        cert_file, key_file = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return cert_file, key_file

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
        )


@dataclass(frozen=True)
class SecureBroker:
    """Where it listens and what it trusts."""

    ssl: str
    sasl: str
    plaintext: str
    ca_file: Path
    client_cert: Path
    client_key: Path
    password_file: Path


class _Broker(Broker):
    """The shipped configuration and a few lines after it: of a property named twice the last counts."""

    more = ""

    def _template(self) -> str:
        return super()._template() + self.more


@contextlib.contextmanager
def secure_broker(folder: Path) -> Iterator[SecureBroker]:
    """Start it, give it the SCRAM user, kill it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder, "authority")
    (cert, key), (client_cert, client_key) = authority.issue("server"), authority.issue("client")
    (folder / "server-store.pem").write_bytes(key.read_bytes() + cert.read_bytes())
    password_file = folder / "password"
    password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
    ssl, sasl = _free_ports(2)
    broker = _Broker(folder / "kafka", LIBS)
    broker.more = _listeners(folder, authority, ssl, sasl)
    broker.start()
    try:
        _add_scram_user(broker)
        yield SecureBroker(
            f"{_HOST}:{ssl}",
            f"{_HOST}:{sasl}",
            broker.bootstrap,
            authority.file,
            client_cert,
            client_key,
            password_file,
        )
    finally:
        broker.kill9()
        broker.wipe()


def _listeners(folder: Path, authority: Authority, ssl: int, sasl: int) -> str:
    plain_login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    scram_login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    clients = f"PLAINTEXT://{_HOST}:{{listener_port}},SSL://{_HOST}:{ssl},SASL_SSL://{_HOST}:{sasl}"
    return f"""
listeners={clients},CONTROLLER://{_HOST}:{{controller_port}}
advertised.listeners={clients}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server-store.pem
ssl.truststore.type=PEM
ssl.truststore.location={authority.file}
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config={plain_login} user_{USER}="{PASSWORD}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram_login}
"""


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def _add_scram_user(broker: Broker) -> None:
    command = [
        java(), "-cp", f"{LIBS}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", broker.bootstrap,
        "--alter", "--add-config", f"SCRAM-SHA-512=[password={PASSWORD}]", "--entity-type", "users",
        "--entity-name", USER,
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
