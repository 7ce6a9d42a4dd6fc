"""A region's 1901 download against its dictionary: what is new, what has no meaning yet, what the download lacks.

A download says `code → Chinese label`; a dictionary says `code → what it means to us`. Only two kinds of meaning follow
by themselves: an insurance kind keeps its label, and an identity whose label is a name of the region's measure is that
identity. Everything else somebody has to say (`meanings`); until then the code is unknown and refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.events.settlement import CareType
from schemas.national.load import Dictionary, Table, folded
from workers.errors import Usage

_CODE = re.compile(r"[0-9A-Za-z]{1,32}", re.ASCII)
LABEL_MAX = 200
KEPT_AS_IT_IS = ("insutype",)
IDENTITIES = ("mat_idet_code", "psn_idet_type")


class Entry(NamedTuple):
    """One line of a download: dictionary (`MED_TYPE`), code, label."""

    table: str
    code: str
    label: str


class Change(NamedTuple):
    """One code: `+` new with its meaning, `?` new and nobody says what it means, `-` ours and not in the download."""

    sign: str
    field: str
    code: str
    label: str
    meaning: str | None


class Comparison(NamedTuple):
    """Changes in order of field and code, how many codes are as they were, and dictionaries that nothing here reads."""

    changes: tuple[Change, ...]
    same: int
    unread: tuple[str, ...]


def entries_of(rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Lines of a download by the interface's names (`type`, `value`, `label`, `vali_flag`), without lapsed ones.

    Usage where a line is none.
    """
    found: dict[tuple[str, str], Entry] = {}
    for number, row in enumerate(rows, start=1):
        plain = {folded(str(name)): value for name, value in row.items()}
        table, code, label = (str(plain.get(name) or "").strip() for name in ("type", "value", "label"))
        if str(plain.get("valiflag") or "1") == "0":
            continue
        if not table or _CODE.fullmatch(code) is None or not label or len(label) > LABEL_MAX or not label.isprintable():
            raise Usage(f"line {number} of the download is none: it needs type, value (letters and digits) and label")
        found[table, code] = Entry(table, code, label)
    if not found:
        raise Usage(
            "the download holds no dictionary line: give the output of 1901 as JSON, or a CSV with the same names"
        )
    return list(found.values())


def compare(dictionary: Dictionary, entries: Iterable[Entry], meanings: Mapping[str, Table]) -> Comparison:
    """What a download would change in a dictionary. `meanings` are said by people: field → code → meaning."""
    fields = {folded(field): field for field in dictionary.tables}
    changes: list[Change] = []
    same, unread, seen = 0, set(), set()
    for entry in entries:
        field = fields.get(folded(entry.table))
        if field is None:
            unread.add(entry.table)
            continue
        seen.add((field, entry.code))
        if dictionary.meaning(field, entry.code) is not None:
            same += 1
            continue
        meaning = _meaning(dictionary, field, entry, meanings)
        changes.append(Change("?" if meaning is None else "+", field, entry.code, entry.label, meaning))
    told = {field for field, _ in seen}
    for field in told:
        gone = (code for code in dictionary.tables[field] if (field, code) not in seen and not code.startswith("SIM"))
        changes += [Change("-", field, code, "", dictionary.meaning(field, code)) for code in gone]
    return Comparison(
        tuple(sorted(changes, key=lambda change: (change.field, change.code))), same, tuple(sorted(unread))
    )


def _meaning(dictionary: Dictionary, field: str, entry: Entry, meanings: Mapping[str, Table]) -> str | None:
    said = meanings.get(field, {}).get(entry.code)
    if said is not None:
        allowed = allowed_meanings(dictionary, field)
        if allowed is not None and said not in allowed:
            raise Usage(
                f"[{field}] {entry.code}: {said!r} is no meaning of {field}; one of: {', '.join(sorted(allowed))}"
            )
        return said
    if field in KEPT_AS_IT_IS:
        return entry.label
    return dictionary.tables["mat_idet_name"].get(entry.label) if field in IDENTITIES else None


def allowed_meanings(dictionary: Dictionary, field: str) -> frozenset[str] | None:
    """What a code of this field can mean to us; None where any text will do."""
    if field in KEPT_AS_IT_IS:
        return None
    if field == "med_type":
        return frozenset(CareType)
    if field in IDENTITIES:
        return frozenset([*dictionary.tables["mat_idet_name"].values(), "-"])
    if field == "refl_flag":
        return frozenset(["not_required", "referred", "filed", "missing"])
    return frozenset(dictionary.tables[field].values())


def with_changes(own: Mapping[str, Any], comparison: Comparison, version: int) -> dict[str, Any]:
    """The file of the next version: the region's own tables and the codes that have a meaning now."""
    tables = {name: dict(table) for name, table in own.items() if isinstance(table, dict)}
    for change in comparison.changes:
        if change.sign == "+" and change.meaning is not None:
            tables.setdefault(change.field, {})[change.code] = change.meaning
    head = {name: value for name, value in own.items() if not isinstance(value, dict)}
    return {**head, "version": version, **tables}
