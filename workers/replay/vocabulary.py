"""Names that a replay answers with and reads: places, identities, layers, counters, figures of each shipped measure.

Everything is taken from the shipped rulebooks and the enumerations; `names.toml` says in words what a name means. A
name without words, or words without a name, stop the page (`python -m workers.replay.document`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel

from schemas.outputs.person import AlertKind, FlagKind, TaskKind
from workers.policy.adoption import SHIPPED, load_files, read_folder
from workers.policy.outside import HELP
from workers.policy.schema import Rulebook

NAMES = Path(__file__).parent / "names.toml"
OWED_BY_ORDERS = ("in_treatment",)
"""Layers that only an officer's amounts can fill; their counters follow from their names."""
BURDENS = ("in_scope_after_all", "including_out_of_scope", "payment_extract")


def shipped_rulebooks() -> list[Rulebook]:
    """The rulebooks that replay adopts by itself, by measure."""
    return [each.book for each in load_files(read_folder(SHIPPED))]


def measures(books: Iterable[Rulebook]) -> Iterator[str]:
    """One row a measure: insured places, days, layers, counters, outside figures with their form."""
    yield from ("| measure | `county` | benefit dates | layers | counters | figures |", "|---|---|---|---|---|---|")
    for book in books:
        table = book.instrument
        last = "" if table.last_day is None else table.last_day.value.isoformat()
        cells = (
            book.measure, ", ".join(book.place.counties), f"{table.in_force.value.isoformat()} – {last}".rstrip(),
            _codes(book.layers), _codes(counters(book)),
            "<br>".join(f"`{each.id}`: {HELP[each.unit].removeprefix('give ')}" for each in book.figure),
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def identities(books: Iterable[Rulebook]) -> Iterator[str]:
    """One row a group: every name that counts, and what else its list must state."""
    yield from ("| measure | group | names of the identity |", "|---|---|---|")
    for book in books:
        for group in book.group:
            yield f"| {book.measure} | {group.name} | {'；'.join(map(_names, group.identity))} |"
        for rule in book.rule:
            for holder in (rule, *getattr(rule, "shares", ())):
                found: Iterable[object] = getattr(holder, "identity", None) or getattr(holder, "identities", None) or ()
                named = [each for each in found if isinstance(each, BaseModel)]
                if named:
                    yield f"| {book.measure} | only {rule.name} | {'；'.join(map(_names, named))} |"


def _names(identity: BaseModel) -> str:
    told = "、".join((identity.name, *identity.aliases))  # type: ignore[attr-defined]
    if identity.sub_classes:  # type: ignore[attr-defined]
        told += f" with `sub_class` {'、'.join(identity.sub_classes)}"  # type: ignore[attr-defined]
    if identity.member_types:  # type: ignore[attr-defined]
        told += f" with `member_type` {_codes(identity.member_types)}"  # type: ignore[attr-defined]
    return told


def counters(book: Rulebook) -> list[str]:
    """Counters of `years`, in the order of the rulebook."""
    found: dict[str, None] = {}
    nested = (each for rule in book.rule for each in getattr(rule, "nested", ()))
    for part in (*(pool for group in book.group for pool in group.pool), *book.rule, *nested):
        for field in ("counter", "rest_counter", "burden_counter"):
            name = getattr(part, field, None)
            if name is not None:
                found.setdefault(name)
    for rule in book.rule:
        for layer in OWED_BY_ORDERS:
            if layer in getattr(rule, "layers", ()):
                found.setdefault(f"{layer}_used")
    return list(found)


def words(part: str, names: Iterable[str]) -> Iterator[str]:
    """Rows of name and meaning; ValueError where `names.toml` has not exactly these names."""
    told = tomllib.loads(NAMES.read_text(encoding="utf-8"))[part]
    kept = list(dict.fromkeys(names))
    odd = set(told).symmetric_difference(kept)
    if odd:
        raise ValueError(f"workers/replay/names.toml [{part}]: {', '.join(sorted(odd))} stand in one place only")
    yield from (f"| {part} | meaning |", "|---|---|")
    yield from (f"| `{name}` | {told[name]} |" for name in kept)


def page_part() -> str:
    """The section of docs/replay.md."""
    books = shipped_rulebooks()
    layers = [*dict.fromkeys(layer for book in books for layer in book.layers), *OWED_BY_ORDERS]
    kinds: tuple[tuple[str, type[StrEnum]], ...] = (("flags", FlagKind), ("alerts", AlertKind), ("tasks", TaskKind))
    blocks = [
        measures(books), identities(books), words("layers", layers),
        words("counters", (name for book in books for name in counters(book))), words("burdens", BURDENS),
        *(words(part, (each.value for each in kind)) for part, kind in kinds),
    ]  # fmt: skip
    return "\n\n".join("\n".join(block) for block in blocks)


def _codes(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)
