"""From the result of a bill to its decision: emitted only when what it states changed (amounts, status, year …)."""

from __future__ import annotations

from collections.abc import Mapping

from workers.entitlement.judge import DECIDED as IS_DECIDED
from workers.entitlement.judge import OUTSIDE, REVERSED, Judged
from workers.entitlement.outcome import NO_AMOUNTS, Decision, Posting
from workers.entitlement.postings import NOTHING_TOLD, Why, misplaced, payable, post
from workers.entitlement.recoveries import follow
from workers.entitlement.shadow import fix_mode, follow_shadow, watched, would_pay
from workers.entitlement.shadow import step_of as shadow_step
from workers.entitlement.state import Bill, Layers, bill_name
from workers.entitlement.turn import DECIDED, Turn
from workers.entitlement.upstream import Covered, covered, follow_upstream, step_of
from workers.errors import Stop
from workers.policy.types import Step

NEEDS_PERSON = "needs_person"


def apply(turn: Turn, bill: Bill, judged: Judged, why: Why = Why.LAW_OR_FACTS) -> bool:
    """Bring the bill to its result, with decision, postings and task; True where its state has changed."""
    layers = {**dict.fromkeys(bill.layers, 0), **judged.layers}
    if judged.measure is None:  # no measure governs it any more: what it had is given back under the one it had
        judged = judged._replace(measure=bill.measure, year=bill.year)
    fix_mode(turn, bill, judged)
    cover, upstream_before, unpaid_before = covered(bill, judged, layers), bill.upstream, would_pay(bill)
    decided, taken_back = judged.status == IS_DECIDED, judged.status == REVERSED
    unpaid = _rest(layers, cover.layers) if bill.shadow and decided else NO_AMOUNTS
    unpaid_now = sum(unpaid.values()) if unpaid else 0
    news = layers != bill.layers or _stated(judged) != _stated(bill) or cover.told != bill.upstream
    news = news or unpaid_now != unpaid_before or misplaced(bill)
    if not news and judged.uses == bill.uses and list(judged.clauses) == bill.clauses:
        return False
    delta = {layer: amount - bill.layers.get(layer, 0) for layer, amount in layers.items()}
    told = NOTHING_TOLD
    if cover.told or unpaid:
        judged = judged._replace(steps=judged.steps + _engine_steps(judged, cover, layers, unpaid_now))
        told = {"upstream": cover.layers, "shadow": unpaid}
    postings = post(bill, layers, taken_back=taken_back, decided=decided, why=why, told=told)
    _check(judged, layers, delta, postings)
    status_before = bill.status
    _store(bill, judged, layers)
    bill.upstream = cover.told
    if news and _measured(judged) and (bill.decision is not None or decided or taken_back):
        _emit(turn, bill, judged, delta, postings)
    elif postings:
        raise Stop("money was posted without a decision: a defect of workers.entitlement.decide")
    if status_before != bill.status:
        _task(turn, bill, status_before)
    if "recovery" in bill.paid:
        follow(turn, bill)
    if watched(turn, bill):
        follow_upstream(turn, bill, upstream_before)
    follow_shadow(turn, bill, unpaid_before)
    return True


def _engine_steps(judged: Judged, cover: Covered, layers: Layers, unpaid: int) -> tuple[Step, ...]:
    """What the engine says beside the rulebook: what the platform paid, and that a region in shadow pays nothing."""
    steps: tuple[Step, ...] = ()
    if cover.told and judged.status == IS_DECIDED and not judged.reports and judged.reason not in OUTSIDE:
        steps = step_of(cover.told, layers)
    return (*steps, shadow_step(unpaid)) if unpaid else steps


def _rest(layers: Layers, paid: Mapping[str, int]) -> Layers:
    return {layer: amount - paid.get(layer, 0) for layer, amount in layers.items()}


def _measured(judged: Judged) -> bool:
    """A decision belongs to a measure: a bill that never had one (held since before any adoption) gets none."""
    return judged.measure is not None and judged.year is not None


def _stated(of: Judged | Bill) -> tuple[object, ...]:
    """What a decision states besides its layers: the last decision of a bill is true in all of it."""
    return of.status, of.reason, of.figures, of.measure, of.year, of.benefit_date


def _store(bill: Bill, judged: Judged, layers: Layers) -> None:
    bill.status, bill.reason, bill.layers = judged.status, judged.reason, layers
    bill.uses, bill.figures, bill.clauses = judged.uses, judged.figures, list(judged.clauses)
    bill.measure, bill.year, bill.benefit_date = judged.measure, judged.year, judged.benefit_date


def _check(judged: Judged, layers: Layers, delta: Layers, postings: tuple[Posting, ...]) -> None:
    """What must hold whatever the law says; a breach stops the partition before anything is committed."""
    posted = sum([posting.amount for posting in postings]) if postings else 0
    if posted != sum(delta.values()):
        raise Stop("the postings of a decision do not sum to its difference: a defect of workers.entitlement.postings")
    if min(layers.values(), default=0) < 0:
        raise Stop("a decision grants a negative amount: correct the rulebook or the engine that gave it")
    if judged.status == "decided" and not _measured(judged):
        raise Stop("a verdict decides under no measure or year: correct the rulebook or the engine that gave it")
    figures = judged.figures
    parts = sum(layers.values()) + figures["deductible"] + figures["own_share"] + figures["over_cap"]
    if judged.status == "decided" and figures["base"] != parts:
        raise Stop("base is not the sum of layers, deductible, own share and over cap: correct the rulebook or engine")


def _emit(turn: Turn, bill: Bill, judged: Judged, delta: Layers, postings: tuple[Posting, ...]) -> None:
    decision_id, sequence = turn.next_id(DECIDED)
    turn.outcome.decisions.append(
        Decision(
            decision_id=decision_id,
            sequence=sequence,
            supersedes=None if bill.decision is None else bill.decision["id"],
            bill=bill.key,
            measure=judged.measure,
            year=judged.year,
            benefit_date=judged.benefit_date,
            county=bill.said["county"],
            status=judged.status,
            reason=judged.reason,
            layers=bill.layers,
            delta=delta,
            figures=judged.figures,
            postings=postings,
            funding=judged.funding,
            clauses=judged.clauses,
            questions=judged.questions,
            steps=judged.steps,
            upstream=bill.upstream,
            payable=payable(bill),
            shadow=bool(bill.shadow),
        )
    )
    bill.decision = {"id": decision_id, "sequence": sequence}


def _task(turn: Turn, bill: Bill, status_before: str) -> None:
    """A bill that needs a person has an open task as long as it does."""
    subject = bill_name(bill.key)
    if bill.status == NEEDS_PERSON:
        facts = {"reason": bill.reason, "clauses": ",".join(bill.clauses)[:128], "digest": bill.digest}
        turn.open_task(NEEDS_PERSON, subject, bill.key, facts)
    elif status_before == NEEDS_PERSON:
        own = turn.order is not None and (turn.order.region, turn.order.setl_id) == bill.key
        turn.close_task(NEEDS_PERSON, subject, "order" if own and bill.status == "decided" else "cause_gone")
