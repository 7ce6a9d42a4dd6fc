"""Validators that check a model's language without leaving its wire form: bytes in, the journal's fields out.

Intake needs to know that an event is correct; it never computes with it. A model's own validator spends two thirds of
its time on turning amounts into fen and on building the object. Here the compiled schema is rewritten in three places
(an amount stays text under the contract's pattern, a day is read by Rust alone, the object becomes a dict of what was
stated) and no other, so the models remain the only definition; `tests/unit/intake/test_wire_form.py` proves that both
accept the same texts and give the same bytes.
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
_DAY_TEXT = core_schema.str_schema(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", strict=True)
_WRAPPERS = ("default", "nullable")


def wire_validator(model: type[BaseModel]) -> WireValidator:
    """The validator of a model in wire form. Models with objects inside or checks of their own are used as they are."""
    schema: Mapping[str, Any] = model.__pydantic_core_schema__
    inner = schema.get("schema", {})
    plain = schema["type"] == "model" and inner.get("type") == "model-fields"
    if not plain or any(_nests(field["schema"]) for field in inner["fields"].values()):
        return lambda raw: wire(model.model_validate_json(raw))
    # sorted, so that the dict is nearly in the order in which canonical JSON wants it
    fields = {name: _field(node["schema"]) for name, node in sorted(inner["fields"].items())}
    validator = SchemaValidator(core_schema.typed_dict_schema(fields, config=schema["config"]))
    validate: WireValidator = validator.validate_json
    return validate


def _field(node: Any) -> core_schema.TypedDictField:
    """A field without a default is required; one whose default is None is left out of the dict where it is absent."""
    if node["type"] != "default":
        return core_schema.typed_dict_field(_in_wire_form(node), required=True)
    if node.get("default", ...) is None:
        node = node["schema"]
    return core_schema.typed_dict_field(_in_wire_form(node), required=False)


def is_amount(node: Mapping[str, Any]) -> bool:
    """Whether a node of a compiled schema is an amount: told by how it is written out."""
    return bool(node.get("serialization", {}).get("function") is text_of)


def _in_wire_form(node: Any) -> Any:
    if is_amount(node):
        return _AMOUNT
    if node["type"] == "function-before" and node["schema"]["type"] == "date":
        return core_schema.chain_schema([_DAY_TEXT, {**node["schema"], "strict": False}])
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
