"""The order of funds of a decision: the first fund, then the next for the rest; never the split (JY-7.1b)."""

from __future__ import annotations

from collections.abc import Mapping

from workers.policy.case import GroupPlan
from workers.policy.values import Choice
from workers.policy.verbs.context import Context
from workers.policy.verbs_matters import RouteFund

Told = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Funds:
    """Which rule `route_fund` serves a group: the one that names it, else the one that names none."""

    def __init__(self, context: Context) -> None:
        self.general: Told = ((), (), ())
        self.by_layer: list[tuple[frozenset[str], RouteFund]] = []  # where the layers have funds of their own (DT-3.1a)
        self.by_group: dict[str, Told] = {}
        self.rules: dict[str, RouteFund] = {}
        for rule in context.rules("route_fund"):
            if not rule.groups and not set(context.book.layers) <= set(rule.layers):
                self.by_layer.append((frozenset(rule.layers), rule))
            elif not rule.groups:
                self.general = (rule.order, (), ())
            elif rule.serves is None or context.pick(rule.serves) == "all_assistance":
                asked = (rule.serves.question,) if isinstance(rule.serves, Choice) else ()
                self.by_group.update((group, (rule.order, rule.clauses, asked)) for group in rule.groups)
                self.rules.update((group, rule) for group in rule.groups)

    def of(self, group: GroupPlan | None, layers: Mapping[str, int]) -> Told:
        """Order of funds, clauses and questions for a group and the layers that have money."""
        if self.by_layer:
            paid = {layer for layer, amount in layers.items() if amount}
            rules = [rule for names, rule in self.by_layer if names & paid]
            order = tuple(dict.fromkeys(fund for rule in rules for fund in rule.order))
            return order, tuple(dict.fromkeys(clause for rule in rules for clause in rule.clauses)), ()
        return self.general if group is None else self.by_group.get(group.id, self.general)
