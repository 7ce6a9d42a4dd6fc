"""What a verb needs of its rulebook while it is compiled: chosen readings, groups, rounding, other rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workers.policy.case import GroupPlan
from workers.policy.county_lists import NO_LISTS, CountyLists
from workers.policy.rounding import Rounding
from workers.policy.values import Choice, OnlyIf, Option, ReadingCite

if TYPE_CHECKING:
    from workers.policy.schema import Rulebook


class Context:
    """Read-only view of one rulebook for the compilers of its verbs."""

    def __init__(self, book: Rulebook, figures: Mapping[str, Any] | None = None, lists: CountyLists = NO_LISTS) -> None:
        self.book = book
        self.lists = lists
        self.figures = dict(figures or {})  # adopted outside figures: fen, Fraction, months, kinds of care
        self.chosen = {question.id: question.chosen for question in book.question}
        self.groups: dict[str, GroupPlan] = {}
        self.rounding: Rounding
        self.shared: dict[str, Any] = {}  # what several rules compile alike, by name

    def pick(self, option: Option) -> str:
        """The reading an option has: what its question chose, or what the text states."""
        return self.chosen[option.question] if isinstance(option, Choice) else option.value

    def holds(self, only_if: OnlyIf | None, otherwise: bool) -> bool:
        """Whether a clause that depends on a reading holds."""
        return otherwise if only_if is None else self.chosen[only_if.question] in only_if.readings

    def figure(self, value: Any) -> Any:
        """A cited figure, or None where it exists only under a reading that was not chosen."""
        if value is None:
            return None
        cite = value.cite
        if isinstance(cite, ReadingCite) and cite.reading not in (None, self.chosen[cite.question]):
            return None
        return value.value

    def rules(self, verb: str) -> list[Any]:
        """All rules of one verb, in file order."""
        return [rule for rule in self.book.rule if rule.do == verb]
