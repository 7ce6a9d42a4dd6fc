"""From an order that merges or splits persons to the journal record of the key it is about (records.md §9).

The order names two person numbers; the journal holds keys only, so it becomes a `person.transferred` of its own, with
the order's id, signers and document. Another province issues other numbers: a move there is a merge into the new key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.journal.keys import PersonKeys

ORDERED = "office.ordered"
TRANSFERS = {"person_merged": "merge", "person_split": "split"}
_ONLY_HERE = ("to_psn_no", "to_region", "serial", "bills", "kept_bills")
_SIGNED = ("region", "order_id", "author", "second_signer", "document", "ordered_on")


def order_fields(keys: PersonKeys, order: dict[str, Any]) -> dict[str, Any]:
    """What the journal holds of an order: `person.transferred` for a transfer, else the order without its fields."""
    if order["kind"] in TRANSFERS:
        return _transfer_fields(keys, order)
    return {name: value for name, value in order.items() if name not in _ONLY_HERE}


def _transfer_fields(keys: PersonKeys, order: Mapping[str, Any]) -> dict[str, Any]:
    """The order was checked, so both numbers are there and differ."""
    region = order["region"]
    fields = {
        "type": "person.transferred",
        "version": 1,
        "person_key": keys.person_key(region, order["psn_no"]),
        "to_key": keys.person_key(order.get("to_region") or region, order["to_psn_no"]),
        "kind": TRANSFERS[str(order["kind"])],
        "serial": order["serial"],
        **{name: order[name] for name in _SIGNED},
    }
    for name in ("bills", "kept_bills"):
        if order.get(name):
            fields[name] = order[name]
    return fields
