"""The proofs of a rulebook: quotes stand in the instrument, numbers in the quotes, references and questions resolve."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from schemas.money import text_of
from workers.policy.figures import shown
from workers.policy.lines import Path
from workers.policy.loader import Loaded, walk
from workers.policy.names import IdentityName
from workers.policy.numbers import counts_in, dates_in, money_in, normal, rates_in
from workers.policy.problems import Finding
from workers.policy.schema import Question
from workers.policy.values import (
    Band,
    Choice,
    CountValue,
    DateValue,
    Executable,
    LiteralCite,
    Model,
    MoneyValue,
    OnlyIf,
    RateValue,
    ReadingCite,
    ReferenceCite,
    YearValue,
)

Value = RateValue | MoneyValue | CountValue | DateValue | YearValue | Band


def check(loaded: Loaded) -> list[Finding]:
    """Everything that is wrong with the citations, references, questions and groups of one rulebook."""
    findings: list[Finding] = []
    for path, node in walk(loaded.book):
        findings.extend(_cites(loaded, path, node))
        findings.extend(_options(loaded, path, node))
    findings.extend(_questions(loaded))
    findings.extend(_groups(loaded))
    findings.extend(_rules(loaded))
    return findings


# --- citations -------------------------------------------------------------------------------------------------------
def _cites(loaded: Loaded, path: Path, node: Model) -> Iterator[Finding]:
    cite = getattr(node, "cite", None)
    for one in cite if isinstance(cite, tuple) else (cite,):
        if isinstance(one, LiteralCite):
            yield from _literal(loaded, path, node, one)
        elif isinstance(one, ReferenceCite):
            yield from _reference(loaded, path, node, one)
        elif isinstance(one, ReadingCite):
            yield from _reading(loaded, path, one)


def _literal(loaded: Loaded, path: Path, node: Model, cite: LiteralCite) -> Iterator[Finding]:
    place = (*path, "cite")
    article = loaded.articles.get(cite.article)
    if article is None:
        yield loaded.finding(
            place, f"article {cite.article} is not declared", "declare it as [[article]]", cite.article
        )
        return
    quote = normal(cite.quote)
    if quote not in article:
        elsewhere = [no for no, text in loaded.articles.items() if quote in text]
        fix = (
            f"the words stand in {', '.join(elsewhere)}" if elsewhere else "copy the words exactly from the instrument"
        )
        message = f"the quote does not stand in the article: “{cite.quote}”"
        yield loaded.finding(place, message, fix, cite.article, *elsewhere)
    elif isinstance(node, Value) and not _number_in(node, quote):
        fix = "quote the words that state the figure, or correct the figure"
        message = f"the figure does not stand in the quote: {told(node)} is not in “{cite.quote}”"
        yield loaded.finding(place, message, fix, cite.article)
    elif isinstance(node, IdentityName) and normal(node.name) not in quote:
        fix = "quote the words that name the identity, or correct the name"
        message = f"the identity does not stand in the quote: {node.name} is not in “{cite.quote}”"
        yield loaded.finding(place, message, fix, cite.article)


def _number_in(node: Value, quote: str) -> bool:
    if isinstance(node, RateValue):
        return node.value in rates_in(quote)
    if isinstance(node, MoneyValue):
        return Fraction(node.value) in money_in(quote)
    if isinstance(node, CountValue):
        return Fraction(node.value) in counts_in(quote, node.unit)
    if isinstance(node, YearValue):
        return f"{node.value}年" in quote
    if isinstance(node, Band):
        amounts = {Fraction(each) for each in (node.from_amount, node.amount) if each is not None}
        return amounts <= money_in(quote) and (node.rate is None or node.rate in rates_in(quote))
    return node.value in dates_in(quote)


def told(node: Any) -> str:
    """A cited value as a clerk writes it: 65%, 1500.00元, 12 months, 2023-01-01."""
    if isinstance(node, RateValue):
        return shown("ratio", f"{node.value.numerator}/{node.value.denominator}")
    if isinstance(node, MoneyValue):
        return f"{text_of(node.value)}元"
    if isinstance(node, Band):
        rate = "" if node.rate is None else f" {shown('ratio', f'{node.rate.numerator}/{node.rate.denominator}')}"
        amounts = [text_of(each) for each in (node.from_amount, node.amount) if each is not None]
        return f"{'元 '.join(amounts)}元{rate}"
    return f"{node.value} {node.unit}" if isinstance(node, CountValue) else str(node.value)


def _reference(loaded: Loaded, path: Path, node: Model, cite: ReferenceCite) -> Iterator[Finding]:
    target = resolve(loaded.book, cite.to)
    if target is None or not hasattr(target, "value"):
        fix = "point to a figure of this rulebook, such as group.class_3.cap"
        yield loaded.finding((*path, "cite"), f"{cite.to} is not a figure of this rulebook", fix, cite.to)
    elif getattr(node, "value", None) != target.value:
        fix = "give both the same value, or cite the words that make them differ"
        message = f"the figure {told(node)} differs from {cite.to}, which it cites and which is {told(target)}"
        yield loaded.finding((*path, "cite"), message, fix, cite.to)


def resolve(root: Model, dotted: str) -> Any:
    """The model at a path such as `group.class_3.cap`; tables of a list are named by their id."""
    node: Any = root
    for part in dotted.split("."):
        if isinstance(node, tuple):
            node = next((item for item in node if getattr(item, "id", None) == part), None)
        else:
            node = getattr(node, part, None)
    return node


# --- questions -------------------------------------------------------------------------------------------------------
def _question(loaded: Loaded, question_id: str) -> Question | None:
    return next((question for question in loaded.book.question if question.id == question_id), None)


def _reading(loaded: Loaded, path: Path, cite: ReadingCite) -> Iterator[Finding]:
    question = _question(loaded, cite.question)
    if question is None:
        fix = "add the [[question]] or correct its id"
        yield loaded.finding((*path, "cite"), f"question {cite.question} is not in this rulebook", fix, cite.question)
    elif cite.reading is not None and cite.reading not in {reading.id for reading in question.readings}:
        fix = "use one of its readings"
        yield loaded.finding((*path, "cite"), f"{cite.question} has no reading {cite.reading}", fix, cite.question)


def _options(loaded: Loaded, path: Path, node: Model) -> Iterator[Finding]:
    if isinstance(node, OnlyIf):
        question = _question(loaded, node.question)
        known = {reading.id for reading in question.readings} if question else set()
        if not set(node.readings) <= known:
            fix = "name readings that the question lists"
            yield loaded.finding(path, f"{node.question} does not have these readings", fix, node.question)
    for name, field in type(node).model_fields.items():
        allowed = next((meta.readings for meta in field.metadata if isinstance(meta, Executable)), None)
        option = getattr(node, name)
        if allowed is None or option is None:
            continue
        yield from _option(loaded, (*path, name), option, allowed)


def _option(loaded: Loaded, path: Path, option: Any, allowed: frozenset[str]) -> Iterator[Finding]:
    if isinstance(option, Choice):
        question = _question(loaded, option.question)
        if question is None:
            fix = "add the [[question]] or correct its id"
            yield loaded.finding(path, f"question {option.question} is not in this rulebook", fix, option.question)
            return
        chosen, name = question.chosen, option.question
    else:
        chosen, name = option.value, str(path[-1])
    if chosen not in allowed:
        fix = f"choose one of: {', '.join(sorted(allowed))}"
        yield loaded.finding(path, f"{name}: the reading {chosen} cannot be executed by this engine", fix, name)


def _questions(loaded: Loaded) -> Iterator[Finding]:
    used: set[str] = set()
    for _, node in walk(loaded.book):
        if isinstance(node, Choice | OnlyIf | ReadingCite):
            used.add(node.question)
    seen: dict[str, int] = {}
    for number, question in enumerate(loaded.book.question):
        path: Path = ("question", number)
        if question.id in seen:
            yield loaded.finding(path, f"question {question.id} is there twice", "keep one", question.id)
        seen[question.id] = number
        if question.chosen not in {reading.id for reading in question.readings}:
            fix = "choose one of the readings listed above it"
            yield loaded.finding(
                (*path, "chosen"), f"{question.id}: chosen is not one of its readings", fix, question.id
            )
        if question.id not in used:
            fix = "let the rule that depends on it name it, or remove it"
            yield loaded.finding(path, f"question {question.id} decides nothing", fix, question.id)


# --- groups and rules ------------------------------------------------------------------------------------------------
def _article_of(node: Any) -> str:
    cite = node.cite[0] if isinstance(node.cite, tuple) else node.cite
    return str(getattr(cite, "article", None) or getattr(cite, "question", None) or cite.to)


def _groups(loaded: Loaded) -> Iterator[Finding]:
    ranks: dict[int, Any] = {}
    names: dict[str, Any] = {}
    for number, group in enumerate(loaded.book.group):
        other = ranks.setdefault(group.rank, group)
        if other is not group:
            sides = (
                f"{other.name}: {_article_of(other.identity[0])}",
                f"{group.name}: {_article_of(group.identity[0])}",
            )
            message = f"{other.name} and {group.name} have the same rank {group.rank}, so the highest is not decided"
            yield loaded.finding(("group", number, "rank"), message, "give each group a rank of its own", *sides)
        for position, identity in enumerate(group.identity):
            for name in (identity.name, *identity.aliases):
                first = names.setdefault(name, identity)
                if first is not identity and not _apart(first, identity):
                    message = f"the identity {name} stands in two places"
                    sides = (_article_of(first), _article_of(identity))
                    path: Path = ("group", number, "identity", position)
                    yield loaded.finding(path, message, "let one group have it", *sides)


def _apart(first: Any, other: Any) -> bool:
    """Whether one name in two groups is told apart by the sub-class that the list states (LZ-14.1d, e)."""
    one, two = set(first.sub_classes), set(other.sub_classes)
    return bool(one) and bool(two) and not one & two


GROUP_FIELDS = ("groups", "more_groups", "unless_groups")


OUTSIDE_FIELDS = {"require": "figure", "require_application": "reach_figure", "single_rate": "phase_out_figure"}


def _rules(loaded: Loaded) -> Iterator[Finding]:
    seen: dict[str, Any] = {}
    general: list[Any] = []
    groups = {group.id for group in loaded.book.group}
    for number, rule in enumerate(loaded.book.rule):
        path: Path = ("rule", number)
        first = seen.setdefault(rule.id, rule)
        if first is not rule:
            sides = (_article_of(first), _article_of(rule))
            yield loaded.finding((*path, "id"), f"two rules are called {rule.id}", "rename one", *sides)
        unknown = {name for key in GROUP_FIELDS for name in getattr(rule, key, ())} - groups
        if unknown:
            fix = "name groups that are declared as [[group]]"
            yield loaded.finding(path, f"unknown groups: {', '.join(sorted(unknown))}", fix, _article_of(rule))
        outside = OUTSIDE_FIELDS.get(rule.do)
        figure = getattr(rule, outside) if outside else None
        if figure is not None and figure not in {each.id for each in loaded.book.figure}:
            fix = "declare it as [[figure]] with its document"
            yield loaded.finding(path, f"{figure} is not a figure of this rulebook", fix, _article_of(rule))
        if (
            rule.do in ("require", "require_application")
            and figure is None
            and not getattr(rule, "one_of", getattr(rule, "reach", None))
        ):
            yield loaded.finding(path, "neither a value nor a figure is given", "give one", _article_of(rule))
        if rule.do == "route_fund" and not rule.groups:
            general.append(rule)
        if rule.do in ("retro_benefit", "single_rate"):
            named = {identity.name for group in loaded.book.group for identity in group.identity}
            fields = ("identities", "more_identities", "phase_out_identities")
            missing = {name for key in fields for name in getattr(rule, key, ())} - named
            if missing:
                fix = "name identities that a [[group]] has"
                yield loaded.finding(path, f"unknown identities: {', '.join(sorted(missing))}", fix, _article_of(rule))
        layer = getattr(rule, "layer", None)
        if layer is not None and layer not in loaded.book.layers:
            fix = "declare it in `layers`"
            yield loaded.finding((*path, "layer"), f"layer {layer} is not declared", fix, _article_of(rule))
    served = [layer for rule in general for layer in rule.layers]
    if sorted(served) != sorted(loaded.book.layers):
        message = "rules `route_fund` without groups, for everybody else, must serve each layer once"
        articles = [_article_of(rule) for rule in general]
        yield loaded.finding(("rule", 0), message, "add it with its citation, or keep one", *articles)
