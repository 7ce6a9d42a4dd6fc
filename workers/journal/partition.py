"""Kafka's default partitioner: murmur2 of the key's bytes, its sign bit cleared, modulo the number of partitions.

Source: `org.apache.kafka.common.utils.Utils.murmur2` and `BuiltInPartitioner.partitionForKey`. A Java producer with the
default partitioner and the same key therefore lands on the same partition.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_SEED = 0x9747B28C
_M = 0x5BD1E995
_WORD = 0xFFFFFFFF
CACHE_KEYS = 32_768


def murmur2(data: bytes) -> int:
    """murmur2 as Java computes it, as an unsigned 32-bit number."""
    length = len(data)
    whole = length & ~3
    state = _SEED ^ length
    for word in struct.unpack_from(f"<{whole >> 2}I", data):
        mixed = word * _M & _WORD
        mixed = (mixed ^ mixed >> 24) * _M & _WORD
        state = state * _M & _WORD ^ mixed
    if length > whole:
        state = (state ^ int.from_bytes(data[whole:], "little")) * _M & _WORD
    state = (state ^ state >> 13) * _M & _WORD
    return state ^ state >> 15


@lru_cache(maxsize=CACHE_KEYS)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a key (UTF-8) in a topic with so many partitions."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
