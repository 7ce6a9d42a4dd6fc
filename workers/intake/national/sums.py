"""The identities of a settlement to the fen (I1–I5) and the bounds that need no history (A2–A7, A10, A11).

Amounts are fen ≥ 0: those of a cancel come negated. Nothing is rounded and nothing is tolerated: every public sample of
the platform balances exactly.
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.national.load import Profile
from schemas.reasons import RejectReason
from workers.intake.national.amounts import Amounts, funds_of
from workers.intake.national.sheet import Sheet
from workers.intake.national.wrong import Refusal

_PARTS = ("out_of_scope", "over_limit_price_pay", "class_b_first_pay", "in_scope")


class Balanced(NamedTuple):
    """Amounts that balance, with what follows from them; `warnings` are the checks that were not met but do not refuse.

    `fund_total` is without the personal account, whatever the region's own total contains.
    """

    amounts: Amounts
    warnings: tuple[str, ...]


def balanced(sheet: Sheet, profile: Profile, stated: Amounts, *, derive: bool = False) -> Balanced:
    """The amounts with absent ones filled in; Refusal(bad_sum) where an identity is broken.

    `derive`: the hospital's share was left empty and is what I3 leaves for it, as cancels come back (not below zero).
    """
    vocabulary = sheet.vocabulary
    for word in vocabulary.required:
        if word not in stated:
            raise Refusal(RejectReason.BAD_AMOUNT, vocabulary.shown(word), check="A9")
    zero = dict.fromkeys((*vocabulary.funds, "account_pay", "hospital_share"), 0)
    amounts = {**zero, **stated}
    person_stated = "person_total" in amounts
    amounts.setdefault("person_total", amounts["account_pay"] + amounts["cash_pay"])
    if amounts["total_fee"] != sum(amounts[part] for part in _PARTS):
        raise Refusal(RejectReason.BAD_SUM, "medfee_sumamt", check="I1")
    amounts["fund_total"] = _fund_total(profile, amounts, vocabulary.funds, derive)
    warnings = [] if not person_stated else _own_payment(amounts)
    _bounds(sheet, amounts)
    warnings += _funds(sheet, amounts)
    return Balanced(amounts, tuple(warnings))


def _fund_total(profile: Profile, amounts: Amounts, funds: tuple[str, ...], derive: bool) -> int:
    """I2 and I3; with the region's switch both contain the personal account, and own payment is the cash alone."""
    paid, total = sum(amounts[word] for word in funds), amounts["fund_total"]
    switch, account = profile.fund_total_includes_account, amounts["account_pay"]
    includes = switch == "yes" or (switch == "either" and total != paid)
    if total != paid + (account if includes else 0):
        raise Refusal(RejectReason.BAD_SUM, "fund_pay_sumamt", check="I2")
    own = amounts["cash_pay"] if includes else amounts["person_total"]
    if derive:
        amounts["hospital_share"] = max(0, amounts["total_fee"] - total - own)
    if amounts["total_fee"] != total + own + amounts["hospital_share"]:
        raise Refusal(RejectReason.BAD_SUM, "medfee_sumamt", check="I3")
    return paid


def _own_payment(amounts: Amounts) -> list[str]:
    """I4; off by just what a relative's account paid is a warning, since provinces differ on where it is counted."""
    own = amounts["account_pay"] + amounts["cash_pay"]
    if amounts["person_total"] == own:
        return []
    shared = amounts.get("account_shared", 0)
    if shared and amounts["person_total"] == own + shared:
        return ["A5"]
    raise Refusal(RejectReason.BAD_SUM, "psn_part_amt", check="I4")


def _bounds(sheet: Sheet, amounts: Amounts) -> None:
    for word in ("deductible_paid", "pool_pay"):
        if amounts.get(word, 0) > amounts["in_scope"]:
            raise Refusal(RejectReason.BAD_SUM, sheet.vocabulary.shown(word), check="A10")
    for word in sheet.vocabulary.funds:
        if amounts[word] > amounts["total_fee"]:
            raise Refusal(RejectReason.BAD_SUM, sheet.vocabulary.shown(word), check="A10")


def _funds(sheet: Sheet, amounts: Amounts) -> list[str]:
    """I5 and A7 over `setldetail`: cross-checks only, since the list is filled differently from place to place."""
    funds = funds_of(sheet)
    if funds is None:
        return []
    paid = amounts["fund_total"] + amounts["account_pay"] + amounts["hospital_share"]
    warnings = [] if abs(sum(fen for _, fen in funds)) == paid else ["A6"]
    groups = sheet.vocabulary.assistance_funds
    if abs(sum(fen for code, fen in funds if code[:4] in groups)) != amounts["assistance_paid_upstream"]:
        warnings.append("A7")
    return warnings


def own_in_scope(profile: Profile, amounts: Amounts) -> tuple[int, list[str]]:
    """Own payment in scope after all insurances, the base of assistance, in fen; and A11.

    What the person did not pay at all is no own payment: where the hospital bears a share, the base ends at what the
    person paid, assistance of the platform included.
    """
    base = amounts["in_scope"] - sum(amounts[word] for word in profile.base_deducts)
    most = amounts["person_total"] + amounts["assistance_paid_upstream"]
    warnings = []
    if base < 0 or base > most:
        warnings.append("A11")
        base = max(0, min(base, most))
    if amounts["assistance_paid_upstream"] > base:
        warnings.append("A11")
    return base, warnings[:1]
