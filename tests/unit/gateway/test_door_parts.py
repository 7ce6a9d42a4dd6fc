"""Nonces, buckets and SM2 by themselves: bounds, clocks, and the standard's own numbers."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.door_world import SM2_PRIVATE, SM2_RANDOM
from workers.gateway.door import sm2
from workers.gateway.door.bucket import Buckets
from workers.gateway.door.envelope import signed_text
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.nonces import Nonces
from workers.gateway.door.refusals import Refused

ONE = Hospital("H1", frozenset({"520000"}), frozenset(), False, 10, 20, 1000)


def test_a_nonce_is_kept_for_as_long_as_its_signature_could_pass_the_clock() -> None:
    nonces = Nonces(120)
    nonces.once("H1", "a", 1000.0)
    nonces.once("H2", "a", 1000.0)

    with pytest.raises(Refused, match="nonce_replayed"):
        nonces.once("H1", "a", 1239.9)
    nonces.once("H1", "a", 1240.0)


def test_nonces_are_bounded_and_say_when_there_is_room() -> None:
    nonces = Nonces(120, per_hospital_max=3)
    for number in range(3):
        nonces.once("H1", f"{number}", 1000.0 + number)

    with pytest.raises(Refused) as full:
        nonces.once("H1", "more", 1010.0)
    assert (full.value.reason, full.value.retry_after_s) == ("nonces_exhausted", 231)
    nonces.once("H2", "more", 1010.0)
    nonces.once("H1", "more", 1241.0)
    assert len(nonces) == 3


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200))
def test_a_bucket_never_gives_more_than_burst_and_rate(pauses: list[float]) -> None:
    waits: set[int | None] = set()
    buckets, now, given_out = Buckets(), 0.0, 0
    for pause in pauses:
        now += pause
        try:
            buckets.take(ONE, now)
            given_out += 1
        except Refused as refused:
            waits.add(refused.retry_after_s)
    assert waits <= {1}
    assert given_out <= ONE.burst + ONE.requests_per_second * now + 1e-6


def test_a_bucket_keeps_its_promise_of_retry_after() -> None:
    slow = ONE._replace(requests_per_second=1, burst=1)
    buckets = Buckets()
    buckets.take(slow, 0.0)
    with pytest.raises(Refused) as refused:
        buckets.take(slow, 0.25)
    assert refused.value.retry_after_s is not None
    buckets.take(slow, 0.25 + refused.value.retry_after_s)


def test_a_clock_that_steps_back_gives_nothing_and_breaks_nothing() -> None:
    buckets = Buckets()
    for _ in range(20):
        buckets.take(ONE, 100.0)
    with pytest.raises(Refused):
        buckets.take(ONE, 50.0)


def test_the_standards_own_signature() -> None:
    """GB/T 32918.5-2017, annex A.2: key, random number, message and signature."""
    key = sm2.public_of(SM2_PRIVATE)
    assert key.hex == (
        "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    )
    signature = sm2.sign(SM2_PRIVATE, b"message digest", SM2_RANDOM)
    assert signature == (
        "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
        "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
    )
    assert sm2.verify(key, signature, b"message digest")
    assert sm2.verify(key, signature.lower(), b"message digest")
    assert not sm2.verify(key, signature, b"message digesT")


@pytest.mark.parametrize(
    "signature", ["", "0" * 128, "f" * 128, "zz" * 64, "１" * 128, "0" * 64 + "1" * 64, "1" * 64 + "0" * 64, "1" * 127]
)
def test_what_is_no_signature_is_wrong_and_never_an_error(signature: str) -> None:
    assert not sm2.verify(sm2.public_of(SM2_PRIVATE), signature, b"message digest")


def test_keys_that_begin_with_four_or_zero_survive() -> None:
    """gmssl strips every leading 0 and 4 of a key: without our care one key in eight would not verify."""
    seen = set()
    for number in range(1, 400):
        private = f"{number * 7919:064x}"
        key = sm2.public_of(private)
        if key.hex[0] in "04" and key.hex[0] not in seen:
            seen.add(key.hex[0])
            signature = sm2.sign(private, b"m", secrets.token_hex(31).rjust(64, "0"))
            assert sm2.verify(sm2.public_key("04" + key.hex), signature, b"m")
        if seen == {"0", "4"}:
            break
    assert seen == {"0", "4"}


@pytest.mark.parametrize("text", ["", "04", "0" * 128, "1" * 128, "g" * 128, "f" * 128, "04" + "f" * 128])
def test_what_is_no_point_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r"length|hexadecimal|point"):
        sm2.public_key(text)


def test_the_signed_text_is_sorted_and_leaves_out_two_members() -> None:
    envelope = {"msgid": "M1", "infno": "2207", "Z": 5, "cainfo": "X", "input": {"a": 1}, "dev_no": "", "none": None}

    assert signed_text(envelope) == b"Z=5&dev_no=&infno=2207&msgid=M1"
    for wrong in (1.5, True, [], {}):
        with pytest.raises(ValueError, match="neither"):
            signed_text({"a": wrong})
