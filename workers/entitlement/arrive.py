"""A person's bills arrive under this key: they wait until the closing record, then all are decided in order of arrival.

They wait in the state, so a batch, a restart or a new owner between two of them loses nothing. A record of a move that
comes again has no effect, before the closing one or after it (docs/adr/0016).

The result is `settle` over the union (records.md §10): as if everything had been said of this key from the beginning.
Amounts that two keys got for one bill are added up first, so that the difference is posted like any other.
"""

from __future__ import annotations

from typing import Any

import orjson

from workers.entitlement.alias import ALIAS, Alias
from workers.entitlement.belongings import take_in
from workers.entitlement.closed import CLOSED, recount
from workers.entitlement.conflict import CONFLICT
from workers.entitlement.decide import NEEDS_PERSON
from workers.entitlement.gather import FROM, gather, home
from workers.entitlement.leave import SPLIT, bill_key
from workers.entitlement.papers import follow_papers
from workers.entitlement.parked import take_parked
from workers.entitlement.records import Arrival, MovedBill, MovedRest
from workers.entitlement.settle import settle
from workers.entitlement.state import REVISED, Bill, Known
from workers.entitlement.turn import LIMIT, Turn
from workers.entitlement.twin import united
from workers.errors import Stop

MOVING = "moving|"


def arrive(turn: Turn, person_key: str, record: MovedBill | MovedRest) -> None:
    """Fold one record of a move into this key."""
    alias = Alias.unpack(turn.packed.get(ALIAS))
    if alias.has_come(record.from_key, record.serial):
        turn.answer("repeat")
    elif isinstance(record, MovedBill):
        _wait(turn, record)
    else:
        _close(turn, person_key, record, alias)
        turn.answer("applied")


def _wait(turn: Turn, record: MovedBill) -> None:
    name, state = f"{MOVING}{record.from_key}|{record.name}", record.state.encode()
    waiting = turn.packed.get(name)
    if waiting not in (None, state):
        raise Stop(
            f"transfer {record.serial} brings one bill twice, and not the same: records of the journal are not what "
            "the ledger wrote; run the audit"
        )
    turn.packed.put(name, state)
    turn.answer("applied" if waiting is None else "repeat")


def _close(turn: Turn, person_key: str, record: MovedRest, alias: Alias) -> None:
    rest: dict[str, Any] = orjson.loads(record.state)
    _note(alias, record, rest)
    turn.packed.put(ALIAS, alias.pack())
    _take_bills(turn, record)
    recount(turn)
    _take_known(turn, person_key, record, Known(**rest["known"]))
    _take_open(turn, person_key, record, rest)
    take_in(turn, rest["matters"])
    follow_papers(turn)
    for bill in turn.bills() if turn.facts.parked else ():
        take_parked(turn, bill)
        turn.keep(bill)
    limit = turn.limits.bills_per_person_max
    if turn.facts.bills > limit:
        turn.open_task(LIMIT, "bills", None, {"bills_max": limit})
    turn.changed = turn.outcome.deadlines_changed = True
    settle(turn)
    _close_idle(turn)


def _note(alias: Alias, record: MovedRest, rest: dict[str, Any]) -> None:
    """Who has come here with whom; a key that is split off again lives."""
    alias.came.setdefault(record.from_key, []).append(record.serial)
    if record.kind == SPLIT:
        alias.to = None if record.returns else alias.to
        return
    alias.absorbed[record.from_key] = record.from_key
    alias.absorbed.update(dict.fromkeys(rest["absorbed"], record.from_key))


def _take_bills(turn: Turn, record: MovedRest) -> None:
    prefix = f"{MOVING}{record.from_key}|"
    waiting = [(name, raw) for name, raw in turn.packed.names() if name.startswith(prefix)]
    if len(waiting) != record.bills:
        raise Stop(
            f"transfer {record.serial} closes with {record.bills} bills, {len(waiting)} have come: records of the "
            "journal are missing; run the audit"
        )
    for name, raw in waiting:
        turn.packed.put(name, None)
        if name.startswith(f"{prefix}{CLOSED}"):
            turn.packed.put(name.removeprefix(prefix), raw)
            continue
        bill, own = Bill.unpack(raw), turn.bill(bill_key(name.removeprefix(prefix)))
        if own is None:
            turn.facts.bills += 1
        else:
            bill = united(turn, own, bill)
        turn.keep(bill)


def _take_known(turn: Turn, person_key: str, record: MovedRest, coming: Known) -> None:
    if record.kind == SPLIT:
        for name in REVISED:
            group = getattr(coming, name)
            group.update({key: home(entry, person_key) for key, entry in group.items()})
    contradicting = gather(turn.revised, coming, None if record.kind == SPLIT else record.from_key)
    turn.keep_revised()
    for group, key, kept, other in contradicting:
        facts = {"fact": group, "revision": kept["revision"], "kept": kept["digest"], "rival": other["digest"]}
        turn.open_task(CONFLICT, f"{group}|{key}", None, facts)


def _take_open(turn: Turn, person_key: str, record: MovedRest, rest: dict[str, Any]) -> None:
    """Tasks keep their ids; what waits and what was ordered is known here from now on."""
    facts, mark = turn.facts, {} if record.kind == SPLIT else {FROM: record.from_key}
    for id_, task in rest["tasks"].items():
        twice = turn.task(task["kind"], task["subject"]) is not None
        facts.tasks[id_] = _at_home({**mark, **task}, person_key)
        if twice:
            turn.close_task_id(id_, "cause_gone")
    facts.parked += [_at_home({**mark, **waiting}, person_key) for waiting in rest["parked"]]
    facts.orders = {**rest["orders"], **facts.orders}
    if rest["arrival"] is not None:
        last = Arrival(*rest["arrival"])
        facts.arrival = last if facts.arrival is None else max(facts.arrival, last)


def _close_idle(turn: Turn) -> None:
    """A bill that was left to a person under one key may be decided by what was known under the other."""
    for id_, task in list(turn.facts.tasks.items()):
        bill = turn.bill(tuple(task["bill"])) if task["kind"] == NEEDS_PERSON and task["bill"] else None
        if bill is not None and bill.status != NEEDS_PERSON:
            turn.close_task_id(id_, "cause_gone")


def _at_home(item: dict[str, Any], person_key: str) -> dict[str, Any]:
    if item.get(FROM) == person_key:
        del item[FROM]
    return item
