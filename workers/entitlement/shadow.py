"""Bills of a region in shadow: decided and stored, compared, never payable (docs/shadow.md, docs/adr/0008).

A bill gets its mode with its first decision and keeps it: what the platform was to pay never becomes ours by itself,
whatever is corrected later. Once the region pays, a change of what we would have paid opens a task, and only an order
about the bill (`shadow_bill`) makes it payable.
"""

from __future__ import annotations

from schemas.money import text_of
from workers.entitlement.judge import DECIDED, Judged
from workers.entitlement.modes import live_on, shadowed
from workers.entitlement.state import Bill, bill_name
from workers.entitlement.turn import Turn
from workers.policy.types import Step

STEP = "shadow"
"""Step of the engine; no rule of a rulebook may be called so."""
SHADOW_CHANGED = "shadow_changed"
"""Kind of a task: what we would have paid of a bill of the shadow has changed since the region pays."""


def fix_mode(turn: Turn, bill: Bill, judged: Judged) -> None:
    """The first decision of a bill says for good whether it is payable."""
    if bill.shadow is not None or judged.status != DECIDED or turn.in_force is None:
        return
    modes = turn.in_force.modes
    if not modes or bill.window is not None:  # nobody ordered a mode, or decided by a release that knew none
        bill.shadow = False
        return
    county, settled_on = str(bill.said["county"]), str(bill.facts["settled_on"])
    bill.shadow = shadowed(modes, bill.key[0], county, judged.benefit_date, settled_on)


def step_of(unpaid: int) -> Step:
    """The step that says that nothing of it is paid."""
    return Step(STEP, "not_payable", (unpaid,))


def would_pay(bill: Bill) -> int:
    """What we would have paid of the bill, beside the platform, fen."""
    account = bill.paid.get("shadow")
    return sum(account.values()) if account else 0


def watched(turn: Turn, bill: Bill) -> bool:
    """Whether differences of the bill are somebody's work: always but in a region that is in shadow itself."""
    if not bill.shadow or turn.in_force is None:
        return True
    return live_on(turn.in_force.modes, bill.key[0], str(bill.said["county"]), turn.open_day)


def follow_shadow(turn: Turn, bill: Bill, before: int) -> None:
    """Open, renew or close the task about a bill of the shadow that is other than what was left with the platform."""
    now = would_pay(bill)
    if now == before:
        return
    turn.close_task(SHADOW_CHANGED, _subject(bill), turn.because)
    if not watched(turn, bill):
        bill.left = now
    elif now and now != bill.left:
        _open(turn, bill)


def end_task(turn: Turn, bill: Bill) -> bool:
    """An officer leaves the bill with the platform; False where no task was open."""
    asked = turn.task(SHADOW_CHANGED, _subject(bill)) is not None
    turn.close_task(SHADOW_CHANGED, _subject(bill), turn.because)
    bill.left = would_pay(bill)
    return asked


def look_after_switch(turn: Turn, region: str) -> None:
    """The region pays from now on: bills that were decided in shadow although the order takes them in need a word."""
    if turn.in_force is None:
        return
    for bill in turn.bills():
        if bill.key[0] != region or not bill.shadow or not would_pay(bill):
            continue
        county, settled_on = str(bill.said["county"]), str(bill.facts["settled_on"])
        if not shadowed(turn.in_force.modes, region, county, bill.benefit_date, settled_on):
            bill.left = 0
            turn.keep(bill)
            _open(turn, bill)


def _open(turn: Turn, bill: Bill) -> None:
    facts = {"would_pay": text_of(would_pay(bill)), "was": text_of(bill.left), "reason": bill.reason}
    facts["stated"] = text_of(bill.upstream.get("stated", 0))
    decision = {} if bill.decision is None else {"decision_id": bill.decision["id"]}
    turn.open_task(SHADOW_CHANGED, _subject(bill), bill.key, {**facts, **decision})


def _subject(bill: Bill) -> str:
    return f"{SHADOW_CHANGED}|{bill_name(bill.key)}"
