"""Three requests that the client lacks, as the protocol has them in Kafka 3.0 to 4.x (KIP-664, KIP-98).

DescribeProducers (61, v0), DescribeTransactions (65, v0) and WriteTxnMarkers (27, v1), with flexible fields (KIP-482).
"""

from __future__ import annotations

from typing import Any

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_TEXT, _TAGS = CompactString("utf-8"), ("tags", TaggedFields)


class _ProducersAnswer(Response):  # type: ignore[misc,unused-ignore]
    API_KEY, API_VERSION = 61, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("topics", CompactArray(
            ("name", _TEXT),
            ("partitions", CompactArray(
                ("partition", Int32), ("error_code", Int16), ("error_message", _TEXT),
                ("producers", CompactArray(
                    ("producer_id", Int64), ("producer_epoch", Int32), ("last_sequence", Int32),
                    ("last_timestamp", Int64), ("coordinator_epoch", Int32), ("start_offset", Int64), _TAGS,
                )),
                _TAGS,
            )),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class _ProducersStruct(RequestStruct):  # type: ignore[misc,unused-ignore]
    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION, RESPONSE_TYPE = 61, 0, _ProducersAnswer
    SCHEMA = Schema(("topics", CompactArray(("name", _TEXT), ("partitions", CompactArray(Int32)), _TAGS)), _TAGS)


class ProducersRequest(Request[_ProducersStruct]):  # type: ignore[misc,unused-ignore]
    """DescribeProducers: `[(topic, partitions, {})]`."""

    API_KEY = 61

    def __init__(self, topics: list[Any]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_ProducersStruct]) -> _ProducersStruct:
        return request_struct_class(self._topics, {})


class _TransactionsAnswer(Response):  # type: ignore[misc,unused-ignore]
    API_KEY, API_VERSION = 65, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("transactions", CompactArray(
            ("error_code", Int16), ("transactional_id", _TEXT), ("state", _TEXT), ("timeout_ms", Int32),
            ("start_time_ms", Int64), ("producer_id", Int64), ("producer_epoch", Int16),
            ("topics", CompactArray(("name", _TEXT), ("partitions", CompactArray(Int32)), _TAGS)),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class _TransactionsStruct(RequestStruct):  # type: ignore[misc,unused-ignore]
    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION, RESPONSE_TYPE = 65, 0, _TransactionsAnswer
    SCHEMA = Schema(("transactional_ids", CompactArray(_TEXT)), _TAGS)


class TransactionsRequest(Request[_TransactionsStruct]):  # type: ignore[misc,unused-ignore]
    """DescribeTransactions: transactional ids of one coordinator."""

    API_KEY = 65

    def __init__(self, transactional_ids: list[str]) -> None:
        self._ids = transactional_ids

    def build(self, request_struct_class: type[_TransactionsStruct]) -> _TransactionsStruct:
        return request_struct_class(self._ids, {})


class _MarkersAnswer(Response):  # type: ignore[misc,unused-ignore]
    API_KEY, API_VERSION = 27, 1
    SCHEMA = Schema(
        ("markers", CompactArray(
            ("producer_id", Int64),
            ("topics", CompactArray(
                ("name", _TEXT),
                ("partitions", CompactArray(("partition", Int32), ("error_code", Int16), _TAGS)),
                _TAGS,
            )),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class _MarkersStruct(RequestStruct):  # type: ignore[misc,unused-ignore]
    FLEXIBLE_VERSION = True
    API_KEY, API_VERSION, RESPONSE_TYPE = 27, 1, _MarkersAnswer
    SCHEMA = Schema(
        ("markers", CompactArray(
            ("producer_id", Int64), ("producer_epoch", Int16), ("commit", Boolean),
            ("topics", CompactArray(("name", _TEXT), ("partitions", CompactArray(Int32)), _TAGS)),
            ("coordinator_epoch", Int32), _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class MarkersRequest(Request[_MarkersStruct]):  # type: ignore[misc,unused-ignore]
    """WriteTxnMarkers: `[(producer id, epoch, commit, [(topic, partitions, {})], coordinator epoch, {})]`."""

    API_KEY = 27

    def __init__(self, markers: list[Any]) -> None:
        self._markers = markers

    def build(self, request_struct_class: type[_MarkersStruct]) -> _MarkersStruct:
        return request_struct_class(self._markers, {})
