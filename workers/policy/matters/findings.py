"""What is wrong with the rules about matters beyond their form: names, groups and figures that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workers.policy.loader import Loaded
from workers.policy.problems import Finding
from workers.policy.verbs_matters import AssignRest, Preference, Premium, Refer, Waiver, Warn, Watch

_MATTERS = (Premium, Waiver, Preference, Warn, Refer, AssignRest, Watch)
_NAMES = ("identities", "workers", "more")
_FIGURES = ("figure", "window_figure")
_OF_THE_WINDOW = frozenset({"window_end", "recognition_first"})


def matter_findings(loaded: Loaded) -> Iterator[Finding]:
    """Every name, group and figure that a rule about a matter uses must be declared; a window needs its figure."""
    book = loaded.book
    names = {each.name for group in book.group for each in group.identity}
    groups, figures = {group.id for group in book.group}, {figure.id for figure in book.figure}
    for number, rule in enumerate(book.rule):
        if not isinstance(rule, _MATTERS):
            continue
        at: tuple[str | int, ...] = ("rule", number)
        for part in (rule, *getattr(rule, "shares", ())):
            stated = [name for field in _NAMES for name in getattr(part, field, ()) if isinstance(name, str)]
            if part is not rule:
                stated += part.names
                yield from _unknown(loaded, at, set(part.groups) - groups, "declare it as [[group]]", rule)
            yield from _unknown(loaded, at, set(stated) - names, "declare it among the identities of a group", rule)
            used = {getattr(part, field, None) for field in _FIGURES} - {None}
            yield from _unknown(loaded, at, used - figures, "declare it as [[figure]] with its document", rule)
        if isinstance(rule, Watch) and rule.within is not None and rule.within.unit != "months":
            yield loaded.finding((*at, "within"), f"rule {rule.id}: `within` counts months", "state it in months")
        if isinstance(rule, Premium) and rule.window_figure is None and _chosen(loaded, rule.decides) in _OF_THE_WINDOW:
            message = f"rule {rule.id}: `decides` speaks of a window, but there is no `window_figure`"
            yield loaded.finding((*at, "decides"), message, "name the figure, or let the payment date decide")


def _unknown(loaded: Loaded, at: tuple[str | int, ...], what: set[Any], fix: str, rule: Any) -> Iterator[Finding]:
    if what:
        message = f"rule {rule.id}: {', '.join(sorted(what))} is not in this rulebook"
        yield loaded.finding(at, message, fix, *rule.clauses)


def _chosen(loaded: Loaded, option: Any) -> str:
    named = getattr(option, "question", None)
    if named is None:
        return str(option.value)
    return next((each.chosen for each in loaded.book.question if each.id == named), "")
