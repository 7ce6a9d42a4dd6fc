"""Reading `schemas/national`: one vocabulary, dictionaries by name and version, a profile for each region.

A folder of the same layout may take the place of the shipped one (`TUODI_NATIONAL_FOLDER`): a bureau's 1901 download
becomes a dictionary file there. What does not fit its form is a ValueError that names file and key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

SHIPPED = Path(__file__).parent
_DIVISION = re.compile(r"[0-9]{6}", re.ASCII)

Includes = Literal["no", "yes", "either"]
Maf = Literal["carried", "refused"]
ReferralFree = Literal["", "in_county", "in_city"]

Table = Mapping[str, str]


class Vocabulary(NamedTuple):
    """The platform's names. `amounts` and `fields` map our word to its names, the interface's first."""

    amounts: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, tuple[str, ...]]
    interfaces: Table
    reversible: Table
    nullable: frozenset[str]
    required: tuple[str, ...]
    funds: tuple[str, ...]
    assistance_funds: tuple[str, ...]
    other_funds: frozenset[str]
    personal: frozenset[str]
    amount_names: frozenset[str]
    names: frozenset[str]
    """Every name of the platform that is read."""
    spelled: Table
    """Every name of a message that means something here, without `_` and capitals → as the interface spells it."""
    told: frozenset[str]
    """Every name that may be told to who sent a person's data in it."""

    def plain(self, name: str) -> str:
        """A name as the interface spells it, be it `setlId`, `SETL_ID` or `SetlID`; any other name as it stands."""
        return self.spelled.get(folded(name), name)

    def shown(self, word: str) -> str:
        """The platform's name of our word, the interface's spelling; the word itself where it has none."""
        names = self.amounts.get(word) or self.fields.get(word)
        return names[0] if names else word


def folded(name: str) -> str:
    """What is the same in all ways of spelling a name."""
    return name.replace("_", "").lower()


class Dictionary(NamedTuple):
    """Codes of one region and version: field → code → what it means to us."""

    name: str
    tables: Mapping[str, Table]

    def meaning(self, field: str, code: str) -> str | None:
        """What a code of a field (platform name) means; None where this dictionary does not know it."""
        return self.tables.get(field, {}).get(code)


class Profile(NamedTuple):
    """How one region's messages are read."""

    name: str
    measure: str
    platform: str
    dictionary: Dictionary
    divisions: frozenset[str]
    fund_total_includes_account: Includes
    maf_pay: Maf
    base_deducts: tuple[str, ...]
    referral_free: ReferralFree


class National(NamedTuple):
    """Everything of one folder. `by_division` finds the profile of an insured place."""

    vocabulary: Vocabulary
    profiles: Mapping[str, Profile]
    by_division: Mapping[str, Profile]


@lru_cache(maxsize=8)
def load_national(folder: Path = SHIPPED) -> National:
    """Read a folder once. ValueError with file and key for what does not fit; OSError where it is not there."""
    vocabulary = _vocabulary(folder / "vocabulary.toml")
    profiles: dict[str, Profile] = {}
    by_division: dict[str, Profile] = {}
    for path in sorted((folder / "profiles").glob("*.toml")):
        profile = _profile(path, folder, vocabulary)
        profiles[profile.name] = profile
        for division in sorted(profile.divisions):
            if division in by_division:
                raise ValueError(f"{path}: division {division} already belongs to {by_division[division].name}")
            by_division[division] = profile
    if not profiles:
        raise ValueError(f"{folder}: no profiles")
    return National(vocabulary, profiles, by_division)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None


def _vocabulary(path: Path) -> Vocabulary:
    raw = _read(path)
    reading = raw["reading"]
    names = [name for table in ("amounts", "fields") for found in raw[table].values() for name in found]
    vocabulary = Vocabulary(
        amounts={word: tuple(names) for word, names in raw["amounts"].items()},
        fields={word: tuple(names) for word, names in raw["fields"].items()},
        interfaces=raw["interfaces"],
        reversible=raw["reversible"],
        nullable=frozenset(reading["nullable"]),
        required=tuple(reading["required"]),
        funds=tuple(reading["funds"]),
        assistance_funds=tuple(reading["assistance_funds"]),
        other_funds=frozenset(reading["other_funds"]),
        personal=frozenset(reading["personal"]),
        amount_names=frozenset(name for names in raw["amounts"].values() for name in names),
        names=frozenset(names),
        spelled={folded(name): name for name in [*names, *reading["holders"], *reading["personal"], *reading["free"]]},
        told=frozenset([*names, *reading["personal"], *reading["free"]]),
    )
    for word in (*vocabulary.nullable, *vocabulary.required, *vocabulary.funds):
        if word not in vocabulary.amounts:
            raise ValueError(f"{path}: {word} is no amount")
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{path}: {', '.join(sorted(twice))} stands for two words")
    return vocabulary


def _dictionary(path: Path, folder: Path) -> Dictionary:
    raw = _read(path)
    name, base = f"{raw.pop('name')}-v{raw.pop('version')}", raw.pop("base", None)
    if name != path.stem:
        raise ValueError(f"{path}: the file of {name} is called {name}.toml")
    tables: dict[str, Table] = {}
    if base is not None:
        tables.update(_dictionary(folder / "dictionaries" / f"{base}.toml", folder).tables)
    for field, codes in raw.items():
        if not isinstance(codes, dict) or not all(isinstance(meaning, str) for meaning in codes.values()):
            raise ValueError(f"{path}: [{field}] maps codes to texts")
        tables[field] = {**tables.get(field, {}), **codes}
    return Dictionary(name, tables)


def _profile(path: Path, folder: Path, vocabulary: Vocabulary) -> Profile:
    raw = _read(path)
    unknown = set(raw) ^ set(Profile._fields)
    if unknown:
        raise ValueError(f"{path}: missing or unknown: {', '.join(sorted(unknown))}")
    for key, allowed in (("fund_total_includes_account", Includes), ("maf_pay", Maf), ("referral_free", ReferralFree)):
        if raw[key] not in get_args(allowed):
            raise ValueError(f"{path}: {key} is one of {', '.join(map(repr, get_args(allowed)))}")
    codes = [raw["platform"], *raw["divisions"]]
    if not all(isinstance(code, str) and _DIVISION.fullmatch(code) for code in codes):
        raise ValueError(f"{path}: platform and divisions are codes of six digits")
    if not set(raw["base_deducts"]) <= set(vocabulary.amounts):
        raise ValueError(f"{path}: base_deducts names no amounts")
    dictionary = _dictionary(folder / "dictionaries" / f"{raw['dictionary']}.toml", folder)
    changed = {"dictionary": dictionary, "divisions": frozenset(raw["divisions"])}
    return Profile(**{**raw, **changed, "base_deducts": tuple(raw["base_deducts"])})
