"""Whatever is sent, the door answers with a refusal of its list or lets a proved hospital in: never a 5xx, no crash."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.gateway.door_world import PROXY, World, envelope, reason
from workers.gateway.door.refusals import REFUSALS

NAMES = st.sampled_from(
    [
        "signature-input",
        "signature",
        "content-digest",
        "client-cert",
        "host",
        "content-length",
        "x-forwarded-for",
        "date",
    ]
)
PIECES = st.sampled_from([
    "tuodi", "=", "(", ")", '"@method"', '"@path"', '"@query"', '"@target-uri"', '"@authority"', '"content-digest"',
    '"x";sf', '"@query-param";name="a"', '"signature";bs', ";created=1700000000", ";created=-1",
    ';nonce="0123456789abcdef"',
    ';keyid="one-2026a"', ';keyid="x"', ';alg="hmac-sha256"', ";expires=1", ":AAAA:", ":", ", ", " ",
    "sha-256", "?1", "1.5",
    "\t", "\xe9", "-----BEGIN CERTIFICATE-----", "%0A", "%", "\\", "99999999999999999999",
])  # fmt: skip
VALUES = st.one_of(st.lists(PIECES, max_size=14).map("".join), st.text(st.characters(max_codepoint=255), max_size=80))
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
TARGETS = st.sampled_from(["/v1/national", "/v1/settlements", "/", "//", "/v1/%zz", "/a?b", "/a?b=%", "/\xe4", "*"])
BODIES = st.one_of(
    st.binary(max_size=300),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=5).map(
        lambda value: envelope("H42000000003", extra="x").replace(b'"x"', str(value).encode()[:50], 1)
    ),
    st.sampled_from(
        [b"[" * 2000, b"{" * 2000, b'{"cainfo":1,"fixmedins_code":"H42000000003"}', b"\xff", b'{"cainfo":"1"}']
    ),
)


async def _raw(world: World, method: str, target: str, headers: list[tuple[str, str]], body: bytes, peer: str) -> int:
    """One request below httpx, which would refuse to send most of this; a Latin-1 scope as a server would make it."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "method": method, "scheme": "http", "path": path, "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"), "client": (peer, 1),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }  # fmt: skip
    sent: list[dict[str, object]] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> object:
        return parts.pop(0) if parts else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await world.door(scope, receive, send)  # type: ignore[arg-type]
    if not sent:
        return 0  # the caller hung up in the middle
    status = sent[0]["status"]
    assert isinstance(status, int)
    if status != 200:
        answer = httpx.Response(status, headers=sent[0]["headers"], content=sent[1]["body"])  # type: ignore[arg-type]
        assert reason(answer) in (*REFUSALS, "too-large")
    return status


@pytest.fixture(scope="module", name="world")
def _world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = tmp_path_factory.mktemp("door")
    return World(folder)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=HEADERS,
    target=TARGETS,
    body=BODIES,
    method=st.sampled_from(["GET", "POST", "PUT", "X"]),
    near=st.booleans(),
)
async def test_rubbish(
    world: World, headers: list[tuple[str, str]], target: str, body: bytes, method: str, near: bool
) -> None:
    came = len(world.came)
    status = await _raw(world, method, target, headers, body, PROXY if near else "10.1.1.1")

    assert status == 0 or 400 <= status < 500
    assert len(world.came) == came


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), body=st.binary(max_size=50))
async def test_a_good_signature_with_one_change(world: World, data: st.DataObject, body: bytes) -> None:
    world.clock.monotonic_s += 10
    headers = dict(world.signer().headers("POST", "/v1/settlements", body))
    del headers["Content-Type"]
    name = data.draw(st.sampled_from(sorted(headers)))
    place = data.draw(st.integers(0, len(headers[name]) - 1))
    letter = data.draw(st.characters(max_codepoint=255).filter(lambda each: each != headers[name][place]))
    headers[name] = headers[name][:place] + letter + headers[name][place + 1 :]
    came = len(world.came)
    status = await _raw(world, "POST", "/v1/settlements", list(headers.items()), body, "10.1.1.1")

    assert 400 <= status < 500
    assert len(world.came) == came
