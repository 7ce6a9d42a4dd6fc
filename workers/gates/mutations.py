"""Every small way in which a rulebook could be wrong: a figure one step off, a list one entry off, a rule gone.

A mutant is the rulebook with one such fault. `guard` holds the worked examples against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal, NamedTuple, get_args, get_origin

from workers.policy import verbs_matters
from workers.policy.loader import Loaded, walk
from workers.policy.schema import OutsideFigure, Rulebook
from workers.policy.values import (
    Band,
    Choice,
    Condition,
    CountValue,
    DateValue,
    Executable,
    LiteralCite,
    Model,
    MoneyValue,
    RateValue,
    ReadingCite,
    ReferenceCite,
    WordValue,
    YearValue,
)
from workers.policy.verbs.registry import ONE_OF_EACH

Path = tuple[str | int, ...]

CARE_TYPES = (
    "inpatient", "chronic_outpatient", "special_outpatient", "major_outpatient", "outpatient", "emergency", "pharmacy",
    "maternity", "other",
)  # fmt: skip
DOMAINS: Mapping[str, tuple[str | bool, ...]] = {
    "care_type": CARE_TYPES, "care_types": CARE_TYPES, "special_care_types": CARE_TYPES,
    "place": ("in_county", "in_city", "in_province", "out_of_province"),
    "referral": ("not_required", "referred", "filed", "missing"), "referral_missing_by": ("person", "other"),
    "channel": ("one_stop", "manual"), "insutypes": ("390", "310"),
    "designated": (True, False), "emergency_rescue": (True, False), "insured": (True, False),
    "formal_receipt": (True, False), "major_disease": (True, False),
}  # fmt: skip
"""What may stand in a list of values, by the name of the list or of the fact that it is about."""

LISTS = (
    "care_types", "special_care_types", "insutypes", "one_of", "is_not", "fields", "uninsured_fields", "outside",
    "groups", "counties", "sub_classes", "member_types", "aliases", "until", "order", "not_for", "identities",
    "includes", "more", "names", "payers", "workers", "to",
)  # fmt: skip
"""Lists of words whose every entry is law."""

GROUPS = ("groups", "unless_groups", "more_groups")
IDENTITIES = ("identities", "more_identities")
"""Lists of names of the rulebook itself."""

MATTERS = tuple(
    each
    for each in vars(verbs_matters).values()
    if isinstance(each, type) and each.__module__ == verbs_matters.__name__ and each is not verbs_matters.RouteFund
)
"""Parts of rules about other matters than a bill's money: what is added to their lists of people is not tried."""

FIXED = ("do", "schema_")
Cited = LiteralCite | ReferenceCite | ReadingCite | OutsideFigure

PARTS = ("identity", "pool", "exceptions", "codes", "when", "exempt", "bands", "nested", "serves", "shares", "brackets")
"""Lists of parts whose every part is law."""


class Mutant(NamedTuple):
    """One fault: where it stands, what was changed, and the value there instead."""

    path: Path
    what: str
    value: Any


def mutants(book: Rulebook) -> Iterator[Mutant]:
    """All faults of one revision."""
    groups = tuple(group.id for group in book.group)
    identities = tuple(identity.name for group in book.group for identity in group.identity)
    named = dict.fromkeys(GROUPS, groups) | dict.fromkeys(IDENTITIES, identities)
    for path, node in walk(book):
        if path[:1] in (("question",), ("article",)):
            continue
        yield from _figures(path, node)
        yield from _lists(path, node, {} if isinstance(node, MATTERS) else named)
        yield from _words(path, node)
    yield from _rules(book)
    yield from _ranks(book)


def _figures(path: Path, node: Model) -> Iterator[Mutant]:
    """One step off: a percentage point, a fen, a month, a day."""
    if isinstance(node, RateValue | MoneyValue | CountValue | DateValue | YearValue):
        for value in _steps(node.value):
            yield Mutant((*path, "value"), f"{_told(node.value)} → {_told(value)}", value)
    elif isinstance(node, Band):
        for name in ("from_amount", "rate", "amount"):
            for value in _steps(getattr(node, name)):
                yield Mutant((*path, name), f"{name} {_told(getattr(node, name))} → {_told(value)}", value)


def _steps(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, Fraction):
        step = Fraction(1, 100)
        return [each for each in (value - step, value + step) if 0 <= each <= 1]
    if isinstance(value, int):
        return [each for each in (value - 1, value + 1) if each >= 0]
    return [value - timedelta(days=1), value + timedelta(days=1)]


def _told(value: Any) -> str:
    return f"{value * 100}%" if isinstance(value, Fraction) else str(value)


