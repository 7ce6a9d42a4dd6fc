"""Codes and days of a message: translated by the dictionary, refused where it does not know them (A13)."""

from __future__ import annotations

import re

from schemas.national.load import National, Profile
from schemas.reasons import RejectReason
from workers.intake.national.sheet import Sheet
from workers.intake.national.wrong import Refusal

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?", re.ASCII)
OPEN_END = "9999-12-31"


def profile_of(national: National, sheet: Sheet) -> Profile:
    """The profile of the insured place; a division outside all lists is refused by its name and code."""
    division = sheet.needed("county")
    profile = national.by_division.get(division)
    if profile is None:
        raise Refusal(RejectReason.UNKNOWN_CODE, sheet.vocabulary.shown("county"), division, "A13")
    return profile


def meaning(sheet: Sheet, profile: Profile, word: str) -> str | None:
    """What the code of our word means; None where none is stated."""
    code = sheet.text(word)
    return None if code is None else known(sheet, profile, word, code)


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
