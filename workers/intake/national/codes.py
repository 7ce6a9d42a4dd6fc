"""Codes and days of a message: translated by the dictionary, refused where it does not know them (A13)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from schemas.national.load import National, Profile
from schemas.reasons import RejectReason
from workers.intake.checks import PROVINCES
from workers.intake.national.sheet import Sheet
from workers.intake.national.wrong import Refusal

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?", re.ASCII)
_DIVISION = re.compile(r"[0-9]{6}", re.ASCII)
INFNO = re.compile(r"([0-9]{4})[A-Z]?", re.ASCII)
"""A number of an interface; a province may have put a letter behind it (2207A)."""


def profile_of(national: National, sheet: Sheet) -> Profile:
    """The profile of the insured place; a division outside all lists is refused by its name and code."""
    division = insured_place(sheet)
    profile = national.by_division.get(division)
    if profile is None:
        raise Refusal(RejectReason.UNKNOWN_CODE, sheet.vocabulary.shown("county"), division, "A13")
    return profile


def insured_place(sheet: Sheet) -> str:
    """The insured place under any of its names. Two different ones are refused, never chosen between.

    The rows of a list count where nothing else says it: the envelope of a 1101 cannot know it before the answer.
    """
    word = "county"
    outside = _stated(sheet, word, [*sheet.said, *sheet.asked])
    found = outside or _stated(sheet, word, [item for name in ("setlinfo", "rows") for item in _items(sheet, name)])
    found = found or _stated(sheet, word, _items(sheet, "insuinfo"))
    if len(found) != 1:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown(word))
    return found.pop()


def _items(sheet: Sheet, name: str) -> list[Mapping[str, Any]]:
    return list(sheet.lists.get(name, ()))


def _stated(sheet: Sheet, word: str, parts: Iterable[Mapping[str, Any]]) -> set[str]:
    names = sheet.vocabulary.fields[word]
    values = (part[name] for part in parts for name in names if part.get(name) not in (None, ""))
    return {sheet.plain(value, sheet.vocabulary.shown(word)) for value in values}


def meaning(sheet: Sheet, profile: Profile, word: str) -> str | None:
    """What the code of our word means; None where none is stated."""
    code = sheet.text(word)
    return None if code is None else known(sheet, profile, word, code)


def division_of(sheet: Sheet, word: str) -> str | None:
    """A division code of any province; Refusal(unknown_code) for what is none: places are told by its digits."""
    code = sheet.text(word)
    if code is not None and (_DIVISION.fullmatch(code) is None or code[:2] not in PROVINCES):
        raise Refusal(RejectReason.UNKNOWN_CODE, sheet.vocabulary.shown(word), code, "A13")
    return code


def known_code(sheet: Sheet, profile: Profile, word: str, code: str) -> bool:
    """Whether the region's dictionary has this code."""
    return profile.dictionary.meaning(sheet.vocabulary.shown(word), code) is not None


def known(sheet: Sheet, profile: Profile, word: str, code: str) -> str:
    """What this code means; Refusal(unknown_code) with field and code where the region's dictionary has none."""
    field = sheet.vocabulary.shown(word)
    found = profile.dictionary.meaning(field, code)
    if found is None:
        raise Refusal(RejectReason.UNKNOWN_CODE, field, code, "A13")
    return found


def day_of(sheet: Sheet, word: str) -> str | None:
    """The day (UTC+8, as the platform writes times without zone) of a time or date; None where absent."""
    value = sheet.text(word)
    return None if value is None else day_of_text(value, sheet.vocabulary.shown(word))


def day_of_text(value: str, field: str) -> str:
    """`yyyy-MM-dd`, alone or with a time behind it."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise Refusal(RejectReason.BAD_DATE, field, check="A12")
    return found[1]
