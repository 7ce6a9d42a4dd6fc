"""Money back of grants (premiums, check-ups, what another office carries) waits for an officer like a bill's (ADR 6).

A grant keeps `paid` (what was posted to `recovery`) and `ordered` (what officers ruled of it, keys as in `office.py`),
each absent while there is nothing to say; `asked` is the decision that its open task names.
"""

from __future__ import annotations

from typing import Any, Literal

from schemas.money import text_of
from workers.entitlement.office import RECOVERY, pending, read_word, rule, set_off, word
from workers.entitlement.outcome import Posting
from workers.entitlement.state import Layers
from workers.entitlement.turn import Turn

Kept = dict[str, Any]
Kind = Literal["settle", "adjust", "undo"]


class GrantAccount:
    """The account of one grant as `office` reads and writes it."""

    def __init__(self, entry: Kept) -> None:
        self.entry = entry
        self.paid: dict[str, Layers] = entry.get("paid", {})
        self.ordered: dict[str, Any] | None = entry.get("ordered")

    def keep(self) -> None:
        """Write it back; what says nothing is left out."""
        for name, value in (("paid", self.paid), ("ordered", self.ordered)):
            if value:
                self.entry[name] = value
            else:
                self.entry.pop(name, None)


def post(entry: Kept, delta: Layers, kind: Kind) -> tuple[Posting, ...]:
    """+Δ goes to the person, first out of what was left with him or waits to come back; −Δ waits for an officer."""
    account, posted = GrantAccount(entry), list[Posting]()
    for layer, amount in delta.items():
        if amount < 0:
            posted.append(_book(account, layer, kind, amount, waits=True))
        elif amount > 0:
            waits = pending(account).get(layer, 0)  # before: what is set off leaves the officer's word
            back = set_off(account, layer, amount)
            back += min(amount - back, waits)
            if back:
                posted.append(_book(account, layer, kind, back))
            if amount != back:
                posted.append(Posting(layer, "person", kind, amount - back))
    account.keep()
    return tuple(posted)


def follow(turn: Turn, entry: Kept) -> None:
    """Open, renew or close the task about what waits; during a sweep it waits for the word on the adoption (ADR 6)."""
    account, decision = GrantAccount(entry), entry["decision"]
    due, asked = pending(account), entry.get("asked")
    if due and turn.sweeping and asked is None:
        word(account)["held"] = turn.adoption
    elif account.ordered is not None:
        account.ordered.pop("held", None)
    account.keep()
    wanted = bool(due) and "held" not in read_word(account)
    if asked is not None and not (wanted and asked == decision["id"]):
        turn.close_task(RECOVERY, f"{RECOVERY}|{asked}", "cause_gone" if wanted else turn.because)
        entry.pop("asked")
    if wanted and "asked" not in entry:
        kind, _, subject_id = entry["stated"]["subject"]
        facts = {"decision_id": decision["id"], "amount": text_of(sum(due.values())), "subject": kind}
        facts |= {"subject_id": subject_id, "reason": entry["stated"]["reason"]}
        turn.open_task(RECOVERY, f"{RECOVERY}|{decision['id']}", None, facts)
        entry["asked"] = decision["id"]


def ruled(turn: Turn, entry: Kept, approval: str, order_id: str | None = None) -> bool:
    """An officer's word on all that waits; False where nothing does."""
    account = GrantAccount(entry)
    if not pending(account):
        return False
    if order_id is not None:
        word(account).setdefault("orders", []).append(order_id)
    rule(account, approval)
    account.keep()
    follow(turn, entry)
    return True


def released(turn: Turn, entry: Kept, number: int) -> bool:
    """The word on an adoption leaves this grant to an order of its own; False where it does not wait for that word."""
    account = GrantAccount(entry)
    if read_word(account).get("held") != number:
        return False
    word(account).pop("held")
    account.keep()
    return True


def _book(account: GrantAccount, layer: str, kind: Kind, amount: int, *, waits: bool = False) -> Posting:
    owed = account.paid.setdefault(RECOVERY, {})
    owed[layer] = owed.get(layer, 0) + amount
    return Posting(layer, RECOVERY, kind, amount, waits and layer in pending(account))
