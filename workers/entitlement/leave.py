"""A person's bills leave this key: one record a bill and a closing one, all in one transaction (docs/records.md §10).

A merge gives the key up: everything goes, an alias stays behind. A split gives away the bills it lists, with the facts
that had come from the other key. Nothing is moved by halves: what cannot be moved as a whole becomes a task.
"""

from __future__ import annotations

from typing import Any

import orjson

from workers.entitlement.alias import ALIAS, Alias
from workers.entitlement.belongings import give_away, going, lower_flags, raised_of
from workers.entitlement.closed import CLOSED, recount
from workers.entitlement.conflict import CONFLICT
from workers.entitlement.gather import FROM, part
from workers.entitlement.matters import Raised
from workers.entitlement.outcome import BillKey, Move
from workers.entitlement.papers import follow_papers
from workers.entitlement.records import Transfer
from workers.entitlement.settle import settle
from workers.entitlement.state import BILL, KNOWN, YEAR, Bill, bill_name, unpack_year
from workers.entitlement.turn import Turn

TRANSFER = "transfer"
"""Kind of a task about a move that was not made."""
MERGE, SPLIT = "merge", "split"
BILLS_MOVED_MAX = 5_000
"""Bills that one transfer moves, all in one transaction: half of what a person may have. What bounds it is how long the
closing record is folded, during which its partition's worker answers no heartbeat (docs/adr/0016)."""
TOO_MANY = "too_many_bills"
STATE_BYTES_MAX = 900_000
"""Packed state in one journal record, as it stands there."""

Going = list[tuple[str, bytes]]


def leave(turn: Turn, person_key: str, order: Transfer) -> None:
    """Fold one transfer of this key; answered `applied`, or `needs_person` with a task where it cannot be made."""
    alias = Alias.unpack(turn.packed.get(ALIAS))
    subject, known = f"transfer|{order.serial}", alias.serials.get(str(order.serial))
    if known is not None:
        _again(turn, subject, known == order.digest)
        return
    leaving = [(name, raw) for name, raw in turn.packed.names() if name.startswith((BILL, CLOSED))]
    obstacle = _obstacle(alias, order, {bill_key(name) for name, _ in leaving})
    if order.kind == SPLIT:
        leaving = [(name, raw) for name, raw in leaving if bill_key(name) in order.bills]
    raised = raised_of(turn)
    rest = b"" if obstacle else _rest(turn, alias, order, {bill_key(name) for name, _ in leaving}, raised)
    obstacle = obstacle or _too_much(leaving, rest)
    if obstacle == TOO_MANY and order.kind == MERGE and not order.turned:
        _turn_over(turn, person_key, order, alias)
        return
    if obstacle:
        turn.open_task(TRANSFER, subject, None, {"obstacle": obstacle, "serial": order.serial, "kind": order.kind})
        turn.answer("needs_person")
        return
    turn.close_task(TRANSFER, subject, "cause_gone")
    turn.outcome.moves = _moves(turn, person_key, order, alias, leaving, rest)
    _gone(turn, alias, order, leaving, raised)
    turn.answer("applied")


def _turn_over(turn: Turn, person_key: str, order: Transfer, alias: Alias) -> None:
    """The other key is given up instead: which of two keys of one person lives on is nobody's concern but ours."""
    fields = {**order.said, "to_key": person_key, "turned": True}
    turn.outcome.moves = (Move(order.to_key, "person.transferred", fields, None),)
    alias.serials[str(order.serial)] = order.digest
    turn.packed.put(ALIAS, alias.pack())
    turn.answer("forwarded")


def _again(turn: Turn, subject: str, same: bool) -> None:
    if same:
        turn.answer("repeat")
        return
    turn.open_task(CONFLICT, subject, None, {"fact": "transfer"})
    turn.answer("conflict")


def bill_key(name: str) -> BillKey:
    """Region and number of `bill|region|number`."""
    _, region, setl_id = name.split("|", 2)
    return region, setl_id


def _obstacle(alias: Alias, order: Transfer, bills: set[BillKey]) -> str | None:
    """Why the move cannot be made, as a code for the officer."""
    if alias.to is not None:
        return "already_moved"
    if order.kind == MERGE:
        return "return" if order.to_key in alias.absorbed else None
    go, stay = set(order.bills), set(order.kept_bills)
    if go & stay:
        return "listed_twice"
    if (go | stay) - bills:
        return "unknown_bill"
    return "unlisted_bill" if bills - go - stay else None


