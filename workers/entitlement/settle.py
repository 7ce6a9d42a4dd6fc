"""The two ways to the same state: `append` puts one bill at the end, `settle` computes all of them anew.

The result is the fold of the surviving bills in the order of arrival, counters from zero, with everything else as
finally known (design §4, X-A2). `append` is that fold's last step and never looks at the bills before; the test
`tests/unit/entitlement/test_entitlement_machine.py` holds both to the same state and sums.
"""

from __future__ import annotations

from workers.entitlement.carried import carried
from workers.entitlement.closed import shut
from workers.entitlement.decide import apply
from workers.entitlement.judge import Judged, MeasureYear, add_uses, judge, stands
from workers.entitlement.known import bill_facts
from workers.entitlement.matters import raise_of_bill
from workers.entitlement.outcome import BillKey
from workers.entitlement.postings import Why
from workers.entitlement.rulings import MANUAL, claim_refused
from workers.entitlement.state import Bill, Layers
from workers.entitlement.turn import Turn
from workers.errors import Stop
from workers.policy.types import BillFacts, PersonFacts


def append(turn: Turn, bill: Bill, read: BillFacts | None = None) -> Bill:
    """Decide one new bill behind all others: O(1) in their number. The bill as it is kept then.

    `read` are the stated facts as the law reads them, where somebody has them at hand.
    """
    judged = shut(judge(bill, turn.known, turn.in_force, turn.year, read), bill, turn.in_force)
    if judged.looks_ahead:  # its payment is shared with bills before (DT-3.3): they are decided anew with it
        turn.keep(bill)
        settle(turn)
        return turn.again(bill)
    apply(turn, bill, judged)
    raise_of_bill(turn, bill, judged.watched)
    turn.keep(bill)
    _count(turn, turn.facts.burdens, judged)
    _place(turn, bill)
    turn.facts.adoption = turn.adoption
    turn.changed = True
    if judged.uses:
        key = _key(judged)
        turn.keep_year(key, add_uses(turn.year(*key), judged.uses))
    return bill


def settle(turn: Turn, own: BillKey | None = None) -> None:
    """Decide all bills anew. `own` is the bill whose sender caused it: only its hospital gives back or gets more."""
    counters = carried(turn)
    burdens: Layers = {}
    bills = turn.bills()
    turn.outcome.settled = len(bills)
    person = _foresee(turn, bills)
    for bill in bills:
        judged = judge(bill, person, turn.in_force, lambda measure, year: counters.get((measure, year), {}))
        judged = shut(judged, bill, turn.in_force)
        if judged.uses:
            key = _key(judged)
            counters[key] = add_uses(counters.get(key, {}), judged.uses)
        for year, uses in judged.elsewhere.items():
            other = (_key(judged)[0], year)
            counters[other] = add_uses(counters.get(other, {}), uses)
        _count(turn, burdens, judged)
        changed = apply(turn, bill, judged, Why.OWN_BILL if bill.key == own else Why.LAW_OR_FACTS)
        if raise_of_bill(turn, bill, judged.watched) or changed:
            turn.keep(bill)
    _keep_years(turn, counters)
    turn.look = True
    places = sorted({county for bill in bills if stands(bill) and (county := _insured_at(bill)) is not None})
    if places != turn.facts.places:
        turn.facts.places, turn.changed = places, True
    if burdens != turn.facts.burdens:
        turn.facts.burdens = burdens
        turn.changed = True
    if turn.facts.adoption != turn.adoption:
        turn.facts.adoption = turn.adoption
        turn.changed = True


def _foresee(turn: Turn, bills: list[Bill]) -> PersonFacts:
    """What is known of the person, with what only all surviving bills together show."""
    if turn.in_force is None:
        return turn.known
    standing = (bill_facts(bill.said) for bill in bills if stands(bill))
    accepted = (facts for facts in standing if facts.channel != MANUAL or not claim_refused(facts, turn.known))
    return turn.in_force.law.foresee(accepted, turn.known)


def settled_under_law_in_force(turn: Turn) -> bool:
    """False where bills still wait for a sweep to re-decide them: then nothing may be appended behind them."""
    return turn.facts.bills == 0 or turn.facts.adoption == turn.adoption


def _keep_years(turn: Turn, counters: dict[MeasureYear, Layers]) -> None:
    """Write the counters that changed; one that is used no more stays, at zero."""
    for key, stored in sorted(turn.years()):
        now = {**dict.fromkeys(stored, 0), **counters.pop(key, {})}
        if now != stored:
            turn.keep_year(key, now)
    for key, now in sorted(counters.items()):
        turn.keep_year(key, now)


def _count(turn: Turn, burdens: Layers, judged: Judged) -> None:
    """Add what the bill counts for; from an alarm on the person's matters are looked at."""
    for key, amount, alarm in judged.watched.counts:
        total = burdens.get(key, 0) + amount
        burdens[key] = total
        if alarm is not None and total >= alarm:
            turn.look = True


def _place(turn: Turn, bill: Bill) -> None:
    """Note where a new bill is insured: it may tell to which measure an identity without a place belongs."""
    county = _insured_at(bill)
    if county is not None and county not in turn.facts.places and stands(bill):
        turn.facts.places = sorted([*turn.facts.places, county])
        turn.look = turn.look or bool(turn.known.identities)


def _insured_at(bill: Bill) -> str | None:
    """The county of the bill; None of one whose year is closed, since its facts are gone."""
    return bill.said.get("county")


def _key(judged: Judged) -> MeasureYear:
    if judged.measure is None or judged.year is None:
        raise Stop("a verdict uses counters of no measure or year: correct the rulebook or the engine that gave it")
    return judged.measure, judged.year
