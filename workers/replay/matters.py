"""What a replay shows of matters, read from the stored state: what stands in the end (docs/matters.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from schemas.money import text_of
from workers.entitlement.grant_account import GrantAccount
from workers.entitlement.office import RULED, pending, read_word

Shown = dict[str, object]


class Standing:
    """The raised matters of one person and of each of its bills."""

    def __init__(self, names: Mapping[str, bytes], bills: Mapping[Any, dict[str, Any]]) -> None:
        own = orjson.loads(names["matters"]) if "matters" in names else {}
        self._raised = [own, *(bill.get("raised", {}) for bill in bills.values())]

    def grants(self, kind: str) -> dict[tuple[str, str], Shown]:
        """What was decided about subjects of one kind: (region, id) → status, reason, layers in yuan …"""
        found: dict[tuple[str, str], Shown] = {}
        for entry in self._entries("grants"):
            stated = entry["stated"]
            if stated["subject"][0] == kind:
                layers = {layer: text_of(fen) for layer, fen in sorted(entry["layers"].items())}
                told: Shown = {name: stated[name] for name in ("status", "reason", "measure", "clauses", "funding")}
                back = _money_back(entry)
                if back:
                    told["recovery"] = back
                found[stated["subject"][1], stated["subject"][2]] = {**told, "layers": layers}
        return found

    def flags(self) -> list[dict[str, Any]]:
        """Every flag that is up, amounts in fen."""
        return list(self._entries("flags"))

    def alerts(self) -> dict[str, bool]:
        """Alert id → whether its cause still stands."""
        return {entry["id"]: entry["standing"] for entry in self._entries("alerts")}

    def _entries(self, kind: str) -> Iterator[dict[str, Any]]:
        for raised in self._raised:
            yield from raised.get(kind, {}).values()


def _money_back(entry: dict[str, Any]) -> dict[str, dict[str, str]]:
    """What officers ruled of the grant's money back, and what still waits for them, in yuan."""
    account = GrantAccount(entry)
    parts = {"pending": pending(account)} | {name: read_word(account).get(name, {}) for name in RULED}
    shown = {name: {layer: text_of(fen) for layer, fen in sorted(part.items()) if fen} for name, part in parts.items()}
    return {name: part for name, part in shown.items() if part}


def with_decisions(recorded: dict[str, Shown], grants: Mapping[tuple[str, str], Shown]) -> dict[str, Shown]:
    """Recorded premiums with what was decided about them; a contribution of somebody unknown to the law has none."""
    return {
        name: {**entry, **grants.get((str(entry["region"]), name), {"status": "no_decision", "layers": {}})}
        for name, entry in recorded.items()
    }


def with_flags(recorded: dict[str, Shown], flags: list[dict[str, Any]]) -> dict[str, Shown]:
    """Recorded stays, each with the kinds of flags that are up for it, such as deposit_waiver."""
    return {
        name: {**entry, "flags": sorted(flag["kind"] for flag in flags if flag.get("admission_id") == name)}
        for name, entry in recorded.items()
    }


def came_late(body: Mapping[str, Any], lists: frozenset[tuple[str, ...]]) -> bool:
    """Whether a monthly list that was missed (`list_missing`) has come since."""
    details = body.get("details", {})
    return body["kind"] == "list_missing" and (details["source"], body["county"], details["list_month"]) in lists


def flags_shown(sent: list[dict[str, Any]]) -> list[Shown]:
    """All flags that were sent, oldest first; `standing` on the last record of each that is up."""
    last = {body["flag_id"]: number for number, body in enumerate(sent)}
    shown = []
    for number, body in enumerate(sent):
        shown.append({**without_cause(body), "standing": body["up"] and last[body["flag_id"]] == number})
    return shown


def without_cause(body: dict[str, Any]) -> Shown:
    """A place in the journal depends on the number of partitions; a final state does not."""
    return {name: value for name, value in body.items() if name != "cause"}
