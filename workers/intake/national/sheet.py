"""One message spread out: what was asked and what was answered, by the platform's names, numbers as they were spelled.

A feed may carry the whole transaction (`input` and `output`), an answer alone, or a row of the core table. Amounts are
read from the answer only: an input's 超限价金额 has the same name as the answer's own payment and means another thing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from schemas.national.load import Vocabulary
from schemas.reasons import RejectReason
from workers.intake.national.wrong import Refusal

_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")
_ANSWERS = ("setlinfo", "data", "result", "baseinfo")
_LISTS = ("setldetail", "idetinfo", "insuinfo", "rows")
_MARKS = frozenset(
    {"infno", "setlinfo", "setl_id", "setlId", "idetinfo", "mat_id", "mat_idet_code", "mat_idet_name", "psn_idet_type"}
)
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
        if not isinstance(found, str):
            raise Refusal(RejectReason.BAD_FIELD, self.vocabulary.shown(word))
        return str(found)


def looks_national(decoded: Mapping[str, Any]) -> bool:
    """Whether an object without our `type` is a message of the platform, told by a name at its top."""
    return not _MARKS.isdisjoint(decoded)


def spread(raw: bytes, vocabulary: Vocabulary) -> Sheet:
    """Read the bytes of one sane JSON object (`workers.intake.shape`) again, with its numbers as they are spelled."""
    whole = json.loads(raw, parse_float=Number, parse_int=Number)
    said: list[Mapping[str, Any]] = []
    lists: Lists = {}
    asked = _parts(whole.get("input"), "input", lists)
    _take(whole, ("input", "output"), said, lists)
    said += _parts(whole.get("output"), "output", lists)
    return Sheet(vocabulary, tuple(said), tuple(asked), lists)


def _parts(part: Any, name: str, lists: Lists) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    if isinstance(part, dict):
        _take(part, (), found, lists)
    elif part is not None and part != "":
        raise Refusal(RejectReason.BAD_FIELD, name)
    return found


def _take(
    part: Mapping[str, Any],
    leave: Iterable[str],
    into: list[Mapping[str, Any]],
    lists: Lists,
) -> None:
    """The part itself, then the objects inside it that hold the record."""
    plain = {_snake(name): value for name, value in part.items() if name not in leave}
    into.append(plain)
    for name in _LISTS:
        if name in plain:
            lists.setdefault(name, []).extend(_items(plain[name], name))
    for name in _ANSWERS:
        inner = plain.get(name)
        if isinstance(inner, dict):
            _take(inner, (), into, lists)
        elif isinstance(inner, list) and name == "data":
            lists.setdefault("rows", []).extend(_items(inner, name))


def _items(value: Any, name: str) -> Iterator[Mapping[str, Any]]:
    if value is None or value == "":
        return
    items = [value] if isinstance(value, dict) else value
    if not isinstance(items, list) or len(items) > ITEMS_MAX or not all(isinstance(item, dict) for item in items):
        raise Refusal(RejectReason.BAD_FIELD, name)
    for item in items:
        yield {_snake(key): inner for key, inner in item.items()}


def _snake(name: str) -> str:
    return name if name.islower() else _UPPER.sub(r"_\1", name).lower()


def _first(part: Mapping[str, Any], names: Iterable[str]) -> object | None:
    for name in names:
        found = part.get(name)
        if found is not None and found != "":
            return found  # type: ignore[no-any-return]
    return None
