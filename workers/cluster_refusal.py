"""Why a cluster lets nobody in, told by the setting to look at: one connection of its own, made only after a failure.

The client tries all servers and then says only that it could not bootstrap; a wrong password, a mechanism that the
broker does not offer, or a certificate of a stranger then look like silence. Here the same connection is made once more
and its error is read. Nothing of a password or a user's name is ever told.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Final

from aiokafka import errors
from aiokafka.conn import collect_hosts, create_conn

from workers.cluster import Access, ClusterLike, cluster_of

PROBE_TIMEOUT_MS: Final = 4_000
"""Connect, TLS, versions and login together take milliseconds; a server that needs longer is silent."""

_USER = "look at TUODI_KAFKA_USER and at the first line of the file that TUODI_KAFKA_PASSWORD_FILE names"
_TLS = "look at TUODI_KAFKA_SECURITY_PROTOCOL and at the port in TUODI_BOOTSTRAP"


async def why_refused(cluster: ClusterLike) -> str | None:
    """A sentence about the first server that listens and refuses, or None where all are silent or let us in."""
    found = cluster_of(cluster)
    options = found.client_options()
    del options["bootstrap_servers"]
    for host, port, _ in collect_hosts(found.bootstrap):
        try:
            connection = await create_conn(
                host, port, client_id="tuodi-why", request_timeout_ms=PROBE_TIMEOUT_MS, **options
            )
        except (OSError, errors.KafkaError, TimeoutError) as error:
            told = told_of(error, found.access)
            if told is not None:
                return f"{host}:{port} {told}"
        else:
            with suppress(OSError):
                connection.close()
    return None


def told_of(error: BaseException, access: Access) -> str | None:
    """What an error of the connection says about the settings; None where nothing listens or nothing answers."""
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return f"does not offer {access.sasl_mechanism}: look at TUODI_KAFKA_SASL_MECHANISM"
    if isinstance(error, errors.AuthenticationFailedError | errors.SaslAuthenticationFailed):
        return f"refuses the user or the password ({access.sasl_mechanism}): {_USER}"
    if isinstance(error, errors.IllegalSaslStateError):
        return f"asks for no password here: {_TLS}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if isinstance(error, ssl.SSLError):
        return _of_tls(error)
    if isinstance(error, ConnectionResetError | errors.KafkaConnectionError):
        # What a listener does to a protocol that is not its own, or to a client that shows no certificate.
        also = ", or at TUODI_KAFKA_CERT_FILE (it may ask for a client certificate)" if access.with_tls else ""
        return f"takes the connection and ends it: unless it is just starting, {_TLS}{also}"
    return None


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    why = error.verify_message or "not verified"
    if "match" in why.lower() or "mismatch" in why.lower():
        return f"shows a certificate for another name ({why}): write the certificate's name into TUODI_BOOTSTRAP"
    return f"shows a certificate that is not believed ({why}): look at TUODI_KAFKA_CA_FILE"


def _of_tls(error: ssl.SSLError) -> str:
    reason = error.reason or type(error).__name__
    if "CERTIFICATE" in reason:
        return (
            f"does not take this client's certificate ({reason}): look at TUODI_KAFKA_CERT_FILE and "
            "TUODI_KAFKA_KEY_FILE"
        )
    return f"does not speak TLS as asked ({reason}): {_TLS}"
