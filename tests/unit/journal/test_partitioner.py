"""murmur2 against Kafka's own test vectors and against aiokafka's implementation."""

from __future__ import annotations

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from workers.journal.partition import murmur2, partition_of


def signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


# org.apache.kafka.common.utils.UtilsTest#testMurmur2
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_murmur2_gives_what_kafkas_own_test_expects(text: str, expected: int) -> None:
    assert signed(murmur2(text.encode())) == expected


@given(st.binary(max_size=200))
def test_murmur2_agrees_with_the_client(data: bytes) -> None:
    assert murmur2(data) == aiokafka_murmur2(data) & 0xFFFFFFFF


@given(st.text(max_size=80), st.integers(1, 64))
def test_a_partition_is_the_cleared_hash_modulo_the_count(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
