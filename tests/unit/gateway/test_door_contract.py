"""One contract for every way to prove who calls: absent, good, of a stranger, of changed content, and never a crash."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.gateway.door_world import (
    NOW_S,
    ONE,
    OTHER_SECRET,
    PROXY,
    SECRET,
    STRANGER,
    WINDOW_S,
    envelope,
    hospitals_file,
    pem,
    rfc9440,
)  # fmt: skip
from workers.client.hospital import Signer
from workers.gateway.door.certificate import CertificateScheme, networks
from workers.gateway.door.envelope import EnvelopeScheme
from workers.gateway.door.head import Head
from workers.gateway.door.keyring import Keyring, load
from workers.gateway.door.proof import Proven, Scheme
from workers.gateway.door.refusals import Refused
from workers.gateway.door.signature import SignatureScheme

NATIONAL = "/v1/national"


def _head(lines: dict[str, str], *, peer: str = "10.1.1.1", certificate: str | None = None) -> Head:
    pairs = (("host", "window.example"), *((name.lower(), value) for name, value in lines.items()))
    return Head("POST", "https", NATIONAL, "", tuple(pairs), peer, certificate)


@dataclasses.dataclass(frozen=True)
class Case:
    """How one scheme is used; `changed` alters what it protects, None where TLS does."""

    scheme: Scheme
    code: str
    good: Callable[[], tuple[Head, bytes]]
    strange: Callable[[], tuple[Head, bytes]]
    changed: Callable[[Head, bytes], tuple[Head, bytes]] | None
    once: bool


def _signer(key_id: str, secret: bytes) -> Signer:
    return Signer(key_id, secret, lambda: NOW_S, lambda: "nonce-000000000001")


def _signature(key_id: str, secret: bytes) -> tuple[Head, bytes]:
    return _head(_signer(key_id, secret).headers("POST", NATIONAL, b"{}")), b"{}"


_PROXIED = CertificateScheme(networks(PROXY))
CASES = {
    "signature": Case(
        SignatureScheme(WINDOW_S, None), "H52270100001",
        lambda: _signature("one-2026a", SECRET), lambda: _signature("one-2026a", OTHER_SECRET),
        lambda head, body: (head, b"[]"), True,
    ),
    "certificate": Case(
        CertificateScheme(()), "H52270100001",
        lambda: (_head({}, certificate=pem(ONE)), b"{}"), lambda: (_head({}, certificate=pem(STRANGER)), b"{}"),
        None, False,
    ),
    "certificate by a proxy": Case(
        _PROXIED, "H52270100001",
        lambda: (_head({"Client-Cert": rfc9440(ONE)}, peer=PROXY), b"{}"),
        lambda: (_head({"Client-Cert": rfc9440(STRANGER)}, peer=PROXY), b"{}"),
        lambda head, body: (head._replace(peer="10.1.1.1"), body), False,
    ),
    "envelope": Case(
        EnvelopeScheme(WINDOW_S, frozenset({NATIONAL})), "H42000000003",
        lambda: (_head({}), envelope("H42000000003")),
        lambda: (_head({}), envelope("H42000000003").replace(b"2207", b"2304")),
        lambda head, body: (head, body.replace(b"V1.0", b"V9.0")), False,
    ),
}  # fmt: skip


@pytest.fixture(params=CASES, name="case")
def _case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(name="ring")
def _ring(tmp_path: Path) -> Keyring:
    return load(hospitals_file(tmp_path))


async def _shown(case: Case, ring: Keyring, head: Head, body: bytes) -> Proven | None:
    proof = case.scheme.look(head, ring, NOW_S)
    return None if proof is None else await proof.check(body)


async def test_what_is_not_there_is_no_proof(case: Case, ring: Keyring) -> None:
    assert await _shown(case, ring, _head({}), b"{}") is None


async def test_a_good_proof_names_its_hospital_and_its_way(case: Case, ring: Keyring) -> None:
    shown = await _shown(case, ring, *case.good())

    assert shown is not None
    assert (shown.hospital.code, shown.way) == (case.code, case.scheme.way)
    assert (shown.nonce is not None) == case.once


async def test_a_hospital_that_the_head_names_is_the_one_that_is_proved(case: Case, ring: Keyring) -> None:
    head, body = case.good()
    proof = case.scheme.look(head, ring, NOW_S)

    assert proof is not None
    shown = await proof.check(body)
    assert shown is not None
    assert proof.hospital in (None, shown.hospital)


async def test_a_strangers_proof_is_refused(case: Case, ring: Keyring) -> None:
    with pytest.raises(Refused):
        await _shown(case, ring, *case.strange())


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.changed is not None])
async def test_what_was_changed_is_refused(case: Case, ring: Keyring) -> None:
    assert case.changed is not None  # where TLS itself covers what is sent there is nothing to change
    with pytest.raises(Refused):
        await _shown(case, ring, *case.changed(*case.good()))


async def test_a_hospital_that_was_taken_out_of_the_file_is_unknown(case: Case, ring: Keyring) -> None:
    empty = Keyring({}, {}, {}, {}, {}, ring.files)
    head, body = case.good()
    shown, why = None, "credentials_unknown"
    try:
        shown = await _shown(case, empty, head, body)
    except Refused as refused:
        why = refused.reason
    assert (shown, why) == (None, "credentials_unknown")
