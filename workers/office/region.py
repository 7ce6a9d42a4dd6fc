"""The order about a region's mode (docs/shadow.md): it ends no task, so the officer says all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.events.office import OrderKind
from workers.errors import Usage
from workers.office.write import checked, own_id


def mode_order(fields: Mapping[str, str | None]) -> dict[str, Any]:
    """The order from what was said; Usage names what is missing or wrong."""
    said = {name: value for name, value in fields.items() if value is not None}
    missing = [name for name in ("region", "mode") if name not in said]
    if said.get("mode") == "live" and "first_day" not in said:
        missing.append("first_day: the day from which bills are paid")
    if missing:
        raise Usage(f"an order about a region's mode needs {', '.join(missing)}; see docs/shadow.md")
    if said["author"] == said["second_signer"]:
        raise Usage("an order has two signers: --author and --second-signer are one")
    value: dict[str, Any] = {"type": "office.ordered", "version": 1, "kind": OrderKind.REGION_MODE.value, **said}
    value.setdefault("order_id", own_id(value))
    return checked(value)
