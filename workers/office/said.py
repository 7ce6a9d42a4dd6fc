"""From the options of `tuodi order new` to the fields of an order."""

from __future__ import annotations

from typing import Any

from schemas.events.office import OrderKind
from workers.errors import Usage
from workers.office.tasks import Task

_TRUTH = {"true": True, "false": False}


def fields(
    task: Task,
    approval: str | None,
    amounts: list[str],
    found: list[str],
    keep: str | None,
    proof: bool | None,
    setl_id: str | None,
    result: str | None,
) -> dict[str, Any]:
    """What the options say; Usage where one is not of the form it needs."""
    says: dict[str, Any] = {"approval": approval, "not_assisted_proof": proof, "setl_id": setl_id}
    if amounts:
        says["decision"] = {"amounts": dict(_pair(each, "--amount", "ordinary=700.00") for each in amounts)}
    if found:
        pairs = dict(_pair(each, "--found", "formal_receipt=true") for each in found)
        says["found"] = {name: _TRUTH.get(value, value) for name, value in pairs.items()}
    if keep is not None:
        says["keep_digest"] = task.facts.get(keep, keep)
    if result is not None:
        says |= {"kind": OrderKind.FOLLOW_UP.value, "result": result}
    return {name: value for name, value in says.items() if value is not None}


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise Usage(f"{option} is written {example}")
    return name, value
