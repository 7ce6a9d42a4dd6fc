"""Each refusal of the door, one test each; and that what is right is let in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.unit.gateway.door_world import (
    EXPIRED,
    FOURTH_SECRET,
    NOW_S,
    ONE,
    OTHER_SECRET,
    PROXY,
    SECRET,
    STRANGER,
    TWO,
    WINDOW_S,
    World,
    digest,
    envelope,
    pem,
    reason,
    rfc9440,
)  # fmt: skip
from workers.gateway.door.refusals import REFUSALS


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_signed_request_comes_in_with_its_body_and_its_hospital(world: World) -> None:
    answer = await world.signed(body=b'{"a": 1}')

    assert (answer.status_code, answer.json()) == (200, {"code": "H52270100001", "bytes": 8})
    assert world.came == [("H52270100001", b'{"a": 1}')]


@pytest.mark.parametrize("target", ["/v1/settlements/520000/S1", "/v1/settlements/520000/S1?wait=1&a=%E4%B8%AD"])
async def test_a_signed_query_needs_no_body(world: World, target: str) -> None:
    assert (await world.signed("GET", target, b"")).status_code == 200


async def test_nobody_comes_in_without_proof(world: World) -> None:
    answer = await world.ask()

    assert (answer.status_code, reason(answer)) == (401, "credentials_missing")
    assert answer.headers["www-authenticate"].startswith("Signature")
    assert answer.headers["accept-signature"].startswith("tuodi=")
    assert world.came == []


async def test_the_contract_and_health_are_open(world: World) -> None:
    assert (await world.ask("GET", "/v1/openapi.json", b"")).json() == {"code": None, "bytes": 0}


async def test_an_unknown_key(world: World) -> None:
    assert reason(await world.signed(key_id="stranger")) == "credentials_unknown"


async def test_a_wrong_key(world: World) -> None:
    assert reason(await world.signed(secret=OTHER_SECRET)) == "signature_wrong"


@pytest.mark.parametrize("change", ["method", "path", "query"])
async def test_another_request_under_a_signature(world: World, change: str) -> None:
    headers = world.signer().headers("POST", "/v1/settlements?a=1", b"{}")
    method = "PUT" if change == "method" else "POST"
    target = {"path": "/v1/settlements/cancel?a=1", "query": "/v1/settlements?a=2"}.get(change, "/v1/settlements?a=1")

    assert reason(await world.ask(method, target, b"{}", headers)) == "signature_wrong"


async def test_another_body_under_a_signature(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b'{"amount": 1}')

    assert reason(await world.ask(body=b'{"amount": 9}', headers=headers)) == "digest_wrong"
    assert world.came == []


async def test_another_body_with_its_own_digest(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b'{"amount": 1}')
    headers["Content-Digest"] = digest(b'{"amount": 9}')

    assert reason(await world.ask(body=b'{"amount": 9}', headers=headers)) == "signature_wrong"


async def test_a_query_string_that_nobody_signed(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b"{}")

    assert reason(await world.ask(target="/v1/settlements?dry=1", headers=headers)) == "signature_incomplete"


async def test_a_body_that_nobody_signed(world: World) -> None:
    headers = world.signer().headers("GET", "/v1/settlements", b"")
    del headers["Content-Digest"]

    assert reason(await world.ask("GET", "/v1/settlements", b"{}", headers)) in ("digest_wrong", "signature_wrong")
    assert world.came == []


@pytest.mark.parametrize("skew_s", [-WINDOW_S - 1, WINDOW_S + 1, -86_400, 10**9])
async def test_a_clock_outside_the_window(world: World, skew_s: int) -> None:
    answer = await world.signed(skew_s=skew_s)

    assert reason(answer) == "clock_outside_window"
    assert answer.json()["server_time"] == int(NOW_S)
    assert answer.json()["window_seconds"] == WINDOW_S


@pytest.mark.parametrize("skew_s", [-WINDOW_S, WINDOW_S])
async def test_a_clock_at_the_edge_of_the_window(world: World, skew_s: int) -> None:
    assert (await world.signed(skew_s=skew_s)).status_code == 200


async def test_a_replayed_signature(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b"{}")

    assert (await world.ask(headers=headers)).status_code == 200
    world.clock.unix_s += WINDOW_S
    assert reason(await world.ask(headers=headers)) == "nonce_replayed"
    world.clock.unix_s += 1
    assert reason(await world.ask(headers=headers)) == "clock_outside_window"
    assert len(world.came) == 1


async def test_a_nonce_is_not_burnt_by_a_request_whose_body_was_changed(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b"{}")

    assert reason(await world.ask(body=b"[]", headers=headers)) == "digest_wrong"
    assert (await world.ask(headers=headers)).status_code == 200


_INPUT = '("@method" "@path" "content-digest");created=1700000000;nonce="n-0123456789abcdef";keyid="one-2026a"'


@pytest.mark.parametrize(
    ("stated", "part"),
    [
        (f"other={_INPUT}", "label"),
        (f"tuodi={_INPUT}, more={_INPUT}", "label"),
        (f"tuodi= {_INPUT}", "RFC 8941"),
        (f"tuodi={_INPUT.replace('; ', ';').replace(';created', '; created')}", "canonical text (RFC 8941)"),
        ("tuodi=1", "created"),
        ("tuodi", "created"),
        ("tuodi=()", "created"),
        (f"tuodi={_INPUT.replace(';created=1700000000', '')}", "created"),
        (f"tuodi={_INPUT.replace('created=1700000000', 'created=1700000000.5')}", "created"),
        (f"tuodi={_INPUT.replace(';keyid=', ';key=')}", "keyid"),
        (f"tuodi={_INPUT.replace('n-0123456789abcdef', 'short')}", "nonce (16 to 128 characters)"),
        (f"tuodi={_INPUT.replace('n-0123456789abcdef', 'x' * 129)}", "nonce (16 to 128 characters)"),
        (f'tuodi={_INPUT};alg="ed25519"', "alg"),
        ("\xff", "RFC 8941"),
    ],
)
async def test_a_signature_in_another_form(world: World, stated: str, part: str) -> None:
    label = stated.partition("=")[0].strip() or "tuodi"
    signature = "tuodi=:AAAA:" if label in ("tuodi", "\xff") else f"{label}=:AAAA:"
    if ", more=" in stated:
        signature = "tuodi=:AAAA:, more=:AAAA:"
    headers = {"Signature-Input": stated.encode("latin-1"), "Signature": signature, "Content-Digest": digest(b"{}")}
    answer = await world.ask(headers=headers)  # type: ignore[arg-type]

    assert reason(answer) == "signature_malformed"
    assert answer.json()["part"] == part


@pytest.mark.parametrize(
    ("components", "missing"),
    [
        ('"@method" "@path"', "content-digest"),
        ('"@path" "content-digest"', "@method"),
        ('"@method" "content-digest"', "@path"),
        ("", "@method, @path, content-digest"),
    ],
)
async def test_a_signature_over_too_little(world: World, components: str, missing: str) -> None:
    import base64
    import hmac

    values = {'"@method"': "POST", '"@path"': "/v1/settlements", '"content-digest"': digest(b"{}")}
    params = f'({components});created={int(NOW_S)};nonce="n-0123456789abcdef";keyid="one-2026a"'
    lines = [f"{name}: {values[name]}" for name in components.split()]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    given = base64.b64encode(hmac.digest(SECRET, base.encode(), "sha256")).decode()
    headers = {"Signature-Input": f"tuodi={params}", "Signature": f"tuodi=:{given}:", "Content-Digest": digest(b"{}")}
    answer = await world.ask(headers=headers)

    assert reason(answer) == "signature_incomplete"
    assert answer.json()["part"] == missing


async def test_a_certificate_of_the_connection(world: World) -> None:
    assert (await world.ask(tls=ONE)).json()["code"] == "H52270100001"
    assert reason(await world.ask(tls=STRANGER)) == "credentials_unknown"
    assert reason(await world.ask(tls=EXPIRED)) == "certificate_expired"


@pytest.mark.parametrize("write", [rfc9440, lambda cert: quote(pem(cert))])
async def test_a_certificate_that_a_named_proxy_hands_on(world: World, write: object) -> None:
    header = {"Client-Cert": write(ONE)}  # type: ignore[operator]

    assert (await world.ask(headers=header, peer=PROXY)).json()["code"] == "H52270100001"
    assert reason(await world.ask(headers=header, peer="10.9.9.8")) == "proxy_not_trusted"


async def test_the_certificate_of_the_proxy_itself_is_nobody(world: World) -> None:
    assert reason(await world.ask(peer=PROXY, tls=ONE)) == "credentials_missing"


@pytest.mark.parametrize("text", ["::", ":!:", ":AAAA:", "nonsense", "%ff%00", ":" + "A" * 5000 + ":"])
async def test_a_certificate_that_cannot_be_read(world: World, text: str) -> None:
    assert reason(await world.ask(headers={"Client-Cert": text}, peer=PROXY)) == "certificate_unreadable"


async def test_two_proofs_of_two_hospitals(world: World) -> None:
    headers = world.signer().headers("POST", "/v1/settlements", b"{}")

    answer = await world.ask(headers=headers, tls=TWO)
    assert (answer.status_code, reason(answer)) == (403, "hospitals_differ")


async def test_a_proof_that_is_not_enough_alone(world: World) -> None:
    answer = await world.signed(key_id="two", secret=OTHER_SECRET)
    assert (answer.status_code, reason(answer)) == (403, "way_not_allowed")

    headers = world.signer("two", OTHER_SECRET).headers("POST", "/v1/settlements", b"{}")
    assert (await world.ask(headers=headers, tls=TWO)).json()["code"] == "H52270100002"


async def test_a_suspended_hospital(world: World) -> None:
    answer = await world.signed(key_id="four", secret=FOURTH_SECRET)
    assert (answer.status_code, reason(answer)) == (403, "hospital_suspended")


async def test_the_envelope_beside_a_certificate(world: World) -> None:
    body = envelope("H52270100002")

    assert (await world.ask(target="/v1/national", body=body, tls=TWO)).json()["code"] == "H52270100002"
    assert reason(await world.ask(target="/v1/national", body=body)) == "way_not_allowed"
    assert reason(await world.ask(target="/v1/settlements", body=body, tls=TWO)) == "way_not_allowed"
    unsigned = envelope("H52270100002", sign=False)
    assert reason(await world.ask(target="/v1/national", body=unsigned, tls=TWO)) == "way_not_allowed"


async def test_the_envelope_alone_where_a_region_has_accepted_it(world: World) -> None:
    body = envelope("H42000000003")

    assert (await world.ask(target="/v1/national", body=body)).json()["code"] == "H42000000003"
    assert reason(await world.ask(target="/v1/settlements", body=body)) == "credentials_missing"
    assert reason(await world.ask(target="/v1/national", body=body, tls=ONE)) == "hospitals_differ"


async def test_an_envelope_that_was_changed_or_is_old(world: World) -> None:
    body = envelope("H42000000003")

    assert reason(await world.ask(target="/v1/national", body=body.replace(b"2207", b"2208"))) == "envelope_wrong"
    world.clock.unix_s += WINDOW_S + 1
    assert reason(await world.ask(target="/v1/national", body=body)) == "clock_outside_window"


async def test_an_envelope_of_nobody_known(world: World) -> None:
    assert reason(await world.ask(target="/v1/national", body=envelope("H99999999999"))) == "credentials_missing"


async def test_too_many_requests(world: World) -> None:
    for _ in range(10):
        assert (await world.signed()).status_code == 200
    answer = await world.signed()

    assert (answer.status_code, reason(answer), answer.headers["retry-after"]) == (429, "rate_limited", "1")
    world.clock.monotonic_s += 1
    assert [(await world.signed()).status_code for _ in range(6)] == [200] * 5 + [429]


async def test_others_are_not_slowed_by_one(world: World) -> None:
    for _ in range(11):
        await world.signed()

    assert (await world.ask(target="/v1/national", body=envelope("H42000000003"))).status_code == 200


async def test_too_large_a_body(world: World) -> None:
    answer = await world.signed(body=b" " * 2001)

    assert (answer.status_code, reason(answer)) == (413, "too-large")
    assert world.came == []
    assert (await world.signed(body=b" " * 2000)).status_code == 200


async def test_too_large_headers(world: World) -> None:
    answer = await world.ask(headers={"X-More": "x" * 20_000})

    assert (answer.status_code, reason(answer)) == (431, "headers_too_large")


async def test_a_websocket_is_closed(world: World) -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> object:
        return {"type": "websocket.connect"}

    await world.door({"type": "websocket", "path": "/v1/settlements"}, receive, send)  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert world.came == []


def test_every_reason_has_one_chinese_sentence_and_a_status_of_refusal() -> None:
    for refusal in REFUSALS.values():
        assert refusal.sentence.endswith("。")
        assert refusal.sentence.count("。") == 1
        assert 400 <= refusal.kind.status < 500
