"""How a Kafka cluster is reached: its servers, and what it asks of who connects. One object for every client there is.

Taken from the settings (`settings.cluster`) by whoever opens a connection: the log port, the admin calls, the read side
and the audit, which shares nothing else with the workers. Three protocols: PLAINTEXT (a machine of one's own), SSL (the
client may show a certificate) and SASL_SSL (user and password, KIP-43 and KIP-84, always inside TLS).
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from workers.errors import Usage

Protocol = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
Mechanism = Literal["SCRAM-SHA-512", "PLAIN"]

_PREFIX: Final = "TUODI_KAFKA_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a cluster asks for; field names are the settings without `kafka_`. Raises `Usage` where they contradict."""

    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates of the authorities that sign the brokers' (PEM); None = those of the system."""
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        given = {f.name for f in fields(self) if f.default is None and getattr(self, f.name) is not None}
        allowed: dict[str, set[str]] = {
            "PLAINTEXT": set(),
            "SSL": {"ca_file", "cert_file", "key_file"},
            "SASL_SSL": {"ca_file", "cert_file", "key_file", "user", "password_file"},
        }
        superfluous = given - allowed[self.security_protocol]
        if superfluous:
            raise Usage(
                f"{_names(superfluous)} would have no effect with {_PREFIX}SECURITY_PROTOCOL={self.security_protocol}: "
                "set the protocol that uses it, or take it out"
            )
        missing = {"user", "password_file"} - given if self.security_protocol == "SASL_SSL" else set[str]()
        if len({"cert_file", "key_file"} & given) == 1:
            missing |= {"cert_file", "key_file"} - given
        if missing:
            raise Usage(f"{_names(missing)} must be set too ({_PREFIX}SECURITY_PROTOCOL={self.security_protocol})")

    @property
    def with_tls(self) -> bool:
        return self.security_protocol != "PLAINTEXT"

    @property
    def with_password(self) -> bool:
        return self.security_protocol == "SASL_SSL"

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, host names checked. Raises `Usage` naming the file that cannot be used."""
        try:
            made = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise Usage(f"{_PREFIX}CA_FILE {self.ca_file} holds no PEM certificate ({type(error).__name__})") from None
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file is not None and self.key_file is not None:
            try:
                made.load_cert_chain(self.cert_file, self.key_file, password=_no_passphrase)
            except (OSError, ssl.SSLError) as error:
                raise Usage(
                    f"{_PREFIX}CERT_FILE {self.cert_file} and {_PREFIX}KEY_FILE {self.key_file} are no PEM pair without"
                    f" passphrase ({type(error).__name__})"
                ) from None
        return made

    def password(self) -> str:
        """The first line of the password file. Raises `Usage`."""
        try:
            lines = self.password_file.read_text(encoding="utf-8").splitlines() if self.password_file else []
        except (OSError, UnicodeDecodeError) as error:
            raise Usage(f"{_PREFIX}PASSWORD_FILE {self.password_file}: {type(error).__name__}") from None
        if not lines or not lines[0]:
            raise Usage(f"{_PREFIX}PASSWORD_FILE {self.password_file}: its first line is empty")
        return lines[0]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Servers (`host:port`, comma separated) and the access to them."""

    bootstrap: str
    access: Access = field(default_factory=Access)

    def client_options(self) -> dict[str, Any]:
        """What every aiokafka client is given, consumers, producers and admin alike."""
        access = self.access
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": access.security_protocol,
        }
        if access.with_tls:
            options["ssl_context"] = access.context()
        if access.with_password:
            options["sasl_mechanism"] = access.sasl_mechanism
            options["sasl_plain_username"] = access.user
            options["sasl_plain_password"] = access.password()
        return options


ClusterLike = Cluster | str
"""Bare servers stand for a cluster without encryption."""


def cluster_of(given: ClusterLike) -> Cluster:
    """A cluster as given, or the one that bare servers name."""
    return Cluster(given) if isinstance(given, str) else given


def _names(settings: set[str]) -> str:
    return ", ".join(sorted(f"{_PREFIX}{name.upper()}" for name in settings))


def _no_passphrase() -> str:
    """An encrypted key is an error, never a question on the terminal of a worker."""
    return ""
