"""One message spread out: what was asked and what was answered, by the platform's names, numbers as they were spelled.

A feed may carry the whole transaction (`input` and `output`), an answer alone, or a row of the core table. Amounts are
read from the answer only: an input's 超限价金额 has the same name as the answer's own payment and means another thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.national.load import Vocabulary, folded
from schemas.reasons import RejectReason
from workers.intake.national.wrong import Refusal

_ANSWERS = ("setlinfo", "data", "result", "baseinfo")
_LISTS = ("setldetail", "idetinfo", "insuinfo", "rows")
_MARKS = frozenset(
    {"infno", "infcode", "output", "setlinfo", "setlid", "mdtrtid", "medfeesumamt", "idetinfo", "matid", "matidetcode",
     "matidetname", "psnidettype"}
)  # fmt: skip
_OURS = frozenset({"version", "region"})
ITEMS_MAX = 200
"""Items of a list inside one message (funds of a bill, identities of a person)."""


Lists = dict[str, list[Mapping[str, Any]]]


class Number(str):
    """A JSON number, as it was spelled: no float is ever made of an amount."""

    __slots__ = ()


class Sheet(NamedTuple):
    """`said`: envelope and answer, the innermost last; `asked`: the input. `lists`: the lists found anywhere."""

    vocabulary: Vocabulary
    said: tuple[Mapping[str, Any], ...]
    asked: tuple[Mapping[str, Any], ...]
    lists: Mapping[str, list[Mapping[str, Any]]]

    def text(self, word: str, *, asked: bool = True) -> str | None:
        """The text of our word; None where it is absent, null or empty. Answer before input."""
        for part in (*reversed(self.said), *(reversed(self.asked) if asked else ())):
            found = _first(part, self.vocabulary.fields[word])
            if found is not None:
                return self._plain(found, word)
        return None

    def asked_text(self, word: str) -> str | None:
        """The same of the input alone."""
        for part in reversed(self.asked):
            found = _first(part, self.vocabulary.fields[word])
            if found is not None:
                return self._plain(found, word)
        return None

    def of_item(self, item: Mapping[str, Any], word: str) -> str | None:
        """The same of one item of a list."""
        found = _first(item, self.vocabulary.fields[word])
        return None if found is None else self._plain(found, word)

    def needed(self, word: str) -> str:
        """The text of a word that must be stated; `bad_field` where it is not."""
        found = self.text(word)
        if found is None:
            raise Refusal(RejectReason.BAD_FIELD, self.vocabulary.shown(word))
        return found

    def _plain(self, found: object, word: str) -> str:
        return self.plain(found, self.vocabulary.shown(word))

    def plain(self, found: object, name: str) -> str:
        """A stated value as text; `bad_field` with the platform's name for a flag, a list or an object."""
        if not isinstance(found, str):
            raise Refusal(RejectReason.BAD_FIELD, name)
        return str(found)


def looks_national(decoded: Mapping[str, Any]) -> bool:
    """Whether an object without our `type` is a message of the platform, told by a name at its top or in its `data`."""
    if _OURS <= decoded.keys():
        return False  # an event of ours that has lost its type
    if not _MARKS.isdisjoint(map(folded, decoded)):
        return True
    inner = decoded.get("data")
    first = inner[0] if isinstance(inner, list) and inner else inner
    return isinstance(first, dict) and not _MARKS.isdisjoint(map(folded, first))


def spread(raw: bytes, vocabulary: Vocabulary) -> Sheet:
    """Read the bytes of one sane JSON object (`workers.intake.shape`) again, with its numbers as they are spelled."""
    spreading = _Spreading(vocabulary, {})
    whole = spreading.named(json.loads(raw, parse_float=Number, parse_int=Number))
    asked = spreading.part(whole[0].pop("input", None), "input")
    answer = whole[0].pop("output", None)
    said = spreading.inside(whole)
    said += spreading.part(answer, "output")
    return Sheet(vocabulary, tuple(said), tuple(asked), spreading.lists)


def records_of(sheet: Sheet) -> list[Sheet]:
    """One sheet for each settlement where the answer holds a list of them (5203), else the sheet itself."""
    listed = sheet.lists.get("setlinfo") or sheet.lists.get("rows") or []
    if not listed:
        return [sheet]
    found = []
    for item in listed:
        funds = _Spreading(sheet.vocabulary, {}).items(item.get("setldetail"), "setldetail")
        funds = funds or _funds_of(sheet, item, alone=len(listed) == 1)
        found.append(sheet._replace(said=(*sheet.said, item), lists={**sheet.lists, "setldetail": funds}))
    return found


def _funds_of(sheet: Sheet, item: Mapping[str, Any], *, alone: bool) -> list[Mapping[str, Any]]:
    """The items of the common `setldetail` that are about this settlement: all of a single one, else by its number."""
    funds = sheet.lists.get("setldetail", [])
    return funds if alone else [fund for fund in funds if fund.get("setl_id") == item.get("setl_id")]


class _Spreading(NamedTuple):
    """The work of `spread`: parts by plain names, lists collected by the way."""

    vocabulary: Vocabulary
    lists: Lists

    def part(self, part: Any, name: str) -> list[Mapping[str, Any]]:
        if part is None or part == "":
            return []
        if not isinstance(part, dict):
            raise Refusal(RejectReason.BAD_FIELD, name)
        return self.inside(self.named(part))

    def inside(self, parts: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
        """The part itself, then the objects inside it that hold the record."""
        found: list[Mapping[str, Any]] = list(parts)
        plain = parts[0]
        for name in _LISTS:
            if name in plain:
                self._list(name, plain[name])
        for name in _ANSWERS:
            inner = plain.get(name)
            if isinstance(inner, dict):
                found += self.inside(self.named(inner))
            elif isinstance(inner, list) and name in ("data", "setlinfo"):
                self._list("rows" if name == "data" else name, inner)
        return found

    def _list(self, name: str, value: Any) -> None:
        known = self.lists.setdefault(name, [])
        known += self.items(value, name)
        if len(known) > ITEMS_MAX:
            raise Refusal(RejectReason.BAD_FIELD, name)

    def items(self, value: Any, name: str) -> list[Mapping[str, Any]]:
        if value is None or value == "":
            return []
        items = [value] if isinstance(value, dict) else value
        if not isinstance(items, list) or len(items) > ITEMS_MAX or not all(isinstance(item, dict) for item in items):
            raise Refusal(RejectReason.BAD_FIELD, name)
        found = [self.named(item) for item in items]
        for item in found:
            if len(item) > 1:  # one name in two spellings: an item has no place for a second value
                raise Refusal(RejectReason.BAD_FIELD, next(iter(item[1])))
        return [item[0] for item in found]

    def named(self, part: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The part by plain names; a second part holds what the same name in another spelling says of an amount."""
        plain: dict[str, Any] = {}
        again: dict[str, Any] = {}
        for spelled, value in part.items():
            name = self.vocabulary.plain(spelled)
            if name not in plain or plain[name] is None or plain[name] == "":
                plain[name] = value
            elif value is not None and value != "" and value != plain[name]:
                if name in self.vocabulary.amount_names:
                    again[name] = value
                elif name in self.vocabulary.names:
                    raise Refusal(RejectReason.BAD_FIELD, name)
        return [plain, again] if again else [plain]


def _first(part: Mapping[str, Any], names: Iterable[str]) -> object | None:
    for name in names:
        found = part.get(name)
        if found is not None and found != "":
            return found  # type: ignore[no-any-return]
    return None
