"""The fold over one person: one record in, one outcome out. Pure: no I/O, clock or chance.

Docs: design §4, records.md §2–5. Errors: `Stop` where an invariant is broken; nothing else is raised.
"""

from __future__ import annotations

from datetime import date, timedelta

from workers.entitlement import shadow, shadow_grants
from workers.entitlement.arrive import arrive
from workers.entitlement.bills import final
from workers.entitlement.closed import close_year
from workers.entitlement.law import InForce
from workers.entitlement.leave import TRANSFER, leave
from workers.entitlement.matters import raise_matters
from workers.entitlement.orders import order
from workers.entitlement.outcome import Outcome
from workers.entitlement.parked import close_day, next_deadline
from workers.entitlement.records import (
    Arrival,
    Cancel,
    Final,
    MovedBill,
    MovedRest,
    Order,
    PersonRecord,
    Reinstate,
    Reverse,
    Revision,
    SaidOf,
)
from workers.entitlement.recoveries import rule_adoption
from workers.entitlement.revise import revise
from workers.entitlement.settle import settle
from workers.entitlement.state import KNOWN
from workers.entitlement.turn import Limits, Packed, Turn
from workers.entitlement.undo import cancel, reinstate, reverse

SAID_OF_THIS = SaidOf(None, again=False)


def advance(
    person_key: str,
    packed: Packed,
    record: PersonRecord,
    in_force: InForce | None,
    arrival: Arrival,
    limits: Limits,
    open_day: str | None = None,
    said_of: SaidOf = SAID_OF_THIS,
) -> Outcome:
    """Fold one record. A new bill behind all others costs O(1) in their number, everything else one `settle` at most.

    `open_day` is the business date (ISO) that is open now, or None before the first was closed. `said_of` tells
    of a record that was forwarded.
    """
    turn = Turn(person_key, packed, in_force, limits, arrival=arrival, open_day=open_day, from_key=said_of.key)
    if isinstance(record, Final):
        final(turn, record, arrival)
    elif isinstance(record, Revision):
        revise(turn, record)
    elif isinstance(record, Cancel):
        cancel(turn, record)
    elif isinstance(record, Reverse):
        reverse(turn, record)
    elif isinstance(record, Reinstate):
        reinstate(turn, record)
    elif isinstance(record, Order):
        order(turn, record)
    elif isinstance(record, MovedBill | MovedRest):
        arrive(turn, person_key, record)
    else:
        leave(turn, person_key, record)
    if said_of.again:
        turn.open_task(TRANSFER, "return", None, {"obstacle": "return"})
    return _finish(turn)


def resettle(
    person_key: str, packed: Packed, in_force: InForce | None, limits: Limits, open_day: str | None = None
) -> Outcome:
    """Decide all bills and matters of a person anew under the law in force; nothing if that was done already."""
    turn = Turn(person_key, packed, in_force, limits, open_day=open_day)
    turn.sweeping = True
    if turn.facts.adoption != turn.adoption and (turn.facts.bills or packed.get(KNOWN) is not None):
        settle(turn)
        turn.answer("applied")
    return _finish(turn)


def end_of_day(person_key: str, packed: Packed, day: str, limits: Limits, in_force: InForce | None = None) -> Outcome:
    """A business date (ISO) was closed for a person with something parked or a matter that a date may change."""
    open_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    turn = Turn(person_key, packed, in_force, limits, open_day=open_day)
    close_day(turn, day)
    turn.look = turn.facts.look_on is not None and turn.facts.look_on <= day
    turn.answer("applied")
    return _finish(turn)


def rule_recoveries(person_key: str, packed: Packed, number: int, approval: str, limits: Limits) -> Outcome:
    """The word on all that an adoption (by its number) took back of this person; `each` leaves it to single orders."""
    turn = Turn(person_key, packed, None, limits)
    rule_adoption(turn, number, approval)
    return _finish(turn)


def look_after(
    person_key: str, packed: Packed, region: str, in_force: InForce | None, limits: Limits, open_day: str | None
) -> Outcome:
    """A region pays from now on: what of this person needs a word. Nothing is decided anew."""
    turn = Turn(person_key, packed, in_force, limits, open_day=open_day)
    shadow.look_after_switch(turn, region)
    shadow_grants.look_after_switch(turn, region)
    turn.answer("applied")
    return turn.finish()


def close_year_of(person_key: str, packed: Packed, region: str, year: int, limits: Limits) -> Outcome:
    """A year of a platform was closed: this person's bills of it are compacted."""
    turn = Turn(person_key, packed, None, limits)
    close_year(turn, region, year)
    return turn.finish()


def _finish(turn: Turn) -> Outcome:
    raise_matters(turn)
    outcome = turn.finish()
    if outcome.deadlines_changed:
        outcome.next_deadline = next_deadline(turn.facts)
    return outcome
