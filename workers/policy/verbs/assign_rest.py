"""`assign_rest`: somebody else carries what the person would still pay of a bill; HS-3.2c, HS-F2.2a, HS-A4."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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


Carried = Callable[[BillFacts, PersonFacts, Result], int]
"""What somebody else carries of one decided bill, fen."""


def carried(rule: AssignRest, context: Context) -> Carried:
    """The whole own payment that is left of an accepted bill of somebody whom the rule names; 0 for anybody else."""
    carries, identities = context.pick(rule.carries) == "whole_rest", frozenset(rule.identities)
    bore, holdings = own_payment(context, "including_out_of_scope"), Holdings(context)

    def amount(bill: BillFacts, person: PersonFacts, result: Result) -> int:
        if not carries or result.reason not in ACCEPTED:
            return 0
        if not any(each.name in identities and each.on(result.benefit_date) for each in holdings.of(person)):
            return 0
        beyond = bill.assistance_paid_upstream - sum(result.layers.values())  # the platform has carried that much
        return max(0, bore(bill, result) - max(0, beyond))

    return amount


def plan_assign_rest(rule: AssignRest, context: Context) -> Plan:
    share, measure = carried(rule, context), context.book.measure
    questions = (rule.carries.question,) if isinstance(rule.carries, Choice) else ()

    def grants(bill: BillFacts, person: PersonFacts, result: Result) -> Iterator[Grant]:
        amount = share(bill, person, result)
        if not amount:
            return
        yield Grant(
            key=f"{rule.id}:rest", subject=("rest", bill.region, bill.setl_id), measure=measure, year=result.year,
            benefit_date=result.benefit_date, county=bill.county, status="decided", reason="assisted",
            layers={LAYER: amount}, base=amount, funding=(rule.payer,), clauses=rule.clauses, questions=questions,
            steps=(Step(rule.id, "carried", (amount, amount)),),
        )  # fmt: skip

    return Plan(of_bill=grants)
