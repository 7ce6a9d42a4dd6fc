"""Each way of not being let in names the setting to look at; silence names none."""

from __future__ import annotations

import ssl

import pytest
from aiokafka import errors

from workers.cluster import Access
from workers.cluster_refusal import told_of

OPEN, TLS = Access(), Access(security_protocol="SSL")


def _certificate(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = message
    return error


def _tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, "ssl")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "access", "setting"),
    [
        (errors.UnsupportedSaslMechanismError("x"), OPEN, "TUODI_KAFKA_SASL_MECHANISM"),
        (errors.AuthenticationFailedError("x"), OPEN, "TUODI_KAFKA_PASSWORD_FILE"),
        (errors.SaslAuthenticationFailed("x"), OPEN, "TUODI_KAFKA_USER"),
        (errors.IllegalSaslStateError("x"), OPEN, "TUODI_KAFKA_SECURITY_PROTOCOL"),
        (_certificate("self-signed certificate"), TLS, "TUODI_KAFKA_CA_FILE"),
        (_certificate("IP address mismatch, certificate is not valid for 'x'"), TLS, "TUODI_BOOTSTRAP"),
        (_tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), TLS, "TUODI_KAFKA_CERT_FILE"),
        (_tls("WRONG_VERSION_NUMBER"), TLS, "TUODI_KAFKA_SECURITY_PROTOCOL"),
        (errors.KafkaConnectionError("closed"), OPEN, "TUODI_KAFKA_SECURITY_PROTOCOL"),
        (ConnectionResetError(), TLS, "TUODI_KAFKA_CERT_FILE"),
    ],
)
def test_a_refusal_names_its_setting(error: Exception, access: Access, setting: str) -> None:
    assert setting in (told_of(error, access) or "")


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), OSError(113, "no route"), ValueError()])
def test_silence_names_none(error: Exception) -> None:
    assert told_of(error, TLS) is None
