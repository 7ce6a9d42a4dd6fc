"""What the platform paid itself is counted once and never paid again (A10): the audit's own reading of it. Fen.

Postings to some payees only tell who has paid; what they hold of a bill is never instructed. Own rule, from
docs/records.md §3 alone: `counted` of a decided bill is the smaller of what the platform stated and of all layers;
under a measure that tells the platform's payment as a layer of another policy it is at most what was stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workers.audit.decode import Decision, Upstream, fen, whole

TOLD = ("upstream", "shadow")
OF_ANOTHER_POLICY = frozenset({"DT"})  # 洞政办发〔2022〕43号 三: the ordinary layer is the province's
OUTSIDE = frozenset({"before_in_force", "after_expiry"})


NOTHING = Upstream(0, 0, 0)
Told = Mapping[str, int]


def after(before: Told, d: Decision) -> dict[str, int]:
    """What stands in the accounts that are only told, after a decision."""
    total = Counter(before)
    for _, payee, amount in d.payees:
        if payee in TOLD:
            total[payee] += amount
    return {payee: amount for payee, amount in total.items() if amount}


def paid_after(before: Mapping[tuple[str, str], int], d: Decision) -> dict[tuple[str, str], int]:
    """What each payee has of each layer of a bill, after a decision."""
    total = Counter(before)
    for layer, payee, amount in d.payees:
        total[payee, layer] += amount
    return {place: amount for place, amount in total.items() if amount}


def paid_of(state: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """The same, from the packed state of a bill."""
    return {
        (payee, layer): whole(amount)
        for payee, account in (state.get("paid") or {}).items()
        for layer, amount in account.items()
        if amount
    }


def of_state(state: Mapping[str, Any]) -> dict[str, int]:
    """The same, from the packed state of a bill."""
    paid = state.get("paid") or {}
    sums = {payee: sum(map(whole, paid.get(payee, {}).values())) for payee in TOLD}
    return {payee: amount for payee, amount in sums.items() if amount}


def both(one: Told, two: Told) -> dict[str, int]:
    """Accounts of two keys of one person for one bill."""
    total = Counter(one)
    total.update(two)
    return {payee: amount for payee, amount in total.items() if amount}


def faults(d: Decision, told: Told, stated: Iterable[int] | None) -> Iterator[str]:
    """What is wrong with a decision; `stated` are the payments that bodies of the bill state, None where none was read.

    The layers less what is told is what we pay: that the postings sum to the layers is checked beside.
    """
    up, given = d.upstream or NOTHING, sum(d.layers.values())
    if stated is not None and up.stated not in stated:
        yield f"says that the platform paid {up.stated} fen, no body of the bill does"
    if min(up) < 0 or up.counted + up.beyond > up.stated:
        yield f"{up.counted} counted and {up.beyond} beyond are more than the {up.stated} fen that the platform paid"
    if told.get("upstream", 0) != up.counted:
        yield f"{told.get('upstream', 0)} fen are posted to upstream, {up.counted} are counted"
    unpaid = given - up.counted if d.mode == "shadow" else 0
    if told.get("shadow", 0) != unpaid:
        yield f"{told.get('shadow', 0)} fen are posted to shadow where {unpaid} are due: mode {d.mode}"
    ours = given - sum(told.values())
    payable = given if d.payable is None else sum(d.payable.values())
    if payable != ours:
        yield f"{payable} fen are payable, {ours} are not paid by anybody else"
    if d.measure in OF_ANOTHER_POLICY or d.status != "decided" or d.reason in OUTSIDE:
        return
    due = min(up.stated, given)
    if up.counted != due:
        yield f"{up.counted} fen of the platform's payment are counted, {due} lie within the layers"
    if up.beyond != up.stated - due:
        yield f"{up.beyond} fen are said to be beyond the law, {up.stated - due} are"


def stated_of(body: Mapping[str, Any]) -> int:
    """What a body of the journal says the platform paid."""
    return fen(body.get("assistance_paid_upstream", "0.00"))


def stated_in(state: Mapping[str, Any]) -> set[int]:
    """The same of all bodies in the packed state of a bill; empty where it is of a closed year."""
    bodies = [state.get("facts"), *(rival.get("facts") for rival in (state.get("rivals") or {}).values())]
    return {whole(body.get("assistance_paid_upstream", 0)) for body in bodies if body is not None}
