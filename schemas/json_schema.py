"""JSON Schemas (2020-12) of the models: open for what we accept, closed for what is ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from schemas.codec import FEED_MODELS, JOURNAL_MODELS, type_of, version_of
from schemas.topics import Kind, of_kind

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Plain(GenerateJsonSchema):
    """Without the titles that repeat field names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Contract(NamedTuple):
    """One released shape: a model on the wire."""

    folder: str  # "" for what strangers read or write, "journal" for records of the journal
    type_: str
    version: int
    model: type[BaseModel]
    accepted: bool
    """True for feeds: tolerant in. False: closed objects out."""

    @property
    def name(self) -> str:
        """`settlement.final.v1`, `journal/settlement.final.v1`."""
        return f"{self.folder}{'/' if self.folder else ''}{self.type_}.v{self.version}"


def contracts() -> Iterator[Contract]:
    """Every model that has ever a place on the wire, in the registry's order."""
    for models in FEED_MODELS.values():
        yield from (Contract("", type_of(m), version_of(m), m, True) for m in models)
    yield from (Contract("journal", type_of(m), version_of(m), m, False) for m in JOURNAL_MODELS)
    for topic in of_kind(Kind.OUTPUT):
        yield from (Contract("", type_of(m), version_of(m), m, False) for m in topic.models)


def schema_of(contract: Contract) -> dict[str, Any]:
    """The JSON Schema of one contract, with `$schema`, `$id` and its definitions."""
    mode: JsonSchemaMode = "validation" if contract.accepted else "serialization"
    schema = contract.model.model_json_schema(mode=mode, schema_generator=Plain)
    if not contract.accepted:
        close(schema)
    return {"$schema": DIALECT, "$id": f"{contract.name}.schema.json", **schema}


def close(schema: Any) -> None:
    """Forbid unknown properties in every object that names its properties, in place."""
    for part in objects(schema):
        part["additionalProperties"] = False


def open_up(schema: Any) -> None:
    """The opposite of `close`: what a tolerant reader sees, in place."""
    for part in objects(schema):
        part.pop("additionalProperties", None)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All object schemas with named properties, at any depth."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            if part.get("type") == "object" and isinstance(part.get("properties"), dict):
                yield part
            waiting.extend(part.values())
