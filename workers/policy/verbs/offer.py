"""`offer_group`, `extract`: what the workers can do for an application that people decide; QN-1.3e, QN-4.2c, QN-N1."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from workers.policy.dates import months_before
from workers.policy.matters.holding import Holdings
from workers.policy.matters.own_payment import own_payment
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import Result, Situation, burden_key
from workers.policy.matters.wanted import Count, Details, Flag, Matter, Offer
from workers.policy.types import Application, BillFacts, PersonFacts
from workers.policy.verbs.conditions import compile_all
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import Extract, OfferGroup

_UNCOVERED = frozenset({"no_identity", "identity_ended"})


def plan_offer(rule: OfferGroup, context: Context) -> Plan:
    """A task a year as long as a bill stands that no identity covers."""
    measure, bore = context.book.measure, own_payment(context, "in_scope_after_all")
    test, name = compile_all(rule.when), f"{rule.id}_own_payment"

    def counts(bill: BillFacts, person: PersonFacts, result: Result) -> Iterator[Count]:
        if bill.insured and result.reason in _UNCOVERED and bill.insutype in rule.insutypes and test(bill):
            yield Count(burden_key(result.benefit_date.year, measure, name), bore(bill, result), 0)

    def wanted(situation: Situation) -> Iterator[Matter]:
        for key in situation.burdens:
            year, _, rest = key.partition("|")
            if rest == f"{measure}|{name}":
                details: Details = {"offer": rule.group, "year": int(year), "measure": measure}
                yield Offer(key=f"{rule.id}:{measure}:{year}", kind="offer", details=details)

    return Plan(of_person=wanted, counts=counts)


def plan_extract(rule: Extract, context: Context) -> Plan:
    """The sum as a flag that follows the bills, and a task for the means test until people have decided."""
    measure, bore, holdings = context.book.measure, own_payment(context, "in_scope_after_all"), Holdings(context)
    counties = frozenset(context.book.place.counties)
    names = {each.name for group in context.book.group if group.id == rule.group for each in group.identity}

    def serves(application: Application) -> bool:
        fits = application.identity is None or application.identity in names
        here = application.county is None or application.county in counties
        return application.kind == rule.application and not application.withdrawn and fits and here

    def first_day(application: Application) -> date:
        return months_before(application.applied_on, rule.reach.value)

    def key(application: Application) -> str:
        return f"{rule.id}|{measure}|{application.application_id}"

    def counts(bill: BillFacts, person: PersonFacts, result: Result) -> Iterator[Count]:
        for application in person.applications:
            if serves(application) and first_day(application) <= bill.settled_on <= application.applied_on:
                yield Count(key(application), bore(bill, result), 0)

    def wanted(situation: Situation) -> Iterator[Matter]:
        for application in situation.person.applications:
            amount = situation.burdens.get(key(application), 0)
            if not serves(application) or not (amount or application.county):
                continue  # one that names no place is known as ours by its bills
            name = f"{rule.id}:{measure}:{application.application_id}"
            yield Flag(
                key=name, kind="payment_extract", measure=measure, county=application.county,
                first_day=first_day(application), last_day=application.applied_on, amount=amount,
                clauses=rule.clauses, details={"application": application.application_id},
            )  # fmt: skip
            recognised = any(
                each.group == rule.group and application.applied_on <= each.first
                for each in holdings.of(situation.person)
            )
            if application.rejected_on is None and not recognised:
                yield Offer(key=name, kind="means_test", details={"application": application.application_id})

    return Plan(of_person=wanted, counts=counts)
