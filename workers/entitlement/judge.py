"""What one bill gets, given the counters before it: its life cycle first, then the law, then an officer's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.reasons import Reason
from workers.entitlement.known import bill_facts
from workers.entitlement.law import InForce
from workers.entitlement.rulings import MANUAL, claim_refused
from workers.entitlement.state import Bill, Layers
from workers.policy.matters.situation import Result
from workers.policy.matters.wanted import NOTHING_WATCHED, Watched
from workers.policy.types import BillFacts, PersonFacts, Status, Step, Verdict

REVERSED = "reversed"
DECIDED = "decided"
FIGURES = ("base", "deductible", "own_share", "over_cap", "excluded")
OUTSIDE = frozenset({Reason.BEFORE_IN_FORCE, Reason.AFTER_EXPIRY})
"""Another law holds for the bill: nothing that is found under this one is told of it."""
NO_FIGURES: Layers = dict.fromkeys(FIGURES, 0)

MeasureYear = tuple[str, int]
Used = Callable[[str, int], Layers]
"""Counters (fen) of a measure and year, as the bills before left them."""
NO_COUNTERS: Layers = {}
NO_YEARS: Mapping[int, Mapping[str, int]] = MappingProxyType({})


class Judged(NamedTuple):
    """The result of one bill, ready to be compared with what is stored."""

    status: str
    reason: str
    layers: Layers
    uses: Layers
    figures: Layers
    measure: str | None
    year: int | None
    benefit_date: str
    clauses: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    funding: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    watched: Watched = NOTHING_WATCHED
    reported: tuple[str, ...] = ()  # layers that the platform paid itself
    reports: bool = False  # the measure tells what the platform paid as such a layer
    elsewhere: Mapping[int, Mapping[str, int]] = NO_YEARS  # uses in counters of other years
    looks_ahead: bool = False  # all bills must be looked at together


def judge(
    bill: Bill, person: PersonFacts, in_force: InForce | None, used: Used, read: BillFacts | None = None
) -> Judged:
    """The result of one bill; `used` gives the counters before it. Held, needing a person and reversed use none.

    `read` is `bill_facts(bill.said)`, where somebody has it at hand.
    """
    if bill.reversed_by is not None:
        return _taken_back(bill, Reason.REVERSED, person, in_force)
    if bill.cancelled:
        return _taken_back(bill, Reason.CANCELLED, person, in_force)
    if in_force is None:
        return _held_until_adoption(bill)
    return _by_law(bill, bill_facts(bill.said) if read is None else read, person, in_force, used)


def _by_law(bill: Bill, facts: BillFacts, person: PersonFacts, in_force: InForce, used: Used) -> Judged:
    key = in_force.law.benefit_key(facts, person)
    counters = NO_COUNTERS if key is None else used(*key)
    verdict = in_force.law.decide(facts, person, counters)
    governed = verdict.status is not Status.HELD and verdict.reason not in OUTSIDE
    if governed and facts.channel == MANUAL and person.applications:
        if claim_refused(facts, person):
            return _watching(_refused(verdict, Reason.CLAIM_REFUSED, "claim_refused"), facts, person, in_force)
    if bill.ordered is not None:
        judged = _by_order(bill.ordered, verdict, lambda layers: in_force.law.ordered(facts, person, counters, layers))
        return _watching(judged, facts, person, in_force)
    if verdict.status is not Status.DECIDED:
        return _open(verdict)
    result = Result(str(verdict.reason), verdict.layers, verdict.benefit_date, verdict.year)
    return _decided(verdict, verdict.layers, verdict.uses, in_force.law.watch(facts, person, result))


def _watching(judged: Judged, facts: BillFacts, person: PersonFacts, in_force: InForce) -> Judged:
    """With what the bill counts for and causes by itself, as officers left it."""
    if judged.status != DECIDED or judged.year is None:
        return judged
    result = Result(judged.reason, judged.layers, date.fromisoformat(judged.benefit_date), judged.year)
    return judged._replace(watched=in_force.law.watch(facts, person, result))


def stands(bill: Bill) -> bool:
    """Neither taken back nor found to be fraud: it may share in what several bills get together."""
    return bill.reversed_by is None and not bill.cancelled and not (bill.ordered and "fraud" in bill.ordered)


def add_uses(used: Mapping[str, int], uses: Mapping[str, int]) -> Layers:
    """The counters after a bill."""
    after = dict(used)
    for name, amount in uses.items():
        after[name] = after.get(name, 0) + amount
    return after


def _decided(
    verdict: Verdict, layers: Mapping[str, int], uses: Mapping[str, int], watched: Watched = NOTHING_WATCHED
) -> Judged:
    return Judged(
        "decided",
        str(verdict.reason),
        dict(layers),
        dict(uses),
        {
            "base": verdict.base,
            "deductible": verdict.deductible,
            "own_share": verdict.own_share,
            "over_cap": verdict.over_cap,
            "excluded": verdict.excluded,
        },
        verdict.measure or None,
        verdict.year,
        verdict.benefit_date.isoformat(),
        verdict.clauses,
        verdict.questions,
        verdict.funding,
        verdict.steps,
        watched,
        verdict.reported,
        verdict.reports,
        verdict.elsewhere,
        verdict.looks_ahead,
    )


def _by_order(word: Mapping[str, Any], verdict: Verdict, ordered: Callable[[Layers], Verdict]) -> Judged:
    """What officers ruled of the bill; their amounts stand where the law leaves it to them, or against an objection.

    They keep the limits and fill the counters of the law like any other amount.
    """
    decided = verdict.status is Status.DECIDED
    if "fraud" in word and decided and verdict.reason not in OUTSIDE:
        return _refused(verdict, Reason.FRAUD, "fraud")
    if "layers" in word and (verdict.status is Status.NEEDS_PERSON or (decided and word.get("corrects"))):
        verdict, decided = ordered(word["layers"]), True
    elif word.get("found") and decided:
        verdict = verdict._replace(steps=(*verdict.steps, Step("order", "found", ())))
    return _decided(verdict, verdict.layers, verdict.uses) if decided else _open(verdict)


def _refused(verdict: Verdict, reason: Reason, code: str) -> Judged:
    """Decided with 0.00 on an officer's word; it uses nothing of the caps."""
    judged = _decided(verdict, dict.fromkeys(verdict.layers, 0), {})
    figures = {**NO_FIGURES, "excluded": verdict.base + verdict.excluded}
    steps = (*verdict.steps, Step("order", code, ()))
    return judged._replace(reason=str(reason), figures=figures, steps=steps, funding=())


def _open(verdict: Verdict) -> Judged:
    judged = _decided(verdict, dict.fromkeys(verdict.layers, 0), {})
    return judged._replace(status=verdict.status.value, figures=NO_FIGURES)


def _held_until_adoption(bill: Bill) -> Judged:
    reason = str(Reason.NOT_ADOPTED)
    return Judged("held", reason, {}, {}, NO_FIGURES, None, None, bill.facts["discharged_on"])


def _taken_back(bill: Bill, reason: Reason, person: PersonFacts, in_force: InForce | None) -> Judged:
    """Nothing, of the measure and year it had; a bill that comes after its cancel has those it would have had."""
    benefit_date = bill.benefit_date or bill.facts["discharged_on"]
    layers = dict.fromkeys(bill.layers, 0)
    measure, year = bill.measure, bill.year
    if measure is None and in_force is not None:
        measure, year = in_force.law.benefit_key(bill_facts(bill.said), person) or (None, None)
    return Judged(REVERSED, str(reason), layers, {}, NO_FIGURES, measure, year, benefit_date)
