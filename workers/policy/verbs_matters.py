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


class AdmissionCondition(Model):
    """A fact of the admission has one of the values; `is_not` inverts."""

    fact: Literal["place", "designated", "primary_care_first", "referral", "supplementary"]
    one_of: tuple[str | bool, ...] = ()
    is_not: tuple[str | bool, ...] = ()


class Bracket(Model):
    """One condition on the person: an age on the day that the rule names, or a stated fact."""

    do: Literal["age_from", "age_below", "severe_disability", "disability_certificate"]
    years: CountValue | None = None  # of the two ages
    cite: Cite


class PremiumShare(Model):
    """What some people get of their contribution: a rate of it, or a fixed amount that another document states.

    `identity` names people who belong to no group of assistance (QN-1.2c); `brackets` restrict the share to members of
    whom one holds; `figure` is an amount by coverage year; `payers` are funds in their order.
    """

    id: Id
    name: str
    groups: tuple[Id, ...] = ()
    names: tuple[str, ...] = ()  # only these of the groups
    identity: tuple[IdentityName, ...] = ()
    everybody: Literal[True] | None = None  # nobody needs an identity (DT-3.2a)
    rate: RateValue | None = None
    figure: Id | None = None
    brackets: tuple[Bracket, ...] = ()
    payers: Annotated[tuple[Id, ...], Field(min_length=1)] = ("assistance_fund",)
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
    """Deposit, prepayment or fee waived; QN-4.3b, JY-6c, LZ-21a, DT-3.5a–b.

    For a stay: the identity on the day of admission and facts of the admission. `identities` are names of the groups
    (none: nobody needs one); `more` are names that take part only under a reading (QN-A17).
    """

    do: Literal["waiver"]
    waives: Literal["deposit", "prepayment", "family_doctor_fee"]
    identities: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    more_if: OnlyIf | None = None
    when: tuple[AdmissionCondition, ...] = ()
    lives_on: Annotated[Option | None, executable("treatment_only", "everything")] = None


class Preference(Rule):
    """Preference data for the major-illness insurer; QN-2.1a, LZ-12c. `identities` restrict the groups by name."""

    do: Literal["preference"]
    groups: tuple[Id, ...] = ()
    identities: tuple[str, ...] = ()
    insutypes: tuple[str, ...]
    deductible_cut: RateValue
    rate_raise: RateValue
    raise_by: Annotated[Option, executable("points", "factor")]  # LZ-A15
    ceiling_removed: bool
    workers: tuple[str, ...] = ()
    by_insurance: Annotated[Option | None, executable("resident_only", "every_insurance", "never")] = None


class Announce(Rule):
    """Who joins and leaves, for another office; QN-1.1d."""

    do: Literal["announce"]
    to: Literal["tax_office"]


class Warn(Rule):
    """An alert above a threshold; QN-2.2a, LZ-16b–c.

    `who`: everybody with an identity, with one of `identities`, without any, or rural people without any. Over a year
    whoever has an identity on some day of it has one; for a single stay the day of discharge decides (LZ-A18).
    """

    do: Literal["warn"]
    kind: Literal["falling_back", "falling_in"]
    over: Literal["year", "single_stay"]
    who: Literal["with_identity", "listed", "without_identity", "rural_without_identity"]
    identities: tuple[str, ...] = ()
    burden: Annotated[
        Option,
        executable("in_scope_after_all", "including_out_of_scope", "before_second_layer", "in_scope_after_insurance"),
    ]
    edge: Literal["above", "at_or_above"]
    threshold: MoneyValue | None = None
    figure: Id | None = None
    fed_by: Annotated[Option | None, executable("all_bills", "accepted_only")] = None  # QN-A22
    institutions: Annotated[Option | None, executable("designated_only", "all_institutions")] = None  # LZ-A19
    recognised: Annotated[Option | None, executable("on_the_day", "retro_counts")] = None  # LZ-A18


class Refer(Rule):
    """Referral to temporary or charity relief above a yearly burden; QN-2.2e, HS-3.4b, LZ-17a. Once a year."""

    do: Literal["refer"]
    to: Annotated[tuple[Literal["temporary_relief", "charity", "red_cross"], ...], Field(min_length=1)]
    burden: Annotated[Option, executable("in_scope_after_all", "including_out_of_scope")]
    edge: Literal["above", "at_or_above"]
    threshold: MoneyValue | None = None
    figure: Id | None = None
    fed_by: Annotated[Option | None, executable("all_bills", "accepted_only")] = None


class OfferGroup(Rule):
    """A bill that no identity covers points to a group on application; QN-1.3e, QN-A16. One task a year."""

    do: Literal["offer_group"]
    group: Id
    insutypes: tuple[str, ...]
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]


class Extract(Rule):
    """What the applicant for a group paid in the months before: for the means test of people; QN-N1, QN-4.2c."""

    do: Literal["extract"]
    group: Id
    application: Literal["class_recognition"]
    reach: CountValue


class Watch(Rule):
    """Something that should have happened by now; QN-1.1d, HS-3.3b, JY-7.4a, LZ-29b, DT-5c."""

    do: Literal["watch"]
    matter: Literal["list_missing", "recognised_not_enrolled", "approval_pending", "expiry_near"]
    identities: tuple[IdentityName, ...] = ()  # whom to enrol besides the groups (HS-3.3a)
    insutypes: tuple[str, ...] = ()
    within: CountValue | None = None
    figure: Id | None = None


class AssignRest(Rule):
    """Somebody else carries what people of these names would still pay of a bill; HS-3.2c, HS-F2.2a."""

    do: Literal["assign_rest"]
    identities: Annotated[tuple[str, ...], Field(min_length=1)]
    payer: Id
    payer_name: str
    carries: Annotated[Option, executable("whole_rest", "to_be_found")]  # HS-A4


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
