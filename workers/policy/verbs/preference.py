"""`preference`: data for the major-illness insurer, and `announce`: who joins and leaves; QN-2.1a, LZ-12c, QN-1.1d."""

from __future__ import annotations

from collections.abc import Iterator

from workers.policy.figures import shown
from workers.policy.matters.holding import Held, Holdings, Interval, common, joined, open_end, own_name
from workers.policy.matters.places import Places, validity
from workers.policy.matters.plan import Plan
from workers.policy.matters.situation import Situation
from workers.policy.matters.wanted import Details, Flag
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import Announce, Preference, Premium


def plan_preference(rule: Preference, context: Context) -> Plan:
    """One flag for each unbroken time in which a person is both in the groups and insured here."""
    holdings, places, valid = Holdings(context), Places(context), validity(context)
    mode = "resident_only" if rule.by_insurance is None else context.pick(rule.by_insurance)
    measure, residents = context.book.measure, frozenset(rule.insutypes)
    rate = shown("ratio", str(rule.rate_raise.value))
    details: Details = {
        "deductible_cut": shown("ratio", str(rule.deductible_cut.value)),
        f"rate_{context.pick(rule.raise_by)}": rate,
        "ceiling_removed": rule.ceiling_removed,
    }

    def serves(held: Held) -> bool:
        if not held.belongs:
            return False
        if held.name in rule.workers and mode == "never":
            return False
        return held.name in rule.identities if rule.identities else held.group in rule.groups

    def days(situation: Situation) -> Iterator[tuple[Interval, str]]:
        held = [each for each in holdings.of(situation.person) if serves(each)]
        every = frozenset({"310", "390", *rule.insutypes})
        for worker, insutypes in ((False, residents), (True, every if mode == "every_insurance" else residents)):
            mine = joined(Interval(each.first, each.last) for each in held if (each.name in rule.workers) is worker)
            for insured, county in places.insured(situation, insutypes) if mine else ():
                yield from ((each, county) for each in common(common(mine, [insured]), [valid]))

    def wanted(situation: Situation) -> Iterator[Flag]:
        if not situation.person.identities:
            return
        found = list(days(situation))
        for interval in joined(each for each, _ in found):
            county = next(county for each, county in found if each.first <= interval.first <= each.last)
            yield Flag(
                key=f"{rule.id}:{measure}:{interval.first.isoformat()}", kind="insurer_preference", measure=measure,
                county=county, first_day=interval.first, last_day=open_end(interval.last), clauses=rule.clauses,
                details=details,
            )  # fmt: skip

    return Plan(of_person=wanted)


def plan_announce(rule: Announce, context: Context) -> Plan:
    """A flag for each identity of the measure, those that only a premium rule names included."""
    premiums: list[Premium] = context.rules("premium")
    named = [each for premium in premiums for share in premium.shares for each in share.identity]
    extra = {name: each.name for each in named for name in (each.name, *each.aliases)}
    holdings, places, measure = Holdings(context, extra=extra), Places(context), context.book.measure

    def wanted(situation: Situation) -> Iterator[Flag]:
        for each in holdings.of(situation.person):
            county = places.of(each.identity, situation)
            if county is not None:
                yield Flag(
                    key=f"{rule.id}:{measure}:{own_name(each.identity)}", kind="tax_list",
                    measure=measure, county=county or None, first_day=each.first, last_day=open_end(each.last),
                    clauses=rule.clauses, details={"group": each.group or "no_group", "identity": each.name},
                )  # fmt: skip

    return Plan(of_person=wanted)
