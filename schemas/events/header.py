"""What stands around a value: the CloudEvents headers (binary mode) and the bases of all models.

Source: CloudEvents 1.0, Kafka protocol binding §3.2 (binary content mode); docs/records.md §2.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from schemas.events.words import Division, Id, PersonKey, Version1

CE_SPECVERSION: Final = "ce_specversion"
CE_ID: Final = "ce_id"
CE_TYPE: Final = "ce_type"
CE_SOURCE: Final = "ce_source"
CE_TIME: Final = "ce_time"
CE_CAUSATIONID: Final = "ce_causationid"
CONTENT_TYPE: Final = "content-type"
DERIVED: Final = "derived"
ARRIVAL: Final = "arrival"
VIA: Final = "via"
MOVED_FROM: Final = "moved_from"
KEY_VERSION: Final = "person_key_version"

JSON_CONTENT: Final = b"application/json"
UNKNOWN_SOURCE: Final = "unknown"
DEFAULT_PREFIX: Final = "medassist"


def ce_type(type_: str, version: int, prefix: str = DEFAULT_PREFIX) -> str:
    """The `ce_type` of a value, for instance `medassist.settlement.final.v1`."""
    return f"{prefix}.{type_}.v{version}"


def ce_headers(
    *, id_: str, type_: str, version: int, source: str, time: str, prefix: str = DEFAULT_PREFIX
) -> list[tuple[str, bytes]]:
    """The CloudEvents headers of one record; `time` is RFC 3339 with offset."""
    return [
        (CE_SPECVERSION, b"1.0"),
        (CE_ID, id_.encode()),
        (CE_TYPE, ce_type(type_, version, prefix).encode()),
        (CE_SOURCE, source.encode()),
        (CE_TIME, time.encode()),
        (CONTENT_TYPE, JSON_CONTENT),
    ]


class Fields(BaseModel):
    """Base of every model: strict (no text for a number), immutable; its validator is compiled at the first use."""

    model_config = ConfigDict(
        strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True, defer_build=True
    )


class FeedEvent(Fields):
    """An event that others send. Unknown fields are dropped; nothing unknown reaches the journal."""

    model_config = ConfigDict(extra="ignore")

    type: str
    version: Version1
    region: Division
    """The platform that issued the numbers (a province or a pool), never the county of the person."""


class PersonFeed(FeedEvent):
    """An event about one person; the record's key is `psn_no`."""

    psn_no: Id


class JournalRecord(Fields):
    """A record of the journal: ours, therefore closed."""

    model_config = ConfigDict(extra="forbid")

    type: str
    version: Version1


class JournalEvent(JournalRecord):
    """A feed event in the journal that is not about one person (key `!` + type)."""

    region: Division


class PersonJournal(JournalEvent):
    """A feed event in the journal: `person_key` stands in place of `psn_no`."""

    person_key: PersonKey


class Output(Fields):
    """What we publish: closed objects."""

    model_config = ConfigDict(extra="forbid")

    type: str
    version: Version1
