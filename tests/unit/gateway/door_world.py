"""A door with made-up hospitals, hand-turned clocks and an application that says who came in."""

from __future__ import annotations

import base64
import datetime
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.types import Receive, Scope, Send

from workers.client.hospital import Signer
from workers.gateway.door import sm2
from workers.gateway.door.certificate import networks
from workers.gateway.door.door import Door, Options
from workers.gateway.door.envelope import signed_text
from workers.gateway.door.register import Register

NOW_S = 1_700_000_000.0
WINDOW_S = 120
SECRET = bytes(range(32))
OTHER_SECRET = bytes(range(32, 64))
FOURTH_SECRET = bytes(range(64, 96))
SM2_PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
SM2_RANDOM = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21"
PROXY = "10.9.9.9"

HOSPITALS = """
[[hospital]]
code = "H52270100001"
regions = ["520000"]
ways = ["signature", "certificate"]
requests_per_second = 5
burst = 10
body_bytes_max = 2000
[[hospital.key]]
id = "one-2026a"
file = "one-2026a.key"
[[hospital.certificate]]
sha256 = "{one}"

[[hospital]]
code = "H52270100002"
regions = ["520000", "620000"]
ways = ["certificate+envelope", "signature+certificate"]
[[hospital.certificate]]
subject = "CN=two.example,O=two"
[[hospital.key]]
id = "two"
file = "two.key"
[hospital.envelope]
public_key_file = "sm2.pub"

[[hospital]]
code = "H42000000003"
regions = ["420000"]
ways = ["envelope"]
[hospital.envelope]
public_key_file = "sm2.pub"
input_unsigned = "accepted"
accepted_by = "鄂医保函〔2026〕1号"

[[hospital]]
code = "H52270100004"
regions = ["520000"]
ways = ["signature"]
suspended = true
[[hospital.key]]
id = "four"
file = "four.key"
"""


def certificate(name: str, *, days: int = 30) -> x509.Certificate:
    """A self-signed certificate, valid around NOW_S for `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.example"),
        ]
    )
    begins = datetime.datetime.fromtimestamp(NOW_S, datetime.UTC) - datetime.timedelta(days=40)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(begins + datetime.timedelta(days=40 + days))
    return builder.sign(key, hashes.SHA256())


ONE, TWO, STRANGER, EXPIRED = (
    certificate("one"), certificate("two"), certificate("stranger"), certificate("one", days=-1),
)  # fmt: skip


def pem(cert: x509.Certificate) -> str:
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def rfc9440(cert: x509.Certificate) -> str:
    return f":{base64.b64encode(cert.public_bytes(serialization.Encoding.DER)).decode()}:"


def hospitals_file(folder: Path, text: str = HOSPITALS) -> Path:
    """The file with its secrets beside it."""
    (folder / "one-2026a.key").write_text(SECRET.hex() + "\n")
    (folder / "two.key").write_text(OTHER_SECRET.hex() + "\n")
    (folder / "four.key").write_text(FOURTH_SECRET.hex() + "\n")
    (folder / "sm2.pub").write_text("04" + sm2.public_of(SM2_PRIVATE).hex + "\n")
    file = folder / "hospitals.toml"
    file.write_text(text.replace("{one}", ONE.fingerprint(hashes.SHA256()).hex()), encoding="utf-8")
    return file


class Clock:
    """Both clocks of the door, turned by hand."""

    def __init__(self) -> None:
        self.unix_s, self.monotonic_s = NOW_S, 50.0


def nonces() -> Iterator[str]:
    return (f"nonce-{number:012d}" for number in itertools.count())


class World:
    """The door, its clocks, and a client of the connection `peer` (with `tls`, the certificate of the connection)."""

    def __init__(self, folder: Path, *, text: str = HOSPITALS, proxies: str = PROXY, origin: str | None = None) -> None:
        self.clock = Clock()
        self.came: list[tuple[str, bytes]] = []
        self.file = hospitals_file(folder, text)
        self.register = Register(self.file)
        self._nonces = nonces()
        options = Options(WINDOW_S, 1.0, origin, networks(proxies))
        self.door = Door(
            self._app, self.register, options,
            unix_s=lambda: self.clock.unix_s, monotonic_s=lambda: self.clock.monotonic_s,
        )  # fmt: skip

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"")
        hospital = scope.get("state", {}).get("hospital")
        self.came.append((hospital.code if hospital else "nobody", body))
        said = orjson.dumps({"code": hospital.code if hospital else None, "bytes": len(body)})
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": said})

    def signer(
        self, key_id: str = "one-2026a", secret: bytes = SECRET, *, skew_s: float = 0, nonce: str = ""
    ) -> Signer:
        return Signer(key_id, secret, lambda: self.clock.unix_s + skew_s, lambda: nonce or next(self._nonces))

    async def ask(
        self,
        method: str = "POST",
        target: str = "/v1/settlements",
        body: bytes = b"{}",
        headers: dict[str, str] | None = None,
        *,
        peer: str = "10.1.1.1",
        tls: x509.Certificate | None = None,
    ) -> httpx.Response:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if tls is not None:
                scope["extensions"] = {"tls": {"client_cert_chain": [pem(tls)]}}
            await self.door(scope, receive, send)

        transport = httpx.ASGITransport(app=app, client=(peer, 999))
        async with httpx.AsyncClient(transport=transport, base_url="http://window.example") as client:
            return await client.request(method, target, content=body, headers=headers)

    async def signed(
        self, method: str = "POST", target: str = "/v1/settlements", body: bytes = b"{}", **kwargs: Any
    ) -> httpx.Response:
        """Asked by the first hospital, signed as it should be."""
        return await self.ask(method, target, body, self.signer(**kwargs).headers(method, target, body))


def envelope(code: str, *, sign: bool = True, **members: Any) -> bytes:
    """A platform message with its `cainfo`, of the moment NOW_S."""
    moment = datetime.datetime.fromtimestamp(NOW_S, datetime.timezone(datetime.timedelta(hours=8)))
    whole: dict[str, Any] = {
        "infno": "2207", "msgid": f"{code}20231115061320{1234}", "fixmedins_code": code, "signtype": "SM2",
        "inf_time": moment.strftime("%Y-%m-%d %H:%M:%S"), "infver": "V1.0", **members, "input": {"data": {"x": "1"}},
    }  # fmt: skip
    if sign:
        whole["cainfo"] = sm2.sign(SM2_PRIVATE, signed_text(whole), SM2_RANDOM)
    return orjson.dumps(whole)


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def reason(answer: httpx.Response) -> str:
    """The reason of a refusal; checks that it is a problem with one Chinese sentence."""
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["status"] == answer.status_code
    assert said["type"].startswith("urn:tuodi:problem:")
    assert said["sentence"].endswith("。")
    return str(said.get("reason", said["type"].rpartition(":")[2]))
