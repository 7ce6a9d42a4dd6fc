"""Cancels, reversals and reinstatements that came before what they name: they wait with the person (records.md §4).

At the deadline a task opens, but the record stays: a bill that comes later is decided as cancelled and the task closes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from workers.entitlement.cancels import ask_about, differs, take_cancel
from workers.entitlement.records import Cancel, Reinstate, Reverse
from workers.entitlement.state import Bill, Facts
from workers.entitlement.turn import LIMIT, Turn

PARKED_MAX = 200
"""Records that may wait with one person; a further one needs a person."""
CANCEL_WITHOUT_BILL = "cancel_without_bill"
WAITS_FOR_BILL = "waits_for_bill"
DUE_AT_NEXT_CLOSE = ""
"""Deadline of what was parked before any business date was closed: sorts before all dates."""

Waiting = dict[str, Any]


def park(turn: Turn, record: Cancel | Reverse | Reinstate) -> None:
    """Let the record wait, once."""
    waiting = _waiting(record)
    parked = turn.facts.parked
    if any(_same_key(waiting, other) for other in parked):
        turn.answer("repeat")
    elif len(parked) >= PARKED_MAX:
        turn.open_task(LIMIT, "parked", None, {"parked_max": PARKED_MAX})
        turn.answer("needs_person")
        return
    else:
        deadline = _deadline(turn.open_day, turn.limits.parked_days_max)
        parked.append({**waiting, "deadline": deadline, "tasked": False, **turn.origin_mark()})
        turn.changed = turn.outcome.deadlines_changed = True
        turn.answer("parked")
    turn.outcome.status, turn.outcome.reason = "parked", WAITS_FOR_BILL
    if waiting["setl_id"] is not None:
        turn.outcome.bill = (waiting["region"], waiting["setl_id"])


def take_parked(turn: Turn, bill: Bill) -> None:
    """Hand over to the bill all that waited for it or for its cancels. The caller keeps the bill."""
    if not turn.facts.parked:
        return
    misfit = any(_misfit(waiting, bill) for waiting in turn.facts.parked)
    for names in (_names_bill, _names_cancel):
        rest = []
        for waiting in turn.facts.parked:
            if names(waiting, bill):
                turn.close_task(CANCEL_WITHOUT_BILL, _subject(waiting), "cause_gone")
                turn.changed = turn.outcome.deadlines_changed = True
            else:
                rest.append(waiting)
        turn.facts.parked = rest
    if misfit:
        ask_about(turn, bill)


def close_day(turn: Turn, day: str) -> None:
    """A business date has ended: what reached its deadline becomes a task."""
    for waiting in turn.facts.parked:
        if waiting["tasked"]:
            continue
        if waiting["deadline"] == DUE_AT_NEXT_CLOSE:
            waiting["deadline"] = _deadline(day, turn.limits.parked_days_max)
            turn.changed = turn.outcome.deadlines_changed = True
        elif waiting["deadline"] <= day:
            waiting["tasked"] = True
            turn.changed = turn.outcome.deadlines_changed = True
            bill = None if waiting["setl_id"] is None else (waiting["region"], waiting["setl_id"])
            facts = {"waits": waiting["kind"], "deadline": waiting["deadline"]}
            turn.open_task(CANCEL_WITHOUT_BILL, _subject(waiting), bill, facts)


def next_deadline(facts: Facts) -> str | None:
    """The first date (ISO) at which something parked becomes a task or a matter has to be looked at; None: never."""
    dates = [waiting["deadline"] for waiting in facts.parked if not waiting["tasked"]]
    return min(dates if facts.look_on is None else [*dates, facts.look_on], default=None)


def _names_bill(waiting: Waiting, bill: Bill) -> bool:
    """Apply what names the bill itself; False if it does not."""
    if waiting["region"] != bill.key[0] or waiting["kind"] == "reinstate":
        return False
    by_number: bool = waiting["setl_id"] == bill.key[1]
    if waiting["kind"] == "cancel":
        if by_number and not _misfit(waiting, bill):
            take_cancel(bill, waiting["id"], waiting.get("by"))
        return by_number
    if waiting["cancel"] is not None or not (by_number or waiting["msgid"] in bill.msgids):
        return False
    bill.reversed_by = bill.reversed_by or waiting["id"]
    return True


def _misfit(waiting: Waiting, bill: Bill) -> bool:
    """A cancel of this bill that gives back other amounts than it has (A8): it waits no longer and undoes nothing."""
    named = waiting["kind"] == "cancel" and (waiting["region"], waiting["setl_id"]) == bill.key
    return named and differs(bill, waiting.get("gives_back"), waiting.get("carried"))


def _names_cancel(waiting: Waiting, bill: Bill) -> bool:
    """Apply what names a cancel of the bill; False if it does not."""
    if waiting["region"] != bill.key[0] or waiting["kind"] == "cancel":
        return False
    named = [waiting["cancel"]] if waiting["kind"] == "reinstate" else names_of(waiting)
    if waiting["kind"] == "reinstate" and waiting["setl_id"] != bill.key[1]:
        return False
    for name in named:
        own_id = bill.cancel_named(name)
        if own_id is not None:
            bill.cancels[own_id] = bill.cancels[own_id] or waiting["id"]
            return True
    return False


def names_of(waiting: Waiting) -> list[str]:
    """The ids by which a reversal may name a cancel: as such, else by a number that is the cancel's own."""
    if waiting["cancel"] is not None:
        return [waiting["cancel"]]
    return [name for name in (waiting["setl_id"], waiting["msgid"]) if name is not None]


def _waiting(record: Cancel | Reverse | Reinstate) -> Waiting:
    if isinstance(record, Cancel):
        more = {"by": record.msgid, "gives_back": record.gives_back, "carried": record.carried}
        entry = _entry("cancel", record.region, record.own_id, record.setl_id, None, None)
        return entry | {name: value for name, value in more.items() if value is not None}
    if isinstance(record, Reverse):
        return _entry("reverse", record.region, record.reversal_id, record.setl_id, record.msgid, record.own_id)
    return _entry("reinstate", record.region, record.own_id, record.setl_id, None, record.cancel_own_id)


def _entry(kind: str, region: str, id_: str, setl_id: str | None, msgid: str | None, cancel: str | None) -> Waiting:
    return {"kind": kind, "region": region, "id": id_, "setl_id": setl_id, "msgid": msgid, "cancel": cancel}


def _same_key(waiting: Waiting, other: Waiting) -> bool:
    """Same business key: of a reversal what it names, of the others also their own id."""
    names = ["kind", "region", "setl_id", "msgid", "cancel"] + ([] if waiting["kind"] == "reverse" else ["id"])
    return all(waiting[name] == other[name] for name in names)


def _subject(waiting: Waiting) -> str:
    """One for each business key: a platform may use the id of a reversal for two that name different things."""
    named = "|".join(waiting[name] or "" for name in ("msgid", "cancel")).strip("|")
    return f"parked|{waiting['kind']}|{waiting['region']}|{waiting['setl_id']}|{waiting['id']}" + (
        named and f"|{named}"
    )


def _deadline(day: str | None, days: int) -> str:
    if day is None:
        return DUE_AT_NEXT_CLOSE
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
