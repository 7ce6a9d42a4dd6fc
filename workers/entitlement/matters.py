"""The difference between the matters that should stand and those that were raised: docs/matters.md.

What was raised is kept as `Raised`: in the bill for what the bill alone causes, in `matters` for the rest of a person.
Only the difference goes out, so that the end never depends on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson

from workers.entitlement.grants import end_grant, grant
from workers.entitlement.outcome import Flagged, RaisedAlert
from workers.entitlement.recorded import recorded_of
from workers.entitlement.state import MATTERS, Bill, kept
from workers.entitlement.turn import LIMIT, Turn
from workers.policy.matters.situation import Situation
from workers.policy.matters.wanted import Alert, Flag, Grant, Matter, Offer, Watched

FLAGGED = "entitlement.flagged"
ALERTED = "alert.raised"
MATTERS_MAX = 2_000
"""Matters of one person that no single bill causes; more than that needs a person."""

Raised = dict[str, dict[str, Any]]
"""`grants`, `flags`, `alerts`, `tasks`: each key → what was sent of it. Empty kinds are left out."""


def raise_matters(turn: Turn) -> None:
    """Bring the matters of the person to what the law wants now, if this turn may have changed them."""
    if not turn.look or turn.in_force is None:
        return
    situation = Situation(
        turn.known, recorded_of(turn.revised), turn.facts.burdens, turn.closed, tuple(turn.facts.places)
    )
    wanted = turn.in_force.law.matters(situation)
    look_on = None if wanted.look_on is None else wanted.look_on.isoformat()
    if look_on != turn.facts.look_on:
        turn.facts.look_on = look_on
        turn.changed = turn.outcome.deadlines_changed = True
    if len(wanted.matters) > MATTERS_MAX:
        turn.open_task(LIMIT, "matters", None, {"matters_max": MATTERS_MAX})
        return
    raw = turn.packed.get(MATTERS)
    if raw is None and not wanted.matters:
        return
    raised: Raised = {} if raw is None else orjson.loads(raw)
    if differ(turn, raised, wanted.matters):
        turn.packed.put(MATTERS, kept(orjson.dumps(raised)))


def raise_of_bill(turn: Turn, bill: Bill, watched: Watched) -> bool:
    """Bring what this bill alone causes to what the law wants; True where its state has changed."""
    if not watched.matters and not bill.raised:
        return False
    return differ(turn, bill.raised, watched.matters, bill.shadow)


def differ(turn: Turn, raised: Raised, wanted: Iterable[Matter], shadow: bool | None = None) -> bool:
    """Send the difference and note it; True where there was one. `shadow`: the mode of the bill that causes them."""
    before = orjson.dumps(raised)
    left = {kind: set(entries) for kind, entries in raised.items()}
    for matter in wanted:
        left.get(_kind(matter), set()).discard(matter.key)
        _want(turn, raised, matter, shadow)
    for key in sorted(left.get("grants", ())):
        end_grant(turn, raised["grants"][key])
    for key in sorted(left.get("flags", ())):
        send_flag(turn, raised["flags"].pop(key), up=False)
    for key in sorted(left.get("alerts", ())):
        raised["alerts"][key]["standing"] = False
    for key in sorted(left.get("tasks", ())):
        turn.close_task(raised["tasks"].pop(key), key, "cause_gone")
    for kind in [kind for kind, entries in raised.items() if not entries]:
        del raised[kind]
    return orjson.dumps(raised) != before


def _kind(matter: Matter) -> str:
    return _KINDS[type(matter)]


_KINDS: Mapping[type, str] = {Grant: "grants", Flag: "flags", Alert: "alerts", Offer: "tasks"}


def _want(turn: Turn, raised: Raised, matter: Matter, shadow: bool | None) -> None:
    entries = raised.setdefault(_kind(matter), {})
    if isinstance(matter, Grant):
        entries[matter.key] = grant(turn, entries.get(matter.key), matter, shadow)
    elif isinstance(matter, Flag):
        stated = _flag(matter)
        if entries.get(matter.key) != stated:
            entries[matter.key] = stated
            send_flag(turn, stated, up=True)
    elif isinstance(matter, Alert):
        if matter.key not in entries:
            alert_id, sequence = turn.next_id(ALERTED)
            turn.outcome.alerts.append(RaisedAlert(alert_id, sequence, matter))
            entries[matter.key] = {"id": alert_id, "standing": True}
        entries[matter.key]["standing"] = True
    elif matter.key not in entries:
        turn.open_task(matter.kind, matter.key, matter.bill, dict(matter.details))
        entries[matter.key] = matter.kind


def _flag(flag: Flag) -> dict[str, Any]:
    """What a flag states, as it is kept: days as ISO text, absent fields left out."""
    stated = {"flag_id" if name == "key" else name: _plain(value) for name, value in flag._asdict().items()}
    return {name: value for name, value in stated.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def send_flag(turn: Turn, stated: Mapping[str, Any], *, up: bool) -> None:
    """A flag goes up or down under this key."""
    _, sequence = turn.next_id(FLAGGED)
    turn.outcome.flags.append(Flagged(sequence, up, stated))
