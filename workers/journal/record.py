"""The one way into the journal: from an event to the record that is appended (records.md §1, docs/records.md §2).

Intake, gateway, clock, adoption and command line all make their journal records here, so that key, partition, canonical
JSON and headers have one home. Nothing of a feed's headers is copied but its source: `arrival` and `derived` belong to
records that were moved or derived inside the journal, and a stranger who sets them is not believed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel, ValidationError

from schemas.codec import journal_model
from schemas.events.header import CE_TIME, KEY_VERSION, UNKNOWN_SOURCE, ce_headers
from schemas.reasons import RejectReason
from workers.errors import Reject
from workers.journal.keys import PersonKeys
from workers.journal.partition import partition_of
from workers.journal.pii import holds_person_data
from workers.journal.transfer import ORDERED, order_fields
from workers.log.port import Headers
from workers.settings import Settings

HEADER_BYTES_RESERVED = 4_096
"""Part of the journal record limit kept for key and headers."""

_TIME_MS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999; producers that count in microseconds go beyond it."""
_PLAIN_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/\-]{0,127}", re.ASCII)


class Source(NamedTuple):
    """Where a record comes from. A feed record states its stamp (short topic, partition, offset), others their name.

    `time_ms` is the publish time in milliseconds since 1970 UTC; the journal's own append time is the broker's.
    """

    name: str
    time_ms: int
    topic: str | None = None
    partition: int = 0
    offset: int = 0
    part: int = 0
    """Which of several events of the same feed record; the first has 0."""


class JournalRecord(NamedTuple):
    """One record ready to be appended to the journal topic."""

    partition: int
    key: bytes
    value: bytes
    headers: Headers


def plain_source(name: str) -> str:
    """The name of a source if it is a plain identifier (URI characters, at most 128), else `unknown`."""
    plain = _PLAIN_SOURCE.fullmatch(name) is not None and not holds_person_data(name.encode())
    return name if plain else UNKNOWN_SOURCE


