"""Settings of every worker, from the environment (`TUODI_…`) or a `.env`-style file named by `TUODI_ENV_FILE`.

Every limit has its unit in its name and its own error where it is exceeded (`docs/records.md` §10 of the limits).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from workers.cluster import Access, Cluster, Mechanism, Protocol
from workers.errors import Usage

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Settings(BaseSettings):
    """All settings with their defaults; names are the environment variables without `TUODI_`, lower case."""

    model_config = SettingsConfigDict(env_prefix="TUODI_", extra="forbid", frozen=True)

    # where
    bootstrap: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port, comma separated")
    kafka_security_protocol: Protocol = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL or SASL_SSL; docs/kafka-access.md"
    )
    kafka_sasl_mechanism: Mechanism = Field("SCRAM-SHA-512", description="SCRAM-SHA-512 or PLAIN, with SASL_SSL")
    kafka_user: str | None = Field(None, description="user of SASL_SSL")
    kafka_password_file: Path | None = Field(None, description="file with that user's password in its first line")
    kafka_ca_file: Path | None = Field(
        None, description="signers of the brokers' certificates (PEM); default: the system's"
    )
    kafka_cert_file: Path | None = Field(None, description="this client's certificate chain (PEM), with its key file")
    kafka_key_file: Path | None = Field(None, description="its private key (PEM, without passphrase)")
    topic_prefix: str = Field("medassist", description="first word of every topic name")
    partitions: int = Field(12, ge=1, le=1024, description="partitions of every person-keyed topic; a one-way door")
    replication_factor: int = Field(1, ge=1, le=7, description="replicas of every topic; 3 in production")
    data_dir: Path = Field(Path("var"), description="folder of everything a worker keeps on disk (read model, sockets)")
    database: Path = Field(Path("var/history.sqlite"), description="SQLite file of the read model")

    national_folder: Path | None = Field(
        None, description="vocabulary, dictionaries and profiles of the platform's shapes; default: the shipped ones"
    )

    # secrets, by file
    person_key_file: Path | None = Field(None, description="file with the HMAC-SM3 key of person keys (hex, one line)")
    person_key_version: int = Field(1, ge=1, description="version of that key, written into journal headers")
    dead_letter_key_file: Path | None = Field(None, description="file with the AES-256 key of dead letters (hex)")

    directory_key_file: Path | None = Field(None, description="file with the secret of the directory (hex, one line)")
    directory_key_version: int = Field(1, ge=1, description="version of that secret, kept in the directory")

    # lists of identities; the directory file and the folder hold people's data and belong in a guarded zone
    directory: Path = Field(Path("var/directory.sqlite"), description="SQLite file certificate → person number")
    lists: Path = Field(Path("var/lists.sqlite"), description="SQLite file of the lists worker")
    lists_folder: Path = Field(
        Path("var/lists"), description="guarded folder: inbox/<source>/ of the departments, feedback/ to them"
    )
    lists_end_percent_max: int = Field(
        5, ge=0, le=100, description="share of a list's people whose end has to be confirmed by a person"
    )
    lists_end_persons_min: int = Field(
        10, ge=0, description="up to so many ends of one list never have to be confirmed"
    )

    # the hospital window
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(8270, ge=0, le=65535, description="the window's own port; 0 = any free one")
    gateway_deadline_ms: int = Field(1_000, ge=10, description="a settle without an answer after this: 202 and a URL")
    gateway_requests_max: int = Field(256, ge=1, description="requests inside one replica at once; one more: 503")
    gateway_remembered_max: int = Field(50_000, ge=100, description="bills and answers a replica keeps for retries")
    gateway_certificate_file: Path | None = Field(None, description="PEM certificate of the window; none: plain HTTP")
    gateway_key_file: Path | None = Field(None, description="PEM key of that certificate")
    gateway_client_ca_file: Path | None = Field(None, description="PEM authorities of hospitals' certificates (mTLS)")
    hospitals_file: Path | None = Field(None, description="who may call the gateway and how (docs/gateway-door.md)")
    gateway_clock_window_s: int = Field(
        120, ge=5, le=1_800, description="most seconds between a signature's time and ours, either side"
    )
    gateway_origin: str | None = Field(
        None, pattern=r"^https?://[a-z0-9.:\[\]-]+$", description="what hospitals call us, where a proxy ends TLS"
    )
    gateway_proxies: str = Field("", description="addresses or networks whose Client-Cert header counts")
    hospitals_look_ms: int = Field(2_000, ge=100, description="how often a changed file of hospitals is looked for")

    # limits
    feed_record_bytes_max: int = Field(512_000, ge=1_000)
    journal_record_bytes_max: int = Field(1_000_000, ge=1_000)
    bills_per_person_max: int = Field(10_000, ge=1, description="one record may decide them all: 1.3 s; ADR 16")
    batch_records_max: int = Field(250, ge=1, description="records of one transaction; ADR 7 says why so few")
    batch_bytes_max: int = Field(1_000_000, ge=10_000)
    slice_persons_max: int = Field(500, ge=1)
    parked_days_max: int = Field(30, ge=1, description="business dates after which a parked record becomes a task")
    recovery_persons_max: int = Field(
        20, ge=0, description="persons from whom an adoption may take money back before one order has to rule on it all"
    )
    recovery_yuan_max: str = Field(
        "10000.00", pattern=r"^(0|[1-9][0-9]{0,11})\.[0-9]{2}$", description="the same bound in yuan, two places"
    )
    restore_batch_records: int = Field(5_000, ge=1)

    # times
    tick_ms: int = Field(5, ge=1, description="how long a batch waits for company under load")
    transaction_timeout_ms: int = Field(10_000, ge=1_000, le=10_000)
    session_timeout_ms: int = Field(6_000, ge=1_000)
    commit_deadline_ms: int = Field(5_000, ge=100)
    quote_deadline_ms: int = Field(800, ge=10)
    stall_ms: int = Field(30_000, ge=1_000, description="no progress with lag for this long: not ready, then exit")

    # http
    http_host: str = "127.0.0.1"
    http_port: int = Field(0, ge=0, le=65535, description="metrics and health; 0 = any free port, written to data_dir")

    @property
    def cluster(self) -> Cluster:
        """The Kafka cluster and the access to it. Raises `Usage` where its settings contradict each other."""
        return Cluster(
            self.bootstrap,
            Access(
                security_protocol=self.kafka_security_protocol,
                sasl_mechanism=self.kafka_sasl_mechanism,
                user=self.kafka_user,
                password_file=self.kafka_password_file,
                ca_file=self.kafka_ca_file,
                cert_file=self.kafka_cert_file,
                key_file=self.kafka_key_file,
            ),
        )


PREFIX: Final = "TUODI_"
ENV_FILE: Final = "TUODI_ENV_FILE"
NOT_SETTINGS: Final = (ENV_FILE, "TUODI_DEV_KEYS", "TUODI_TEST_BOOTSTRAP")
"""Read elsewhere: where the settings lie, one word for demonstrations, the broker of the tests."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises `Usage` with every name that is wrong, never with its value."""
    env_file = os.environ.get(ENV_FILE)
    if env_file and not Path(env_file).is_file():
        raise Usage(f"{ENV_FILE} names {env_file}, which is no file")
    _no_misspelling(os.environ)
    try:
        return Settings(_env_file=env_file) if env_file else Settings()
    except ValidationError as error:
        raise Usage("\n".join(["settings cannot be used:", *(_told(each) for each in error.errors())])) from None


def _told(fault: ErrorDetails) -> str:
    """One line: the variable and what it may be; the value is not repeated, it could be a secret."""
    name = PREFIX + "_".join(str(part) for part in fault["loc"]).upper().removeprefix(PREFIX)
    known = Settings.model_fields.get(name.removeprefix(PREFIX).lower())
    meaning = f" ({known.description})" if known and known.description else ""
    return f"  {name}: {fault['msg']}{meaning}"


def _no_misspelling(names: Iterable[str]) -> None:
    """A misspelt name would leave its default in force without a word. Raises `Usage` for one that is nearly ours."""
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    for name in names:
        if not name.startswith(PREFIX) or name in known or name in NOT_SETTINGS:
            continue
        meant = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if meant:
            raise Usage(f"{name} is no setting; did you mean {meant[0]}?")
