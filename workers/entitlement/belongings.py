"""Matters on a move: what was raised of a person beside bills goes with the facts that it rests on.

A grant keeps its decision and an alert its id, so that nothing is paid or told twice. A flag is published under a key:
it goes down under the old one, and up again under the new one where the law wants it.
"""

from __future__ import annotations

from typing import Any

import orjson

from workers.entitlement.gather import Entry
from workers.entitlement.grant_account import follow
from workers.entitlement.matters import Raised, send_flag
from workers.entitlement.office import RECOVERY, RULED
from workers.entitlement.state import MATTERS, Bill, Known, Layers, kept
from workers.entitlement.turn import Turn

GRANTS, FLAGS, ALERTS, TASKS = "grants", "flags", "alerts", "tasks"


def raised_of(turn: Turn) -> Raised:
    """What was raised of the person beside bills."""
    raw = turn.packed.get(MATTERS)
    found: Raised = {} if raw is None else orjson.loads(raw)
    return found


def going(raised: Raised, known: Known | None, tasks: dict[str, Any]) -> Raised:
    """What goes: everything with a whole person (`known` is None), else what rests on the facts and tasks that go."""
    subjects = {task["subject"] for task in tasks.values()}
    gone: Raised = {TASKS: {key: kind for key, kind in raised.get(TASKS, {}).items() if key in subjects}}
    if known is None:
        gone |= {kind: raised[kind] for kind in (GRANTS, ALERTS) if kind in raised}
    else:
        gone[GRANTS] = {key: each for key, each in raised.get(GRANTS, {}).items() if _rests_on(each, known)}
    return {kind: entries for kind, entries in gone.items() if entries}


def _rests_on(entry: Entry, known: Known) -> bool:
    _, region, id_ = entry["stated"]["subject"]
    return any(key.endswith(f"|{region}|{id_}") for key in known.others)


def give_away(turn: Turn, raised: Raised, gone: Raised, *, whole: bool) -> None:
    """Keep what stays. A whole person that leaves has no flags here any more, and nothing to look at."""
    if whole:
        for key in sorted(raised.get(FLAGS, ())):
            send_flag(turn, raised[FLAGS][key], up=False)
        if turn.packed.get(MATTERS) is not None:
            turn.packed.put(MATTERS, None)
        turn.facts.burdens, turn.facts.look_on, turn.facts.places = {}, None, []
        return
    for entry in gone.get(GRANTS, {}).values():  # what waits is asked under the other key
        if "asked" in entry:
            turn.close_task(RECOVERY, f"{RECOVERY}|{entry.pop('asked')}", "cause_gone")
    stays = {kind: {key: each for key, each in entries.items() if key not in gone.get(kind, ())}
             for kind, entries in raised.items()}  # fmt: skip
    _keep(turn, stays)


def take_in(turn: Turn, coming: Raised) -> None:
    """Put what came beside what is here; the law then looks at the whole."""
    raised = raised_of(turn)
    for kind, entries in coming.items():
        own = raised.setdefault(kind, {})
        for key, entry in entries.items():
            if kind == GRANTS and key in own and "asked" in entry:
                turn.close_task(RECOVERY, f"{RECOVERY}|{entry['asked']}", "cause_gone")
            own[key] = _both(own[key], entry) if kind == GRANTS and key in own else own.get(key, entry)
            if kind == GRANTS and "paid" in own[key]:
                follow(turn, own[key])
    _keep(turn, raised)
    turn.look = True


def lower_flags(turn: Turn, bill: Bill) -> Bill:
    """The bill as it leaves: flags that it alone had caused go down under this key."""
    for key in sorted(bill.raised.get(FLAGS, ())):
        send_flag(turn, bill.raised[FLAGS][key], up=False)
    bill.raised = {kind: entries for kind, entries in bill.raised.items() if kind != FLAGS}
    return bill


def _both(own: Entry, other: Entry) -> Entry:
    """One payment that was granted under two keys: what both got, so that the difference is taken back."""
    both = {**own, "layers": _sum(own["layers"], other["layers"]), "decision": own["decision"] or other["decision"]}
    for account, name in (("paid", RECOVERY), *(("ordered", each) for each in RULED)):
        summed = _sum(own.get(account, {}).get(name, {}), other.get(account, {}).get(name, {}))
        if summed:
            both[account] = {**both.get(account, {}), name: summed}
    return both


def _sum(first: Layers, second: Layers) -> Layers:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def _keep(turn: Turn, raised: Raised) -> None:
    raised = {kind: entries for kind, entries in raised.items() if entries}
    if raised or turn.packed.get(MATTERS) is not None:
        turn.packed.put(MATTERS, kept(orjson.dumps(raised)))
