"""The AsyncAPI 3.1.0 document of all topics, from the registry and the models. Kafka bindings 0.5.0.

Sources: AsyncAPI specification 3.1.0; https://github.com/asyncapi/bindings, Kafka 0.5.0; CloudEvents Kafka binding 1.0.
"""

from __future__ import annotations

from typing import Any

from schemas.events import header
from schemas.json_schema import Contract, contracts, schema_of
from schemas.topics import TOPICS, Cleanup, Kind, Topic

BINDING = "0.5.0"
REPLICAS = 3
GROUPS = {Kind.FEED: "medassist-intake", Kind.JOURNAL: "medassist-ledger"}


def document(version: str) -> dict[str, Any]:
    """The whole document; `version` is that of the contract."""
    shapes = list(contracts())
    return {
        "asyncapi": "3.1.0",
        "info": _info(version),
        "defaultContentType": "application/json",
        "servers": {"bureau": _server()},
        "channels": {t.short: _channel(t, shapes) for t in TOPICS.values()},
        "operations": dict(op for t in TOPICS.values() for op in _operations(t)),
        "components": {
            "messages": {_message_id(c): _message(c) for c in shapes},
            "messageTraits": {"cloudevent": {"headers": _header_schema()}},
            "schemas": _schemas(shapes),
        },
    }


def _info(version: str) -> dict[str, Any]:
    return {
        "title": "Tuodi: real-time medical-assistance settlement",
        "version": version,
        "description": (
            "Feeds that others publish, the journal, and what the workers publish. Written from the view of the "
            "workers: `receive` is what they read. Accepted objects are open (unknown fields are dropped), published "
            "ones are closed. "
            "Money is a decimal string with two places, a day is YYYY-MM-DD in UTC+8."
        ),
        "license": {"name": "Apache-2.0"},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "kafka.bureau.example:9092",
        "protocol": "kafka",
        "description": "Apache Kafka 3.9 or newer of the bureau",
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }


def _channel(topic: Topic, shapes: list[Contract]) -> dict[str, Any]:
    messages = {_message_id(c): _ref("messages", _message_id(c)) for c in shapes if _carries(topic, c)}
    return {
        "address": topic.full_name(),
        "title": topic.short,
        "description": f"{topic.about}. Key: {topic.key}. Written by: {', '.join(topic.owners)}.",
        "servers": [{"$ref": "#/servers/bureau"}],
        **({"messages": messages} if messages else {}),
        "bindings": {"kafka": _channel_binding(topic)},
    }


def _carries(topic: Topic, contract: Contract) -> bool:
    return contract.model in topic.models


def _channel_binding(topic: Topic) -> dict[str, Any]:
    configuration: dict[str, Any] = {"cleanup.policy": [topic.cleanup.value]}
    if topic.cleanup is Cleanup.DELETE:
        configuration |= {"retention.ms": topic.retention_ms, "retention.bytes": -1}
    configuration["max.message.bytes"] = topic.max_message_bytes
    return {
        "topic": topic.full_name(),
        "partitions": topic.partitions,
        "replicas": REPLICAS,
        "topicConfiguration": configuration,
        "bindingVersion": BINDING,
    }


def _operations(topic: Topic) -> list[tuple[str, dict[str, Any]]]:
    actions = {
        Kind.FEED: ("receive",),
        Kind.DEAD_LETTER: ("send",),
        Kind.JOURNAL: ("send", "receive"),
        Kind.STATE: ("send", "receive"),
        Kind.OUTPUT: ("send",),
    }[topic.kind]
    return [(f"{action}.{topic.short}", _operation(topic, action)) for action in actions]


def _operation(topic: Topic, action: str) -> dict[str, Any]:
    binding: dict[str, Any] = {"bindingVersion": BINDING}
    if action == "receive" and topic.kind in GROUPS:
        binding = {"groupId": {"type": "string", "enum": [GROUPS[topic.kind]]}, **binding}
    return {
        "action": action,
        "channel": _ref("channels", topic.short, root="#"),
        "summary": topic.about,
        "bindings": {"kafka": binding},
    }


def _message_id(contract: Contract) -> str:
    return contract.name.replace("/", ".")


def _message(contract: Contract) -> dict[str, Any]:
    about = (contract.model.__doc__ or "").strip().splitlines()
    return {
        "name": header.ce_type(contract.type_, contract.version),
        "title": contract.type_,
        **({"summary": about[0]} if about and contract.model.__doc__ else {}),
        "contentType": "application/json",
        "traits": [_ref("messageTraits", "cloudevent")],
        "payload": _ref("schemas", _message_id(contract)),
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
    }


def _header_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "CloudEvents 1.0, binary content mode; a feed record without them is accepted",
        "properties": {
            header.CE_SPECVERSION: {"type": "string", "const": "1.0"},
            header.CE_ID: text,
            header.CE_TYPE: text,
            header.CE_SOURCE: text,
            header.CE_TIME: {"type": "string", "format": "date-time"},
            header.CE_CAUSATIONID: text,
            header.CONTENT_TYPE: {"type": "string", "const": "application/json"},
        },
    }


def _schemas(shapes: list[Contract]) -> dict[str, Any]:
    """All payloads; a definition that stands alone and that payloads share appears once, others take their name."""
    found: dict[str, Any] = {}
    for contract in shapes:
        schema = {k: v for k, v in schema_of(contract).items() if k not in ("$schema", "$id")}
        own = _message_id(contract)
        names = {}
        for name, body in schema.pop("$defs", {}).items():
            shared = "$ref" not in str(body) and found.setdefault(name, body) == body
            names[name] = name if shared else f"{own}.{name}"
            found[names[name]] = body
        found[own] = schema
        for name in (own, *names.values()):
            found[name] = _renamed(found[name], names)
    return dict(sorted(found.items()))


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(item, names) for item in part]
    if not isinstance(part, dict):
        return part
    out = {key: _renamed(value, names) for key, value in part.items()}
    target = out.get("$ref", "")
    if isinstance(target, str) and target.startswith("#/$defs/"):
        out["$ref"] = f"#/components/schemas/{names[target.removeprefix('#/$defs/')]}"
    return out


def _ref(section: str, name: str, root: str = "#/components") -> dict[str, str]:
    return {"$ref": f"{root}/{section}/{name}"}
