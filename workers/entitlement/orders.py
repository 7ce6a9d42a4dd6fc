"""Office orders about one person, each with author, second signer and document: applied, stale or no effect.

Never parked: an order that cannot act now never acts later, and whatever was answered is remembered by its id, so that
a copy of it that comes late moves no money either. What an order rules becomes a fact of the bill (`office`) or of the
application (`rulings`); the fold of all bills then decides.
"""

from __future__ import annotations

from collections.abc import Callable

from workers.entitlement import order_bills, order_papers
from workers.entitlement.conflict import CONFLICT
from workers.entitlement.outcome import Code
from workers.entitlement.papers import APPLICATION, KINDS
from workers.entitlement.records import Order
from workers.entitlement.rulings import MANUAL_CLAIM, OBJECTION
from workers.entitlement.sameness import digest_of
from workers.entitlement.shadow import SHADOW_CHANGED
from workers.entitlement.state import REVISED, Bill
from workers.entitlement.turn import LIMIT, OPENED, Turn

ORDERS_MAX = 500
"""Orders remembered for one person; a further one needs a person."""
NEEDS_PERSON, RECOVERY, MEANS_TEST = "needs_person", "recovery", "means_test"

Answer = tuple[Code, Bill | None]

_NEVER_BY_CLOSING = frozenset({CONFLICT, NEEDS_PERSON, RECOVERY, *KINDS})
"""Tasks that end only with a word on what they are about."""

ENDS: dict[str, frozenset[str]] = {
    "conflict_resolved": frozenset({CONFLICT}),
    "needs_person": frozenset({NEEDS_PERSON}),
    "recovery": frozenset({RECOVERY}),
    "application": frozenset({APPLICATION, MANUAL_CLAIM, MEANS_TEST}),
    "proof": frozenset({APPLICATION}),
    "objection": frozenset({OBJECTION}),
    "shadow_bill": frozenset({SHADOW_CHANGED}),
}
"""Kinds of tasks that an order of a kind may name; findings about bills may be made on the occasion of any task."""


def order(turn: Turn, record: Order) -> None:
    """Fold one order."""
    digest = digest_of(record.body or {})
    known = turn.facts.orders.get(record.order_id)
    if known is not None:
        _again(turn, record, known == digest)
        return
    if len(turn.facts.orders) >= ORDERS_MAX:
        turn.open_task(LIMIT, "orders", None, {"orders_max": ORDERS_MAX})
        turn.answer("needs_person")
        return
    turn.order = record
    act = _ACTS.get(record.kind)
    refused = _refused(turn, record)
    code, bill = (refused or "no_effect", None) if refused or act is None else act(turn, record)
    if code == "applied" and record.task_id in turn.facts.tasks and record.kind == "application":
        turn.close_task_id(str(record.task_id), "order")  # a means test ends with the answer to the application
    turn.answer(code, bill)
    turn.facts.orders[record.order_id] = digest
    turn.changed = True


def _again(turn: Turn, record: Order, same: bool) -> None:
    if same:
        turn.answer("repeat")
        return
    turn.open_task(CONFLICT, f"order|{record.order_id}", None, {"fact": "order"})
    turn.answer("conflict")


def _refused(turn: Turn, record: Order) -> Code | None:
    """Why an order has no say whatever it orders: one officer alone, or a task that is over, unknown or another's."""
    if record.author is not None and record.author == record.second_signer:
        return "no_effect"
    if record.task_id is None:
        return None
    task = turn.facts.tasks.get(record.task_id)
    if task is None:
        return "stale" if turn.was(OPENED, record.task_id) else "no_effect"
    names_other_bill = task["bill"] is not None and record.setl_id not in (None, task["bill"][1])
    ends_other = record.kind in ENDS and task["kind"] not in ENDS[record.kind]
    return "no_effect" if names_other_bill or ends_other else None


def _close(turn: Turn, record: Order) -> Answer:
    """A task about which nothing is to be decided, or about which another office has answered."""
    task = turn.facts.tasks[record.task_id] if record.task_id is not None else None
    if task is None or (task["kind"] in _NEVER_BY_CLOSING and _about_a_fact(task["kind"], task["bill"])):
        return "no_effect", None
    if record.fact_revision is not None and record.fact_revision < _revision_now(turn, task["subject"]):
        return "stale", None
    turn.close_task_id(str(record.task_id), "order")
    return "applied", None


def _about_a_fact(kind: str, bill: object) -> bool:
    """A conflict of an identity or a paper ends by looking at it; one of a bill never."""
    return bill is not None or kind in KINDS


def _revision_now(turn: Turn, subject: str) -> int:
    """Revision of the fact a task is about, 0 if it is about none."""
    group, _, key = subject.partition("|")
    facts = getattr(turn.revised, group) if group in REVISED else {}
    return int(facts[key]["revision"]) if key in facts else 0


_ACTS: dict[str, Callable[[Turn, Order], Answer]] = {
    "conflict_resolved": order_bills.resolve,
    "needs_person": order_bills.decide,
    "exclusion": order_bills.exclude,
    "fraud": order_bills.fraud,
    "insured_place": order_bills.insured_place,
    "recovery": order_bills.recover,
    "shadow_bill": order_bills.release,
    "application": order_papers.approve,
    "proof": order_papers.prove,
    "objection": order_papers.answer_objection,
    "task_closed": _close,
    "follow_up": _close,
}
