"""Steps of the rulebook in full: numbers by their names, the sentence, the citations, the clauses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workers.policy.checks import resolve
from workers.policy.figures import shown
from workers.policy.instrument import FIGURES, Instrument
from workers.policy.loader import walk
from workers.policy.trace.decided import Decided
from workers.policy.trace.told import Citation, FullStep
from workers.policy.types import Step
from workers.policy.values import LiteralCite, ReadingCite, ReferenceCite

LAYERS = {"premium": "premium"}
"""Layer of verbs that pay one of their own."""


def full_step(instrument: Instrument, number: int, step: Step, found: Decided) -> FullStep:
    """A step of a rule, as number `number` of the trace."""
    told, rule = instrument.say(step.step, step.code), instrument.rules[step.step]
    group = group_of(instrument, found)
    values: dict[str, str] = {}
    if rule.do == "choose_identity" and group is not None:
        identity = group.identity[int(step.numbers[0])]
        values = {"身份": identity.name, "类别": group.name}
    elif told.names:
        values = {name: shown(kind, raw) for name, kind, raw in zip(told.names, told.kinds, step.numbers, strict=True)}
    names = list(values)
    inputs = names[: len(names) - told.outputs]
    return FullStep(
        number, rule.id, rule.name, rule.do, step.code,
        {name: values[name] for name in inputs},
        {name: values[name] for name in names[len(inputs) :]},
        told.text.format_map(values),
        tuple(_citations(instrument, rule, step, group, _pool(instrument, found))),
        _clauses(instrument, rule, step, group),
        getattr(rule, "layer", LAYERS.get(rule.do, "")) if told.outputs else "",
    )  # fmt: skip


def _clauses(instrument: Instrument, rule: Any, step: Step, group: Any) -> tuple[str, ...]:
    if rule.do != "choose_identity" or group is None:
        return tuple(rule.clauses)
    modifier = _modifier(instrument, step.code)
    extra = modifier.clauses if modifier is not None else ()
    return (*group.identity[int(step.numbers[0])].clauses, *rule.clauses, *extra)


def _citations(instrument: Instrument, rule: Any, step: Step, group: Any, pool: str) -> Iterator[Citation]:
    """The citations of the step, most telling first, each once."""
    nodes: list[Any] = []
    if rule.do == "choose_identity" and group is not None:
        nodes = [group.identity[int(step.numbers[0])], _modifier(instrument, step.code)]
    elif group is not None and rule.do in FIGURES:
        nodes = [getattr(instrument.figures_of(group.id, pool), FIGURES[rule.do])]
    cites = [cite for node in nodes if node is not None for cite in _cites(node)]
    for _, node in walk(rule):
        cites.extend(cite for cite in _cites(node) if cite not in cites)
    seen: set[Citation] = set()
    for cite in cites:
        told = _citation(instrument, cite)
        if told not in seen:
            seen.add(told)
            yield told


def _cites(node: Any) -> tuple[Any, ...]:
    cite = getattr(node, "cite", ())
    return cite if isinstance(cite, tuple) else (cite,)


def _citation(instrument: Instrument, cite: LiteralCite | ReferenceCite | ReadingCite) -> Citation:
    doc_no = instrument.book.instrument.doc_no
    if isinstance(cite, ReferenceCite):
        return _citation(instrument, resolve(instrument.book, cite.to).cite)
    if isinstance(cite, ReadingCite):
        return Citation(doc_no, "", "", cite.question)
    return Citation(doc_no, cite.article, cite.quote)


def _modifier(instrument: Instrument, code: str) -> Any:
    return next(iter(instrument.modifiers(code)), None)


def _pool(instrument: Instrument, found: Decided) -> str:
    """The pool of figures that the decision used, empty where the group has none."""
    step = next((step for step in found.steps if instrument.rules[step.step].do == "choose_pool"), None)
    return "" if step is None else step.code.partition(".")[0]


def group_of(instrument: Instrument, found: Decided) -> Any:
    """The group whose standards the decision used, or None."""
    chooser = instrument.chooser.rule.id
    code = next((step.code for step in found.steps if step.step == chooser), "").partition(".")[0]
    return next((group for group in instrument.book.group if group.id == code), None)


def validity_step(instrument: Instrument, found: Decided) -> FullStep:
    """The one step of a bill from before the first or after the last day of the instrument."""
    table = instrument.book.instrument
    began = found.reason == "before_in_force"
    value = table.in_force if began or table.last_day is None else table.last_day
    inputs = {"费用日期": found.day.isoformat(), "施行日期" if began else "有效期届满日": value.value.isoformat()}
    sentence = "，".join(f"{name}{text}" for name, text in inputs.items()) + "，不适用本办法。"
    cites = tuple(_citation(instrument, cite) for cite in _cites(value))
    return FullStep(1, "validity", "施行日期", "in_force", found.reason, inputs, {}, sentence, cites, table.clauses)
