"""Amounts of a message in fen (A1, A8, A9): decimals with at most two places, texts or numbers as spelled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schemas.money import FEN_MAX, text_of
from schemas.reasons import RejectReason
from workers.intake.national.sheet import Sheet
from workers.intake.national.wrong import Refusal

_AMOUNT = re.compile(r"(-?)(0|[1-9][0-9]{0,13})(?:\.([0-9]{1,2}))?", re.ASCII)

Amounts = dict[str, int]
"""Our word → fen; what was not stated is not in it."""


def fen_of_spelling(value: object) -> int | None:
    """Fen of an amount as the platform spells it ("12.3", 12.30, -0.00); None for every other spelling (A1)."""
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    sign, whole, places = found.groups()
    fen = int(whole) * 100 + int((places or "0").ljust(2, "0"))
    if fen > FEN_MAX:
        return None
    return -fen if sign else fen


def amounts_of(sheet: Sheet) -> Amounts:
    """Every amount that the answer states, with its sign."""
    found: Amounts = {}
    for word, names in sheet.vocabulary.amounts.items():
        fen = _stated(sheet, word, names)
        if fen is not None:
            found[word] = fen
    return found


def _stated(sheet: Sheet, word: str, names: tuple[str, ...]) -> int | None:
    known: int | None = None
    null: str | None = None
    for part in sheet.said:
        for name in names:
            if name not in part:
                continue
            value = part[name]
            if value is None or value == "":
                null = name
                continue
            fen = fen_of_spelling(value)
            if fen is None:
                raise Refusal(RejectReason.BAD_AMOUNT, name, check="A1")
            if known is not None and known != fen:
                raise Refusal(RejectReason.BAD_SUM, name, check="A1")
            known = fen
    if known is None and null is not None and word not in sheet.vocabulary.nullable:
        raise Refusal(RejectReason.BAD_AMOUNT, null, check="A9")
    return known


def null_stated(sheet: Sheet, word: str) -> bool:
    """Whether the answer names this amount and leaves it empty, under none of its names a value."""
    values = [part[name] for part in sheet.said for name in sheet.vocabulary.amounts[word] if name in part]
    return bool(values) and all(value is None or value == "" for value in values)


def negated(amounts: Amounts) -> Amounts:
    """What a cancel gives back, as amounts ≥ 0."""
    return {word: -fen for word, fen in amounts.items()}


def not_negative(sheet: Sheet, amounts: Amounts) -> None:
    """A8 without history: a bill has no negative amount, a cancel (negated) no positive one."""
    for word, fen in amounts.items():
        if fen < 0:
            raise Refusal(RejectReason.BAD_SIGN, sheet.vocabulary.shown(word), check="A8")


def funds_of(sheet: Sheet) -> list[tuple[str, int]] | None:
    """Fund code and fen of every item of `setldetail`; None where the list is absent or blank."""
    found = []
    for item in sheet.lists.get("setldetail", ()):
        code, value = item.get("fund_pay_type"), item.get("fund_payamt")
        if value is None or value == "":
            continue  # a blank line of the list (A6 is over what is filled in)
        fen = fen_of_spelling(value)
        if fen is None:
            raise Refusal(RejectReason.BAD_AMOUNT, "fund_payamt", check="A1")
        finer = item.get("setl_proc_info")
        other = isinstance(code, str) and code in sheet.vocabulary.other_funds
        named = finer if other and isinstance(finer, str) and finer else code
        found.append((str(named or ""), fen))
    return found or None


def wire_amounts(amounts: Mapping[str, int], words: tuple[str, ...]) -> dict[str, Any]:
    """These amounts as they stand in our events."""
    return {word: text_of(amounts[word]) for word in words if word in amounts}
