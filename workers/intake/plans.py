"""What intake knows of each type of event, read off its model once: which fields hold amounts, days and codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, PlainSerializer
from pydantic.fields import FieldInfo

from schemas.codec import feed_model
from schemas.money import text_of
from workers.intake.wire_form import WireValidator, wire_validator


class Plan(NamedTuple):
    """One type of event; `validate` checks the bytes and gives the journal's fields (see `wire_form`)."""

    validate: WireValidator
    fields: frozenset[str]
    amounts: frozenset[str]
    days: frozenset[str]
    codes: frozenset[str]
    key_fields: tuple[str, ...]
    """The record's key is the first of these that the event states."""


_KEY_FIELDS = {
    "identity.snapshot_closed": ("source_id",),
    "office.ordered": ("psn_no", "order_id"),
    "list.line": ("list_id",),
    "list.closed": ("list_id",),
    "fund.reported": ("report_id",),
    "payment.reported": ("payment_id",),
}


@lru_cache(maxsize=256)
def plan_of(topic: str, type_: str, version: int) -> Plan:
    """The plan of a type; raises as `schemas.codec.feed_model` for what no feed carries."""
    model: type[BaseModel] = feed_model(topic, type_, version).model
    known = model.model_fields
    return Plan(
        validate=wire_validator(model),
        fields=frozenset(known),
        amounts=frozenset(name for name, field in known.items() if _is_amount(field)),
        days=frozenset(name for name, field in known.items() if _holds_class(field, date)),
        codes=frozenset(name for name, field in known.items() if _holds_class(field, Enum)),
        key_fields=_KEY_FIELDS.get(type_, ("psn_no",)),
    )


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _is_amount(field: FieldInfo) -> bool:
    """Told by how it is written out: `schemas.money.text_of`."""
    parts = [*field.metadata, *_parts(field.annotation)]
    return any(isinstance(part, PlainSerializer) and part.func is text_of for part in parts)


def _holds_class(field: FieldInfo, wanted: type) -> bool:
    return any(isinstance(part, type) and issubclass(part, wanted) for part in _parts(field.annotation))
