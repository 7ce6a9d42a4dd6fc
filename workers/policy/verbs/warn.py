"""`warn` and `refer`: alerts above a threshold of what a person bore; QN-2.2a–b, e, LZ-16, HS-3.4b.

Readings QN-A15, A22, LZ-A4, A6, A18, A19, HS-A5. A threshold that another document states and that is not adopted: no
alert yet (X-A9); what is counted is counted all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from workers.policy.matters.holding import Holdings, Interval, common
from workers.policy.matters.own_payment import ACCEPTED, OUTSIDE, own_payment
from workers.policy.matters.plan import Plan, Yearly
from workers.policy.matters.situation import Result, Situation
from workers.policy.matters.wanted import Alert
from workers.policy.types import BillFacts, PersonFacts
from workers.policy.verbs.applicants import KINDS as APPLICATIONS
from workers.policy.verbs.assign_rest import carried
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import Refer, Warn


def plan_warn(rule: Warn, context: Context) -> Plan:
    return _yearly(rule, context, rule.kind) if rule.over == "year" else _single(rule, context)


def plan_refer(rule: Refer, context: Context) -> Plan:
    return _yearly(rule, context, "referral")


def _threshold(rule: Warn | Refer, context: Context) -> int | None:
    """The threshold in fen, None while its document is not adopted."""
    figure: int | None = context.figures.get(rule.figure) if rule.figure is not None else None
    return rule.threshold.value if rule.threshold is not None else figure


def _exceeds(edge: str, threshold: int) -> Callable[[int], bool]:
    return (lambda amount: amount > threshold) if edge == "above" else (lambda amount: amount >= threshold)


def _yearly(rule: Warn | Refer, context: Context, kind: str) -> Plan:
    holdings, measure = Holdings(context), context.book.measure
    name = context.pick(rule.burden)
    bore, threshold = own_payment(context, name), _threshold(rule, context)
    accepted_only = rule.fed_by is not None and context.pick(rule.fed_by) == "accepted_only"
    if accepted_only:
        name = f"{name}_accepted"
    with_identity = isinstance(rule, Refer) or rule.who == "with_identity"
    details = {"to": ",".join(rule.to)} if isinstance(rule, Refer) else {}

    def wanted(situation: Situation) -> Iterator[Alert]:
        if threshold is None:
            return
        for key, amount in situation.burdens.items():
            year, _, rest = key.partition("|")
            if rest != f"{measure}|{name}" or not _exceeds(rule.edge, threshold)(amount):
                continue
            if _in_year(holdings, situation.person, int(year)) is with_identity:
                yield Alert(
                    key=f"{rule.id}:{year}:{threshold}", kind=kind, measure=measure, year=int(year), amount=amount,
                    threshold=threshold, clauses=rule.clauses, details=details,
                )  # fmt: skip

    rest = context.rules("assign_rest")  # what another payer bears is no burden of the person (HS-A4)
    return Plan(
        of_person=wanted,
        yearly=Yearly(name, bore, accepted_only, threshold, carried(rest[0], context) if rest else None),
    )


def _in_year(holdings: Holdings, person: PersonFacts, year: int) -> bool:
    """Whether the person holds an identity of the measure on some day of the year."""
    whole = Interval(date(year, 1, 1), date(year, 12, 31))
    return any(common([Interval(each.first, each.last)], [whole]) for each in holdings.of(person))


def _single(rule: Warn, context: Context) -> Plan:
    holdings, measure = Holdings(context), context.book.measure
    bore, threshold = own_payment(context, context.pick(rule.burden)), _threshold(rule, context)
    designated = rule.institutions is not None and context.pick(rule.institutions) == "designated_only"
    retro = rule.recognised is not None and context.pick(rule.recognised) == "retro_counts"

    def watched(bill: BillFacts, person: PersonFacts, result: Result) -> bool:
        held = [each for each in holdings.of(person) if each.on(result.benefit_date)]
        if retro and result.reason in ACCEPTED and any(each.kind in APPLICATIONS for each in person.applications):
            held += [each for each in holdings.of(person) if result.benefit_date < each.first]
        if rule.who == "listed":
            return any(each.name in rule.identities for each in held)
        if rule.who == "with_identity":
            return bool(held)
        return not held and (rule.who == "without_identity" or person.rural is True)

    def alerts(bill: BillFacts, person: PersonFacts, result: Result) -> Iterator[Alert]:
        if threshold is None or bill.care_type != "inpatient" or result.reason in OUTSIDE or not bill.insured:
            return
        amount = bore(bill, result)
        if not _exceeds(rule.edge, threshold)(amount) or (designated and bill.designated is not True):
            return
        if watched(bill, person, result):
            yield Alert(
                key=f"{rule.id}:{threshold}", kind=rule.kind, measure=measure, year=result.benefit_date.year,
                county=bill.county, bill=(bill.region, bill.setl_id), amount=amount, threshold=threshold,
                clauses=rule.clauses,
            )  # fmt: skip

    return Plan(of_bill=alerts)
