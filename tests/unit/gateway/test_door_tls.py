"""The door behind a real uvicorn with TLS: a client certificate is required, and the door knows whose it is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.unit.gateway.door_world import HOSPITALS, World, reason
from workers.errors import Usage
from workers.gateway.door.tls import Tls, uvicorn_options


class Authority:
    """A little certificate authority."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(_pem(self._signed(self._subject, self._key.public_key(), ca=True)))

    def issue(self, name: str, organization: str | None = None) -> tuple[Path, Path, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
        subject = x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._signed(subject, key.public_key(), ca=False)
        files = self._folder / f"{name}-cert.pem", self._folder / f"{name}-key.pem"
        files[0].write_bytes(_pem(certificate))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return *files, certificate

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.Certificate:
        import datetime

        now = datetime.datetime(2023, 1, 1, tzinfo=datetime.UTC)
        builder = x509.CertificateBuilder(self._subject, subject, key, x509.random_serial_number())
        builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=36_500))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        return builder.add_extension(names, critical=False).sign(self._key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@contextlib.asynccontextmanager
async def _served(world: World, tls: Tls | None) -> AsyncIterator[int]:
    config = uvicorn.Config(
        world.door, log_config=None, access_log=False, lifespan="off", loop="none",
        **uvicorn_options(tls),
    )  # fmt: skip
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # from here on a caller waits instead of being refused
        serving = asyncio.create_task(server._serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def test_a_client_certificate_is_required_and_known(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "authority"), Authority(tmp_path, "other")
    cert, key, _ = ours.issue("localhost")
    one = ours.issue("one")
    two = ours.issue("two.example", "two")
    strange = other.issue("one-again")
    fingerprint = one[2].fingerprint(hashes.SHA256()).hex()
    text = HOSPITALS.replace("{one}", fingerprint).replace('"certificate+envelope"', '"certificate"')
    world = World(tmp_path, text=text.replace('[hospital.envelope]\npublic_key_file = "sm2.pub"\n\n', "\n", 1))
    async with _served(world, Tls(cert, key, ours.file)) as port:
        assert (await _get(port, ours.file, one)).json()["code"] == "H52270100001"
        assert (await _get(port, ours.file, two)).json()["code"] == "H52270100002"
        assert reason(await _get(port, ours.file, ours.issue("nobody"))) == "credentials_unknown"
        for nobody in (None, strange):
            with pytest.raises(httpx.TransportError):
                await _get(port, ours.file, nobody)


async def _get(port: int, authority: Path, mine: tuple[Path, Path, x509.Certificate] | None) -> httpx.Response:
    context = ssl.create_default_context(cafile=str(authority))
    if mine is not None:
        context.load_cert_chain(mine[0], mine[1])
    async with httpx.AsyncClient(verify=context, timeout=10) as client:
        return await client.get(f"https://localhost:{port}/v1/settlements/520000/S1")


async def test_without_tls_the_address_of_a_proxy_cannot_be_claimed(tmp_path: Path) -> None:
    world = World(tmp_path, proxies="10.9.9.9")
    async with _served(world, None) as port, httpx.AsyncClient(timeout=10) as client:
        headers = {"X-Forwarded-For": "10.9.9.9", "Client-Cert": ":AAAA:"}
        answer = await client.get(f"http://127.0.0.1:{port}/v1/settlements/520000/S1", headers=headers)

    assert reason(answer) == "proxy_not_trusted"


async def test_the_answer_to_a_body_that_is_too_large_is_heard(tmp_path: Path) -> None:
    """The whole body is sent before the answer is read: a reset in between would lose it."""
    world = World(tmp_path)
    body = b" " * 3_000_000
    headers = world.signer().headers("POST", "/v1/settlements", body)
    async with _served(world, None) as port, httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(f"http://127.0.0.1:{port}/v1/settlements", content=body, headers=headers)

    assert (answer.status_code, reason(answer)) == (413, "too-large")


def test_a_missing_pem_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="no such PEM file"):
        uvicorn_options(Tls(tmp_path / "a.pem", tmp_path / "b.pem", None))
