"""The order of funds of a decision: the first fund, then the next for the rest; never the split (JY-7.1b)."""

from __future__ import annotations

from workers.policy.case import GroupPlan
from workers.policy.values import Choice
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import RouteFund

Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Funds:
    """Which rule `route_fund` serves a group: the one that names it, else the one that names none."""

    def __init__(self, context: Context) -> None:
        self.general: Told = ((), (), ())
        self.by_group: dict[str, Told] = {}
        self.rules: dict[str, RouteFund] = {}
        for rule in context.rules("route_fund"):
            if not rule.groups:
                self.general = (rule.order, (), ())
            elif rule.serves is None or context.pick(rule.serves) == "all_assistance":
                asked = (rule.serves.question,) if isinstance(rule.serves, Choice) else ()
                self.by_group.update((group, (rule.order, rule.clauses, asked)) for group in rule.groups)
                self.rules.update((group, rule) for group in rule.groups)

    def of(self, group: GroupPlan | None) -> Told:
        """Order of funds, clauses and questions for a group."""
        return self.general if group is None else self.by_group.get(group.id, self.general)
