"""Rates that another document lowers step by step: LZ-14.1f, LZ-A8; until it is adopted the rate of the text holds."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from workers.policy.case import GroupPlan
from workers.policy.verbs.context import Context
from workers.policy.verbs_amounts import SingleRate


class Phases:
    """Identities whose rate changes on dates that were adopted; empty where there is none."""

    def __init__(self, context: Context) -> None:
        self.steps: dict[tuple[str, int], tuple[tuple[date, GroupPlan], ...]] = {}
        rules: list[SingleRate] = context.rules("single_rate")
        dated = context.figures.get(rules[0].phase_out_figure or "", {}) if rules else {}
        for group in context.book.group if dated else ():
            for position, identity in enumerate(group.identity):
                if identity.name in rules[0].phase_out_identities:
                    steps = ((day, lowered(context.groups[group.id], rate, context)) for day, rate in dated.items())
                    self.steps[group.id, position] = tuple(sorted(steps, key=lambda step: step[0]))

    def at(self, group: GroupPlan, position: int, day: date) -> GroupPlan:
        """The group of an identity with its rate of that day."""
        if not self.steps:
            return group
        found = group
        for first, plan in self.steps.get((group.id, position), ()):
            if first <= day:
                found = plan
        return found


def lowered(plan: GroupPlan, rate: Fraction, context: Context) -> GroupPlan:
    """The group at another rate, behind every group that has a higher one (LZ-A11)."""
    numerator, denominator = rate.numerator, rate.denominator
    row = (numerator, denominator, f"{numerator}/{denominator}", "phased")
    higher = [
        other.rank + 1
        for other in context.groups.values()
        if other.rates[0][0] * denominator > numerator * other.rates[0][1]
    ]
    return plan._replace(rates=(row,) * 4, rank=max([plan.rank, *higher]))