def canonical_json(fields: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no white space, UTF-8, absent (None) fields left out at the top level."""
    if None in fields.values():
        fields = {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=1_024)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def time_text(time_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds; of what a producer's clock states and no calendar has, the edge."""
    time_ms = min(max(time_ms, 0), _TIME_MS_MAX)
    return f"{_second_text(time_ms // 1000)}.{time_ms % 1000:03d}Z"


class Journal:
    """Makes the journal records of persons under one set of keys, one partition count and one size limit (bytes)."""

    def __init__(self, keys: PersonKeys, *, partitions: int, record_bytes_max: int) -> None:
        self.partitions = partitions
        self.keys = keys
        self._record_bytes_max = record_bytes_max
        self._key_version = (KEY_VERSION, str(keys.version).encode())

    def person_record(self, event: BaseModel | Mapping[str, Any], source: Source) -> JournalRecord:
        """The record of an event that was checked (`schemas.codec`, `workers.intake.verdict`).

        `psn_no` is replaced by `person_key`. An event without a person (an office order for a city, a closed list) goes
        to partition 0 under `!` + type: the matters of a city act there only. Reject(too_large) above the limit.
        """
        fields = _fields_of(event)
        if fields["type"] == ORDERED:
            fields = order_fields(self.keys, fields)
            if fields["type"] != ORDERED:
                return self._of_person(fields["person_key"], fields, source)
        psn_no = fields.pop("psn_no", None)
        if psn_no is None:
            return _record(0, f"!{fields['type']}", fields, source, self._record_bytes_max)
        person_key = self.keys.person_key(fields["region"], psn_no)
        fields["person_key"] = person_key
        return self._of_person(person_key, fields, source)

    def _of_person(self, person_key: str, fields: Mapping[str, Any], source: Source) -> JournalRecord:
        partition = partition_of(person_key, self.partitions)
        return _record(partition, person_key, fields, source, self._record_bytes_max, self._key_version)

    def person_records(self, events: Iterable[Mapping[str, Any]], source: Source) -> list[JournalRecord]:
        """The records of several events that one feed record states; each has its own id."""
        return [self.person_record(event, source._replace(part=part)) for part, event in enumerate(events)]


def journal_record(event: BaseModel | Mapping[str, Any], *, source: Source, journal: Journal) -> JournalRecord:
    """One event as a journal record; the function form of `Journal.person_record`."""
    return journal.person_record(event, source)


def partition_records(settings: Settings, type_: str, fields: Mapping[str, Any], source: Source) -> list[JournalRecord]:
    """The same partition record (`day.closed`, `rulebook.adopted`) for each journal partition; needs no person keys.

    Checked against its model here, since the ledger stops at a partition record it cannot read. Reject(bad_field) or
    Reject(too_large).
    """
    whole = {"type": type_, "version": 1, **fields}
    limit = settings.journal_record_bytes_max
    try:
        journal_model(type_, 1).validate_json(canonical_json(whole))
    except ValidationError as error:
        where = ", ".join(str(found["loc"][0]) for found in error.errors(include_input=False) if found["loc"])
        raise Reject(RejectReason.BAD_FIELD, f"a partition record {type_} does not fit its model in: {where}") from None
    return [_record(partition, f"!{type_}", whole, source, limit) for partition in range(settings.partitions)]


def journal_of(settings: Settings, keys: PersonKeys) -> Journal:
    """The journal that the settings name."""
    return Journal(
        keys,
        partitions=settings.partitions,
        record_bytes_max=settings.journal_record_bytes_max,
    )


def _fields_of(event: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(event, BaseModel):
        return event.model_dump(mode="json", exclude_none=True)
    return dict(event)


def _event_id(partition: int, key: str, value: bytes, source: Source) -> bytes:
    """Deterministic: the stamp of a feed record, else source and content. A record read twice keeps its id."""
    if source.topic is not None:
        stamp = b"%s|%d|%d|%d" % (source.topic.encode(), source.partition, source.offset, source.time_ms)
        if source.part:
            stamp += b"|%d" % source.part
    else:
        stamp = f"{source.name}|{partition}|{key}|".encode() + value
    return hashlib.sha256(stamp).hexdigest()[:32].encode()


def _record(
    partition: int,
    key: str,
    fields: Mapping[str, Any],
    source: Source,
    bytes_max: int,
    key_version: tuple[str, bytes] | None = None,
) -> JournalRecord:
    value = canonical_json(fields)
    if len(value) > bytes_max - HEADER_BYTES_RESERVED:
        raise Reject(RejectReason.TOO_LARGE, f"a journal record of type {fields['type']} is above the journal's limit")
    event_id = _event_id(partition, key, value, source)
    headers = _headers(event_id, fields["type"], fields["version"], source)
    if key_version is not None:
        headers.append(key_version)
    return JournalRecord(partition, key.encode(), value, headers)


def _headers(event_id: bytes, type_: str, version: int, source: Source) -> list[tuple[str, bytes]]:
    specversion, id_name, ce_type, ce_source, content_type = _fixed_headers(type_, version, source.name)
    headers = [
        specversion,
        (id_name, event_id),
        ce_type,
        ce_source,
        (CE_TIME, time_text(source.time_ms).encode()),
        content_type,
    ]
    if source.topic is not None:
        headers += [
            ("source_topic", source.topic.encode()),
            ("source_partition", b"%d" % source.partition),
            ("source_offset", b"%d" % source.offset),
        ]
    return headers


@lru_cache(maxsize=4_096)
def _fixed_headers(
    type_: str, version: int, source_name: str
) -> tuple[tuple[str, bytes], str, tuple[str, bytes], tuple[str, bytes], tuple[str, bytes]]:
    """The headers that many records share: spec version, (the name of the id), type, source, content type."""
    specversion, (id_name, _), ce_type, ce_source, _, content_type = ce_headers(
        id_="", type_=type_, version=version, source=plain_source(source_name), time=""
    )
    return specversion, id_name, ce_type, ce_source, content_type
