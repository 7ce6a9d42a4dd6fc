"""A settled bill arrives: new, again, with more facts, or with a contradiction (records.md §3)."""

from __future__ import annotations

from workers.entitlement.cancels import note_carried
from workers.entitlement.closed import again, closed_bill
from workers.entitlement.conflict import CONFLICT, room_for_rival, taken_back
from workers.entitlement.outcome import Code
from workers.entitlement.papers import claimed
from workers.entitlement.parked import take_parked
from workers.entitlement.postings import PERSON
from workers.entitlement.records import Arrival, Final
from workers.entitlement.sameness import Sameness, bill_digest, compare, completed
from workers.entitlement.settle import append, settle, settled_under_law_in_force
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import LIMIT, Turn
from workers.policy.types import BillFacts

MSGIDS_MAX = 64
"""Message numbers kept for one bill; a reversal by a later one waits and becomes a task."""

UNSAID = frozenset({None, "unknown"})
"""A source that does not say who it is."""


def answer_decided(turn: Turn, bill: Bill) -> None:
    """Answer a record that brought a bill to its status; a bill taken back before any decision leaves none behind."""
    code: Code
    if bill.status == "held":
        code = "held"
    elif bill.status == "needs_person":
        code = "needs_person"
    else:
        code = "decided" if turn.outcome.decisions else "applied"
    turn.answer(code, bill)


def final(turn: Turn, record: Final, arrival: Arrival) -> None:
    """Fold one final bill."""
    facts = record.facts
    key = (facts["region"], facts["setl_id"])
    known = turn.bill(key)
    if known is not None:
        _again(turn, known, record)
    elif (closed := closed_bill(turn, key)) is not None:
        again(turn, key, closed, bill_digest(facts), "bill")
    elif turn.facts.bills >= turn.limits.bills_per_person_max:
        turn.open_task(LIMIT, "bills", key, {"bills_max": turn.limits.bills_per_person_max})
        turn.answer("needs_person")
        turn.outcome.bill = key
    else:
        msgids = [] if record.msgid is None else [record.msgid]
        carried = [] if record.carried is None else [record.carried]
        bill = Bill(arrival, facts, bill_digest(facts), msgids, source=record.source, carried=carried)
        bill.advanced_by = record.advanced_by
        _new(turn, bill, record.read)


def _new(turn: Turn, bill: Bill, read: BillFacts | None) -> None:
    behind_all = turn.facts.arrival is None or bill.arrival > turn.facts.arrival
    appendable = behind_all and settled_under_law_in_force(turn)
    turn.facts.bills += 1
    turn.changed = True
    take_parked(turn, bill)
    if appendable:
        bill = append(turn, bill, read)
    else:
        turn.keep(bill)
        settle(turn)
        bill = turn.again(bill)
    if turn.facts.tasks:
        claimed(turn, bill)
    answer_decided(turn, bill)


def _again(turn: Turn, known: Bill, record: Final) -> None:
    digest = bill_digest(record.facts)
    sameness = Sameness.SAME if digest == known.digest else compare(known.facts, record.facts)
    if sameness is Sameness.CONTRADICTS:
        _conflict(turn, known, record, digest)
        return
    if note_carried(known, record.carried):
        turn.keep(known)
    reversed_now = _note_msgid(turn, known, record.msgid)
    if sameness is Sameness.COMPLETES:
        known.facts = completed(known.facts, record.facts)
        known.digest = bill_digest(known.facts)
    if reversed_now:
        taken_back(turn, known)
    person_bore_it = _note_person(known, record)
    if reversed_now or person_bore_it or sameness is Sameness.COMPLETES:
        turn.keep(known)
        settle(turn, own=known.key)
        known = turn.again(known)
    if person_bore_it or sameness is Sameness.COMPLETES:
        turn.answer("completed", known)
    elif reversed_now:
        answer_decided(turn, known)
    else:
        elsewhere = record.facts.get("channel") != known.facts.get("channel") or _another(record.source, known.source)
        turn.answer("confirmed" if elsewhere else "repeat", known)


def _note_person(known: Bill, record: Final) -> bool:
    """Somebody says that the person bore the assistance: believed whenever it comes, since it is to be paid out once
    anyway and nobody says it to his own profit. That the hospital bore it is believed only at first."""
    news = record.advanced_by == PERSON and known.advanced_by != PERSON
    if news:
        known.advanced_by = PERSON
        if known.undone:  # the hospital gave it back: when the bill comes back, nothing returns to the hospital
            known.window = {}
    return news


def _another(source: str | None, first: str | None) -> bool:
    """Whether two sources are known to be two."""
    return UNSAID.isdisjoint((source, first)) and source != first


def _note_msgid(turn: Turn, known: Bill, msgid: str | None) -> bool:
    """Remember the message number of a retry; True if a reversal had waited for just this one."""
    if msgid is None or msgid in known.msgids or len(known.msgids) >= MSGIDS_MAX:
        return False
    known.msgids.append(msgid)
    before = known.reversed_by
    take_parked(turn, known)
    turn.keep(known)
    return known.reversed_by != before


def _conflict(turn: Turn, known: Bill, record: Final, digest: str) -> None:
    """No effect on money. A body that an officer has already judged is answered without a new task."""
    rival = known.rivals.get(digest)
    if rival is None and room_for_rival(known):
        known.rivals[digest] = {"facts": record.facts, "settled": False}
        turn.keep(known)
    if rival is None or not rival["settled"]:
        turn.open_task(CONFLICT, bill_name(known.key), known.key, {"kept": known.digest, "rival": digest})
    turn.answer("conflict", known)
