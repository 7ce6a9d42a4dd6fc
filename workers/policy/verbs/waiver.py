"""`waiver`: deposit, prepayment or fee waived; QN-4.3b, JY-6c, LZ-21a, DT-3.5a–b; readings QN-A17, QN-A21."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workers.policy.matters.holding import Holdings, Interval, common, joined, open_end
from workers.policy.matters.places import Places, validity
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import Admission, Situation
from workers.policy.matters.wanted import Flag
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import AdmissionCondition, Waiver

KINDS = {"deposit": "deposit_waiver", "prepayment": "treat_first", "family_doctor_fee": "family_doctor"}


def plan_waiver(rule: Waiver, context: Context) -> Plan:
    return Plan(of_person=_fee(rule, context) if rule.waives == "family_doctor_fee" else _stay(rule, context))


def _names(rule: Waiver, context: Context) -> frozenset[str]:
    return frozenset((*rule.identities, *(rule.more if context.holds(rule.more_if, False) else ())))


def _stay(rule: Waiver, context: Context) -> Callable[[Situation], Iterator[Flag]]:
    lives_on = rule.lives_on is not None and context.pick(rule.lives_on) == "everything"
    holdings, places, valid = Holdings(context, lives_on=lives_on), Places(context), validity(context)
    names, measure = _names(rule, context), context.book.measure

    def wanted(situation: Situation) -> Iterator[Flag]:
        for stay in situation.recorded.admissions:
            fits = stay.county in places.counties and valid.first <= stay.admitted_on <= valid.last
            if not fits or not all(_holds(each, stay) for each in rule.when):
                continue
            held = (each.name for each in holdings.of(situation.person) if each.on(stay.admitted_on) and each.belongs)
            if names and not names & set(held):
                continue
            yield Flag(
                key=f"{rule.id}:{stay.region}:{stay.admission_id}", kind=KINDS[rule.waives], measure=measure,
                county=stay.county, first_day=stay.admitted_on, last_day=stay.discharged_on,
                admission_id=stay.admission_id, clauses=rule.clauses,
            )  # fmt: skip

    return wanted


def _holds(condition: AdmissionCondition, stay: Admission) -> bool:
    value = getattr(stay, condition.fact)
    return value in condition.one_of if condition.one_of else value not in condition.is_not


def _fee(rule: Waiver, context: Context) -> Callable[[Situation], Iterator[Flag]]:
    """While an identity lasts, inside the validity of the instrument."""
    holdings, places, valid = Holdings(context), Places(context), validity(context)
    names, measure = _names(rule, context), context.book.measure

    def wanted(situation: Situation) -> Iterator[Flag]:
        held = [
            (Interval(each.first, each.last), county)
            for each in holdings.of(situation.person)
            if each.belongs and each.name in names
            for county in (places.of(each.identity, situation),)
            if county is not None
        ]
        for days in common(joined(each for each, _ in held), [valid]):
            county = next(county for each, county in held if each.first <= days.last and days.first <= each.last)
            yield Flag(
                key=f"{rule.id}:{measure}:{days.first.isoformat()}", kind=KINDS[rule.waives], measure=measure,
                county=county or None, first_day=days.first, last_day=open_end(days.last), clauses=rule.clauses,
            )  # fmt: skip

    return wanted
