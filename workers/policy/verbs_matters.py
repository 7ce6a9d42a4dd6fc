"""Verbs of other matters: premiums, waivers, flags, warnings, referrals, funds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.policy.names import IdentityName
from workers.policy.values import (
    Cite,
    ClauseId,
    Condition,
    CountValue,
    Id,
    Model,
    MoneyValue,
    OnlyIf,
    Option,
    RateValue,
    WordValue,
    YearValue,
    executable,
)
from workers.policy.verbs_admission import Rule


class Bracket(Model):
    """One condition on the person: an age on the day that the rule names, or a stated fact."""

    do: Literal["age_from", "age_below", "severe_disability", "disability_certificate"]
    years: CountValue | None = None  # of the two ages
    cite: Cite


class PremiumShare(Model):
    """What some people get of their contribution: a rate of it, or a fixed amount that another document states.

    `identity` names people who belong to no group of assistance (QN-1.2c); `brackets` restrict the share to members of
    whom one holds; `figure` is an amount by coverage year.
    """

    id: Id
    name: str
    groups: tuple[Id, ...] = ()
    identity: tuple[IdentityName, ...] = ()
    rate: RateValue | None = None
    figure: Id | None = None
    brackets: tuple[Bracket, ...] = ()
    payer: Id = "assistance_fund"
    only_if: OnlyIf | None = None
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]


class Premium(Rule):
    """Subsidy of the personal contribution, once per coverage year; QN-1.2a–e, JY-7.1a, LZ-11, DT-3.2a.

    `by_insurance` says whether the identities of `workers` take part when they are not in one of `insutypes` (QN-A18).
    `window_figure` names the last day of the collection window by coverage year; without it there is no window.
    """

    do: Literal["premium"]
    kind: Literal["basic", "supplementary"]
    shares: Annotated[tuple[PremiumShare, ...], Field(min_length=1)]
    insutypes: tuple[str, ...] = ()
    first_year: YearValue | None = None
    window_figure: Id | None = None
    booked_at: Literal["insured_place", "registration_place"] = "insured_place"
    workers: tuple[str, ...] = ()
    by_insurance: Annotated[Option | None, executable("resident_only", "every_insurance", "never")] = None
    decides: Annotated[Option, executable("payment_date", "window_end", "recognition_first", "any_of_the_year")]
    later: Annotated[Option | None, executable("later_in_window", "payment_date_only")] = None
    age_on: Annotated[Option | None, executable("payment_date", "first_of_coverage_year", "window_end")] = None
    lives_on: Annotated[Option | None, executable("treatment_only", "everything")] = None


class Waiver(Rule):
    """Deposit, prepayment or fee waived; QN-4.3b, JY-6c, LZ-21a, DT-3.5a–b."""

    do: Literal["waiver"]
    waives: Literal["deposit", "prepayment", "family_doctor_fee"]
    identities: tuple[str, ...]
    when: tuple[Condition, ...] = ()


class Preference(Rule):
    """Preference data for the major-illness insurer; QN-2.1a, LZ-12c."""

    do: Literal["preference"]
    groups: tuple[Id, ...]
    insutypes: tuple[str, ...]
    deductible_cut: RateValue
    rate_points: RateValue
    ceiling_removed: bool


class Warn(Rule):
    """An alert above a threshold; QN-2.2a, LZ-16b–c."""

    do: Literal["warn"]
    over: Literal["year", "single_stay"]
    amount: Literal["in_scope_after_assistance", "in_scope_after_insurance", "whole_own_payment"]
    edge: Literal["above", "at_or_above"]
    threshold: MoneyValue | None = None
    figure: Id | None = None
    groups: tuple[Id, ...] = ()
    rural_without_identity: bool = False


class Watch(Rule):
    """Something that should have happened by now; QN-1.1d, HS-3.3b, JY-7.4a, LZ-23b, LZ-29b."""

    do: Literal["watch"]
    matter: Literal["list_missing", "recognised_not_enrolled", "approval_pending", "payment_overdue", "expiry_near"]
    within: CountValue | None = None
    figure: Id | None = None


class Refer(Rule):
    """Referral to temporary or charity relief; QN-2.2e, HS-3.4b."""

    do: Literal["refer"]
    to: Literal["temporary_relief", "charity"]
    threshold: MoneyValue | None = None
    figure: Id | None = None


class AssignRest(Rule):
    """Somebody else carries what the person would still pay; HS-3.2c, HS-F2.2a."""

    do: Literal["assign_rest"]
    groups: Annotated[tuple[Id, ...], Field(min_length=1)]
    payer: Id
    includes: Annotated[tuple[Literal["in_scope", "out_of_scope", "premium"], ...], Field(min_length=1)]


class RouteFund(Rule):
    """The order of funds, never the split; QN-3.1a, JY-7.1b, HS-3.1b."""

    do: Literal["route_fund"]
    layers: Annotated[tuple[Id, ...], Field(min_length=1)]
    order: Annotated[tuple[Id, ...], Field(min_length=1)]
    groups: tuple[Id, ...] = ()  # none: everybody for whom no other rule of this verb holds
    serves: Annotated[Option | None, executable("all_assistance", "premium_only")] = None  # JY-A10


class FundFigure(Rule):
    """Yearly sums of a fund: prepayment, reserve, repayment, floor; JY-4.2a, HS-3.1, LZ-9a."""

    do: Literal["fund_figure"]
    kind: Literal[
        "prepayment_quota", "yearly_clearing", "reserve_advance", "reserve_repayment", "budget_floor", "lottery_share"
    ]
    rate: RateValue | None = None
    amount: MoneyValue | None = None
    due: WordValue | None = None
