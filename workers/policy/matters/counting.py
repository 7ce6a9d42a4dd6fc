"""What a decided bill counts for, over all rules of an instrument: rules that count the same count it once."""

from __future__ import annotations

from collections.abc import Iterable

from workers.policy.matters.own_payment import ACCEPTED, OUTSIDE
from workers.policy.matters.plan import Plan, Yearly
from workers.policy.matters.situation import Result, burden_key
from workers.policy.matters.wanted import Count
from workers.policy.types import BillFacts, PersonFacts


class Counting:
    """The compiled sums. Every bill passes here, with or without an identity: nothing is looked up twice."""

    def __init__(self, measure: str, plans: Iterable[Plan]) -> None:
        kept = list(plans)
        yearly: dict[str, Yearly] = {}
        for each in (plan.yearly for plan in kept if plan.yearly is not None):
            other = yearly.get(each.name, each)
            alarms = [alarm for alarm in (each.alarm, other.alarm) if alarm is not None]
            yearly[each.name] = each._replace(alarm=min(alarms, default=None))
        self.measure = measure
        self.yearly = tuple(yearly.values())
        self.others = tuple(plan.counts for plan in kept if plan.counts is not None)

    def of(self, bill: BillFacts, person: PersonFacts, result: Result) -> list[Count]:
        """One entry for each burden that the bill adds to."""
        found: list[Count] = []
        inside, accepted = result.reason not in OUTSIDE, result.reason in ACCEPTED
        for name, bore, accepted_only, alarm, carried in self.yearly:
            amount = bore(bill, result) if (accepted if accepted_only else inside) else 0
            if amount and carried is not None:
                amount = max(0, amount - carried(bill, person, result))
            if amount:
                found.append(Count(burden_key(result.benefit_date.year, self.measure, name), amount, alarm))
        for counts in self.others:
            found.extend(counts(bill, person, result))
        return found
