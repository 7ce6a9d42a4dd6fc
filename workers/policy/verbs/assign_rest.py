"""`assign_rest`: somebody else carries what the person would still pay of a bill; HS-3.2c, HS-F2.2a, HS-A4."""

from __future__ import annotations

from collections.abc import Iterator

from workers.policy.matters.holding import Holdings
from workers.policy.matters.own_payment import ACCEPTED, own_payment
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import Result
from workers.policy.matters.wanted import Grant
from workers.policy.say import Say, Says
from workers.policy.types import BillFacts, PersonFacts, Step
from workers.policy.values import Choice
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import AssignRest

LAYER = "rest"


def rest_says(rule: AssignRest, context: Context) -> Says:
    text = f"{rule.name}：医疗救助以后个人仍应负担{{个人负担}}元，由{rule.payer_name}承担{{承担}}元。"
    return {"carried": Say(text, ("个人负担", "承担"), ("fen", "fen"), outputs=1, options=("carries",))}


def plan_assign_rest(rule: AssignRest, context: Context) -> Plan:
    carries = context.pick(rule.carries) == "whole_rest"
    bore, holdings = own_payment(context, "including_out_of_scope"), Holdings(context)
    measure = context.book.measure
    questions = (rule.carries.question,) if isinstance(rule.carries, Choice) else ()

    def grants(bill: BillFacts, person: PersonFacts, result: Result) -> Iterator[Grant]:
        held = (each.name for each in holdings.of(person) if each.on(result.benefit_date))
        beyond = bill.assistance_paid_upstream - sum(result.layers.values())  # the platform has carried that much
        amount = max(0, bore(bill, result) - max(0, beyond))
        if not carries or not amount or result.reason not in ACCEPTED or not set(rule.identities) & set(held):
            return
        yield Grant(
            key=f"{rule.id}:rest", subject=("rest", bill.region, bill.setl_id), measure=measure, year=result.year,
            benefit_date=result.benefit_date, county=bill.county, status="decided", reason="assisted",
            layers={LAYER: amount}, base=amount, funding=(rule.payer,), clauses=rule.clauses, questions=questions,
            steps=(Step(rule.id, "carried", (amount, amount)),),
        )  # fmt: skip

    return Plan(of_bill=grants)