def _lists(path: Path, node: Model, named: Mapping[str, tuple[str, ...]]) -> Iterator[Mutant]:
    """One entry less, one more, two in the other order; `named`: what may stand in lists of the rulebook's names."""
    for name in type(node).model_fields:
        value = getattr(node, name)
        if not isinstance(value, tuple) or name not in (*LISTS, *PARTS):
            continue
        needed = any(getattr(each, "min_length", 0) for each in type(node).model_fields[name].metadata)
        for number, entry in enumerate(value if len(value) > 1 or not needed else ()):
            told = entry if isinstance(entry, str | bool) else label(entry, number)
            yield Mutant((*path, name), f"{name} without {told}", (*value[:number], *value[number + 1 :]))
        domain = DOMAINS.get(node.fact if isinstance(node, Condition) else getattr(node, "fact", name), ())
        if name in ("one_of", "is_not", "care_types", "special_care_types", "insutypes") and value:
            for entry in domain:
                if entry not in value:
                    yield Mutant((*path, name), f"{name} with {entry}", (*value, entry))
        names = named.get(name, ()) if value else ()
        yield from (Mutant((*path, name), f"{name} with {each}", (*value, each)) for each in names if each not in value)
        if name == "order" and len(value) > 1:
            yield Mutant((*path, name), "order the other way round", value[::-1])


def _words(path: Path, node: Model) -> Iterator[Mutant]:
    """Stated options that the engine could execute otherwise, flags, and reasons."""
    for name, info in type(node).model_fields.items():
        value = getattr(node, name)
        executable = next((each for each in info.metadata if isinstance(each, Executable)), None)
        if executable is not None and isinstance(value, WordValue):
            for reading in sorted(executable.readings - {value.value}):
                yield Mutant((*path, name), f"{name} {reading}", value.model_copy(update={"value": reading}))
        elif isinstance(value, bool):
            yield Mutant((*path, name), f"{name} {not value}", not value)
        elif isinstance(value, str) and name not in FIXED and not isinstance(node, Cited):
            if name != "if_unknown" or getattr(node, "when", True):
                for other in sorted(_literals(info.annotation) - {value}):
                    yield Mutant((*path, name), f"{name} {other}", other)


def _literals(annotation: Any) -> set[str]:
    """The words that a field may hold, where its type lists them."""
    found = get_args(annotation)
    if get_origin(annotation) is Literal:
        return {each for each in found if isinstance(each, str)}
    return {word for each in found for word in _literals(each)}


def _rules(book: Rulebook) -> Iterator[Mutant]:
    """One rule less, where the engine does not need it."""
    for number, rule in enumerate(book.rule):
        if rule.do not in ONE_OF_EACH:
            rest = (*book.rule[:number], *book.rule[number + 1 :])
            yield Mutant(("rule",), f"without the rule {rule.id}", rest)


def _ranks(book: Rulebook) -> Iterator[Mutant]:
    """Two neighbours in the other order."""
    order = sorted(range(len(book.group)), key=lambda number: book.group[number].rank)
    for high, low in pairwise(order):
        ranks = {high: book.group[low].rank, low: book.group[high].rank}
        groups = tuple(
            group.model_copy(update={"rank": ranks.get(number, group.rank)}) for number, group in enumerate(book.group)
        )
        yield Mutant(("group",), f"{book.group[high].name} below {book.group[low].name}", groups)


def readings(book: Rulebook) -> list[tuple[str, str]]:
    """Every reading that the engine can execute besides the chosen one, by question."""
    allowed: dict[str, set[str]] = {}
    named: set[str] = set()
    for _, node in walk(book):
        for name, info in type(node).model_fields.items():
            option = getattr(node, name)
            meta = next((each for each in info.metadata if isinstance(each, Executable)), None)
            if meta is not None and isinstance(option, Choice):
                allowed.setdefault(option.question, set()).update(meta.readings)
        if hasattr(node, "question") and not isinstance(node, Choice | Rulebook):
            named.add(str(node.question))
    return [
        (question.id, reading.id)
        for question in book.question
        for reading in question.readings
        if reading.id != question.chosen
        and (reading.id in allowed[question.id] if question.id in allowed else question.id in named)
    ]


def label(entry: Any, number: int) -> str:
    """How a part of a list is called: its id, code or name, else its place."""
    for name in ("id", "code", "name", "pool", "fact"):
        if isinstance(getattr(entry, name, None), str):
            return str(getattr(entry, name))
    return str(number)


def place_of(book: Rulebook, path: Path) -> str:
    """The path in names that do not change when something is added before: `rule.scope.one_of`."""
    node: Any = book
    parts: list[str] = []
    for step in path:
        node = node[step] if isinstance(node, tuple) and isinstance(step, int) else getattr(node, str(step))
        parts.append(label(node, step) if isinstance(step, int) else step)
    return ".".join(parts)


def line_of(loaded: Loaded, mutant: Mutant) -> int:
    """Where the fault stands in the file."""
    return loaded.finding(mutant.path, "", "").line