def _too_much(leaving: Going, rest: bytes) -> str | None:
    if len(leaving) > BILLS_MOVED_MAX:
        return TOO_MANY
    sizes = (len(orjson.dumps(raw.decode())) for raw in (rest, *(raw for _, raw in leaving)))
    return "too_large" if max(sizes) > STATE_BYTES_MAX else None


def _rest(turn: Turn, alias: Alias, order: Transfer, bills: set[BillKey], raised: Raised) -> bytes:
    """What goes beside bills, taken out of this key's facts; nothing is written yet."""
    facts, revised = turn.facts, turn.revised
    if order.kind == MERGE:
        leaving, known, absorbed = None, revised, alias.absorbed
    else:
        leaving = alias.brought_by(order.to_key)
        known, absorbed = part(revised, leaving), {}
    tasks = {id_: task for id_, task in facts.tasks.items() if leaving is None or _goes(task, leaving, bills)}
    parked = [waiting for waiting in facts.parked if leaving is None or waiting.get(FROM) in leaving]
    matters = going(raised, None if leaving is None else known, tasks)
    state = {"known": known, "tasks": tasks, "parked": parked, "orders": facts.orders, "absorbed": absorbed}
    return orjson.dumps({**state, "arrival": facts.arrival, "matters": matters}, default=tuple)


def _goes(task: dict[str, Any], leaving: set[str], bills: set[BillKey]) -> bool:
    """A task goes with its bill, one about no bill with the key it came from."""
    if task["bill"] is not None:
        return tuple(task["bill"]) in bills
    return task.get(FROM) in leaving


def _moves(turn: Turn, person_key: str, order: Transfer, alias: Alias, leaving: Going, rest: bytes) -> tuple[Move, ...]:
    returns = order.kind == SPLIT and order.to_key in alias.absorbed
    same = {"from_key": person_key, "kind": order.kind, "serial": order.serial, "returns": returns}
    moves = []
    for name, raw in leaving:
        if name.startswith(CLOSED):
            arrival = tuple(orjson.loads(raw)["arrival"])
            moves.append(Move(order.to_key, "bill.moved", {**same, "name": name, "state": raw.decode()}, arrival))
    live = (Bill.unpack(raw) for name, raw in leaving if name.startswith(BILL))
    for bill in sorted(live, key=lambda bill: bill.arrival):
        state = lower_flags(turn, bill).pack().decode()
        moves.append(
            Move(order.to_key, "bill.moved", {**same, "name": bill_name(bill.key), "state": state}, bill.arrival)
        )
    closing = {**same, "bills": len(leaving), "state": rest.decode()}
    return (*moves, Move(order.to_key, "person.moved", closing, None))


def _gone(turn: Turn, alias: Alias, order: Transfer, leaving: Going, raised: Raised) -> None:
    """What has left is here no more: its names are dropped, counters and facts follow."""
    facts = turn.facts
    sent: dict[str, Any] = orjson.loads(turn.outcome.moves[-1].fields["state"])
    for name, _ in leaving:
        turn.packed.put(name, None)
    facts.bills -= sum(name.startswith(BILL) for name, _ in leaving)
    recount(turn)
    facts.tasks = {id_: task for id_, task in facts.tasks.items() if id_ not in sent["tasks"]}
    facts.parked = [waiting for waiting in facts.parked if waiting not in sent["parked"]]
    turn.changed = turn.outcome.deadlines_changed = True
    alias.serials[str(order.serial)] = order.digest
    give_away(turn, raised, sent["matters"], whole=order.kind == MERGE)
    if order.kind == MERGE:
        alias.to = order.to_key
        _give_up(turn)
    else:
        for key in alias.brought_by(order.to_key):
            alias.absorbed.pop(key, None)
        turn.keep_revised()
        follow_papers(turn)
        settle(turn)
    turn.packed.put(ALIAS, alias.pack())


def _give_up(turn: Turn) -> None:
    """A key without bills has no counters and states nothing; its ids and sequences stay, should it live again."""
    for name, raw in list(turn.packed.names()):
        if name.startswith(YEAR):
            _, year, measure = name.split("|", 2)
            none = dict.fromkeys(unpack_year(raw), 0)
            turn.tell_year((measure, int(year)), none)
            turn.packed.put(name, None)
    if turn.packed.get(KNOWN) is not None:
        turn.packed.put(KNOWN, None)
