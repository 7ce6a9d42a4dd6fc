"""Reading `schemas/national/lists`: of each region who may publish which list, its words, and when who is absent ends.

One file a region, versioned; a folder of the same layout may take the place of the shipped one, as for the rest of
`schemas/national`. What does not fit its form is a ValueError that names file and key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from schemas.national.load import SHIPPED, Profile, load_national

Absent = Literal["last_day_of_list_month", "day_after_list_month"]
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_CODE = re.compile(r"[A-Z]{1,8}", re.ASCII)
_KEYS = {"name", "version", "absent", "absent_article", "absent_quote", "source", "list"}
_LIST_KEYS = {"kind", "sources", "clause", "quote", "words"}


class Sender(NamedTuple):
    """A department: its word, the code that stands in ids, its Chinese name."""

    word: str
    code: str
    name: str


class ListKind(NamedTuple):
    """One kind of list: the departments that may publish it, by which clause, and what their words mean."""

    kind: str
    sources: tuple[str, ...]
    clause: str
    quote: str
    words: Mapping[str, str]
    """Word of the department → identity of the measure."""


class ListRules(NamedTuple):
    """The lists of one region."""

    name: str
    version: int
    profile: Profile
    absent: Absent
    absent_quote: str
    senders: Mapping[str, Sender]
    kinds: Mapping[str, ListKind]

    def ends_on(self, period: str) -> date:
        """`removed_on` (first day without it) of an identity whose person is absent from the list of YYYYMM."""
        year, month = int(period[:4]), int(period[4:])
        after = date(year + month // 12, month % 12 + 1, 1)
        return after if self.absent == "day_after_list_month" else after - timedelta(days=1)


@lru_cache(maxsize=8)
def load_list_rules(folder: Path = SHIPPED) -> Mapping[str, ListRules]:
    """Rules by the name of their region. ValueError with file and key for what does not fit."""
    profiles = load_national(folder).profiles
    found: dict[str, ListRules] = {}
    for path in sorted((folder / "lists").glob("*.toml")):
        rules = _rules(path, profiles)
        found[rules.name] = rules
    return found


def rules_at(county: str, folder: Path = SHIPPED) -> ListRules | None:
    """The rules of the region to which a division belongs, or None."""
    profile = load_national(folder).by_division.get(county)
    return None if profile is None else load_list_rules(folder).get(profile.name)


def _rules(path: Path, profiles: Mapping[str, Profile]) -> ListRules:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None
    if not set(raw) <= _KEYS or raw.get("name") != path.stem or path.stem not in profiles:
        raise ValueError(f"{path}: keys are {', '.join(sorted(_KEYS))}; the name is that of the file and of a profile")
    if raw.get("absent") not in get_args(Absent) or type(raw.get("version")) is not int:
        raise ValueError(f"{path}: absent is one of {', '.join(get_args(Absent))}; version a whole number")
    senders = {word: _sender(path, word, found) for word, found in raw["source"].items()}
    kinds = [_kind(path, each, senders) for each in raw["list"]]
    if len({each.kind for each in kinds}) != len(kinds) or len({each.code for each in senders.values()}) != len(
        senders
    ):
        raise ValueError(f"{path}: a kind of list or a code of a department stands twice")
    return ListRules(
        raw["name"], raw["version"], profiles[path.stem], raw["absent"], raw.get("absent_quote", ""), senders,
        {each.kind: each for each in kinds},
    )  # fmt: skip


def _sender(path: Path, word: str, raw: Any) -> Sender:
    fits = _WORD.fullmatch(word) and set(raw) == {"code", "name"} and _CODE.fullmatch(str(raw["code"]))
    if not fits:
        raise ValueError(f"{path}: [source.{word}] is a lower-case word with a code (A-Z) and a name")
    return Sender(word, raw["code"], raw["name"])


def _kind(path: Path, raw: Any, senders: Mapping[str, Sender]) -> ListKind:
    if set(raw) != _LIST_KEYS or not _WORD.fullmatch(str(raw.get("kind"))):
        raise ValueError(f"{path}: a [[list]] has {', '.join(sorted(_LIST_KEYS))}; kind is a lower-case word")
    if not raw["sources"] or not set(raw["sources"]) <= set(senders):
        raise ValueError(f"{path}: list {raw['kind']}: its sources are departments of this file")
    if not raw["words"] or not all(isinstance(each, str) and each for each in raw["words"].values()):
        raise ValueError(f"{path}: list {raw['kind']}: [list.words] maps words to identities")
    return ListKind(raw["kind"], tuple(raw["sources"]), raw["clause"], raw["quote"], raw["words"])
