"""Validators that check a model's language without leaving its wire form: bytes in, the journal's fields out.

Intake needs to know that an event is correct; it never computes with it. A model's own validator spends two thirds of
its time on turning amounts into fen and on building the object. Here the compiled schema is rewritten in two places
(an amount stays text under the contract's pattern, the object stays a dict) and nothing else, so the models remain the
only definition; `tests/unit/intake/test_wire_form.py` proves that both accept the same texts and give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaValidator, core_schema

from schemas.codec import wire
from schemas.money import Yuan, text_of

WireValidator = Callable[[bytes], dict[str, Any]]
"""Raises `pydantic.ValidationError` as the model would. Days come as `date`, codes as their enum: JSON writes both."""

_AMOUNT: core_schema.CoreSchema = core_schema.str_schema(pattern=TypeAdapter(Yuan).json_schema()["pattern"])
_WRAPPERS = ("default", "nullable")


def wire_validator(model: type[BaseModel]) -> WireValidator:
    """The validator of a model in wire form. Models with objects inside or checks of their own are used as they are."""
    schema: Mapping[str, Any] = model.__pydantic_core_schema__
    inner = schema.get("schema", {})
    plain = schema["type"] == "model" and inner.get("type") == "model-fields"
    if not plain or any(_nests(field["schema"]) for field in inner["fields"].values()):
        return lambda raw: wire(model.model_validate_json(raw))
    fields = {name: {**field, "schema": _in_wire_form(field["schema"])} for name, field in inner["fields"].items()}
    validator = SchemaValidator({**inner, "fields": fields}, schema["config"])

    def validate(raw: bytes) -> dict[str, Any]:
        found: dict[str, Any] = validator.validate_json(raw)[0]
        return found

    return validate


def is_amount(node: Mapping[str, Any]) -> bool:
    """Whether a node of a compiled schema is an amount: told by how it is written out."""
    return bool(node.get("serialization", {}).get("function") is text_of)


def _in_wire_form(node: Mapping[str, Any]) -> Mapping[str, Any]:
    if is_amount(node):
        return _AMOUNT
    if node["type"] not in _WRAPPERS:
        return node
    inner = _in_wire_form(node["schema"])
    changed: dict[str, Any] = {**node, "schema": inner}
    default = node.get("default")
    if isinstance(default, int) and not isinstance(default, bool) and _amount_inside(node):
        changed["default"] = text_of(default)
    return changed


def _amount_inside(node: Mapping[str, Any]) -> bool:
    return is_amount(node) or (node["type"] in _WRAPPERS and _amount_inside(node["schema"]))


def _nests(node: Any) -> bool:
    """Whether objects or mappings stand inside a node."""
    if isinstance(node, Mapping):
        if node.get("type") in ("model", "dict", "typed-dict", "definition-ref", "function-after", "function-wrap"):
            return True
        return any(_nests(part) for key, part in node.items() if key in ("schema", "items_schema", "choices"))
    return isinstance(node, (list, tuple)) and any(_nests(part) for part in node)
