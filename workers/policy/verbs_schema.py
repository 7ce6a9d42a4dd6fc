"""The closed list of verbs: what the five measures say, each as one model. A verb outside this list is a load error.

Verbs of admission, identity, amount, layers, then of premiums, flags, warnings and funds. The engine refuses at load a
rulebook that uses a verb it cannot execute yet (`workers.policy.verbs.IMPLEMENTED`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.policy.values import (
    AmountFact,
    Band,
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
    executable,
)


class Rule(Model):
    """What every rule has: its place in the law and its Chinese name."""

    id: Id
    name: str
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    cite: Annotated[tuple[Cite, ...], Field(min_length=1)]


# --- who -------------------------------------------------------------------------------------------------------------
class ChooseIdentity(Rule):
    """The group of the person on the benefit date; QN-A7, LZ-6."""

    do: Literal["choose_identity"]
    several: Annotated[Option, executable("highest", "latest")]
    without_identity: Annotated[Option, executable("no_payment")]
    ends_in_hospital: Annotated[Option, executable("benefit_date", "admission")]
    death_day: Annotated[Option, executable("last_day_with", "first_day_without")]


class GraceMonth(Rule):
    """Entitlement lives on to the end of the month of removal; QN-1.2g."""

    do: Literal["grace_month"]
    until: WordValue
    reach: Annotated[Option, executable("leaving_hardship_only", "next_month_for_every_removal")]
    lower_class_in_month: Annotated[Option, executable("old_class_lives_on", "grace_ends")]


class RetroWindow(Rule):
    """Bills before recognition count when they lie within a window before the application; QN-4.2d, LZ-14.2a."""

    do: Literal["retro_window"]
    groups: Annotated[tuple[Id, ...], Field(min_length=1)]
    reach: CountValue
    date: Annotated[Option, executable("settlement", "discharge")]
    year: Annotated[Option, executable("own_year", "application_year")]


class StayInProgress(Rule):
    """Who leaves a group while in hospital is assisted for that stay; JY-5.1.2b."""

    do: Literal["stay_in_progress"]
    care_types: tuple[str, ...]
    admitted: Annotated[Option, executable("before_removal", "up_to_removal")]
    reach: Annotated[Option, executable("leaving_a_group", "leaving_all_groups")]


class RequireMember(Rule):
    """Only people enrolled in the named insurance of the named places; JY-3.1a, JY-7.2b."""

    do: Literal["require_member"]
    insutypes: tuple[str, ...]
    from_day: Annotated[Option, executable("later_of_registration_and_tag")]


class RequireApplication(Rule):
    """The named groups are assisted only on application, reaching back; LZ-14.2a, LZ-A17."""

    do: Literal["require_application"]
    groups: tuple[Id, ...]
    reach: CountValue
    serves: Annotated[Option, executable("recognition_in_force_or_next", "first_application_serves")]
    year: Annotated[Option, executable("own_year", "application_year")]


class ElsewhereOnApplication(Rule):
    """Insured or recognised elsewhere: after-the-fact application with proof; LZ-15a, LZ-15b."""

    do: Literal["elsewhere_on_application"]
    proof: Literal["not_assisted_proof"]


class OnceOnApplication(Rule):
    """Uninsured people: the bills of one application at a part of the standard, once; QN-1.3b."""

    do: Literal["once_on_application"]
    application: Literal["uninsured_once"]
    insutypes: Annotated[tuple[str, ...], Field(min_length=1)]
    factor: RateValue
    applies_to: Annotated[
        Option, executable("rate_halved", "payment_halved", "rate_and_cap_halved", "rate_halved_once_in_life")
    ]
    combined_with_cut: Annotated[Option, executable("minus_then_half", "half_then_minus")]


# --- which bills -----------------------------------------------------------------------------------------------------
class Exception_(Model):
    """When all conditions hold, the requirement is met otherwise; `needs_person_if` hands the bill to a person."""

    id: Id
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    only_if: OnlyIf | None = None
    needs_person_if: OnlyIf | None = None


class Require(Rule):
    """A fact of the bill must have one of the values, or an exception must hold. Not stated: held."""

    do: Literal["require"]
    fact: Literal["care_type", "designated", "formal_receipt", "insured", "place"]
    one_of: Annotated[tuple[str | bool, ...], Field(min_length=1)]
    reason: Literal["scope_not_covered", "not_designated", "excluded", "uninsured"]
    exceptions: tuple[Exception_, ...] = ()


class Exclusion(Model):
    code: str
    unless_fact: str | None = None
    cite: Cite


class Exclude(Rule):
    """Findings that exclude a bill; JY-8.1a–e."""

    do: Literal["exclude"]
    codes: Annotated[tuple[Exclusion, ...], Field(min_length=1)]


class Hold(Rule):
    """The bill waits until the facts are there; QN-2.1b."""

    do: Literal["hold"]
    until: Annotated[tuple[Literal["insurance_settled", "in_scope_personal"], ...], Field(min_length=1)]
    insured_only: bool
    reason: Literal["insurance_result_missing", "figure_missing", "fact_missing"]


class NeedsPerson(Rule):
    """Discretion of the text: a person decides."""

    do: Literal["needs_person"]
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]


# --- how much --------------------------------------------------------------------------------------------------------
class BaseAmount(Rule):
    """The sum that assistance is computed from; QN-2.1c, LZ-13a."""

    do: Literal["base_amount"]
    fields: Annotated[tuple[AmountFact, ...], Field(min_length=1)]
    uninsured_fields: tuple[AmountFact, ...] = ()
    outside: tuple[AmountFact, ...]
    supplementary: Annotated[Option, executable("as_reported", "added_back")]


class Offset(Rule):
    """Payments of others that lower the base; DT-3.3a."""

    do: Literal["offset"]
    fields: Annotated[tuple[AmountFact, ...], Field(min_length=1)]


class SubtractDeductible(Rule):
    """The group's deductible, filled over the year by all scopes together and taken once; QN-N3."""

    do: Literal["subtract_deductible"]
    period: Literal["year"]
    counter: Id
    fills: Annotated[Option, executable("withheld_only", "all_in_scope_payments")]


class CutRate(Rule):
    """Percentage points off the rate; QN-1.3c."""

    do: Literal["cut_rate"]
    points: RateValue
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    exempt: tuple[Condition, ...] = ()
    exempt_if: OnlyIf | None = None


class SingleRate(Rule):
    """One rate for the whole eligible amount, that of the group."""

    do: Literal["single_rate"]
    figure: Literal["rate"]


class MarginalBands(Rule):
    """Each slice at its own rate."""

    do: Literal["marginal_bands"]
    over: Literal["this_bill", "year"]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


class SlabBands(Rule):
    """One rate or sum for the whole amount, chosen by the band it falls in; has cliffs."""

    do: Literal["slab_bands"]
    over: Literal["this_bill", "year", "window"]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]


class CapEvent(Rule):
    """Limit of one bill's layer."""

    do: Literal["cap_event"]
    layer: Id
    limit: MoneyValue


class NestedCap(Model):
    """A smaller limit inside the yearly one, for bills that meet the conditions; LZ-A1."""

    when: tuple[Condition, ...]
    limit: MoneyValue
    counter: Id


class CapYear(Rule):
    """The group's yearly limit of a layer, shared by the scopes; QN-N3, JY-A2 (a rule per pool)."""

    do: Literal["cap_year"]
    layer: Id
    counter: Id
    care_types: tuple[str, ...] = ()
    nested: tuple[NestedCap, ...] = ()
    nesting: Annotated[Option | None, executable("nested", "single_counter", "separate", "person_level")] = None


class Round(Rule):
    """Where and how layers are rounded; X-A3."""

    do: Literal["round"]
    to: Literal["0.01"]
    each: Literal["layer_of_bill"]
    mode: Annotated[Option, executable("half_up", "truncate", "half_even")]


# --- second layers ---------------------------------------------------------------------------------------------------
class TopUp(Rule):
    """A further layer on what lies above the ordinary cap, on application; QN-1.4a–c."""

    do: Literal["top_up"]
    layer: Id
    counter: Id
    application: Literal["tilt"]
    reach: Annotated[Option, executable("whole_year", "bills_before", "named_bills")]
    base: Annotated[Option, executable("expense_over_cap", "excess_entitlement", "all_residual")]
    place: Annotated[Option, executable("literal", "rescue_counts", "without_fault_counts")]
    rate: RateValue
    limit: MoneyValue
    not_for: tuple[Literal["once_on_application"], ...] = ()


class ThresholdShare(Rule):
    """A share of the yearly own payment above a threshold, automatic; LZ-14.3a."""

    do: Literal["threshold_share"]
    layer: Id
    counter: Id
    burden_counter: Id
    threshold: MoneyValue
    rate: RateValue
    over_cap_part: Annotated[Option, executable("counts", "over_cap_excluded")]
    filled_by: Annotated[Option, executable("qualifying_bills", "all_burden_fills_line")]


class RunningClaim(Rule):
    """A yearly claim by the burden so far; each bill pays the difference to what was paid; JY-3.2.3, DT-3.4a."""

    do: Literal["running_claim"]
    layer: Id
    counter: Id
    burden_counter: Id
    burden: Annotated[Option, executable("whole_own_payment", "over_cap_only", "in_scope_only")]
    step: Annotated[Option, executable("cumulative", "per_event")]
    edge: Annotated[Option, executable("at_or_above", "above")]
    bands: tuple[Band, ...] = ()
    threshold: MoneyValue | None = None
    down_to: MoneyValue | None = None


class RetroBenefit(Rule):
    """A payment per recognition for bills of a window before it; DT-3.3."""

    do: Literal["retro_benefit"]
    layer: Id
    counter: Id
    from_months: CountValue
    to_months: CountValue
    months: Annotated[Option, executable("months_7_to_12", "whole_12_months")]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    arithmetic: Annotated[Option, executable("slab", "marginal")]
    limit: MoneyValue
    year: Annotated[Option, executable("recognition", "cost", "payment")]
    twice: Annotated[Option, executable("bill_once", "each_window")]


class YearlyAllowance(Rule):
    """A yearly sum that entries use up; DT-3.5c."""

    do: Literal["yearly_allowance"]
    counter: Id
    limit: MoneyValue


# --- premium, flags, warnings, funds ---------------------------------------------------------------------------------
class PremiumShare(Model):
    groups: tuple[Id, ...]
    rate: RateValue | None = None
    figure: Id | None = None  # fixed amount from outside (LZ-11c)
    brackets: tuple[Literal["age_60_or_more", "under_18", "severe_disability"], ...] = ()
    payer: Id = "assistance_fund"


class Premium(Rule):
    """Subsidy of the personal contribution, once per coverage year; QN-1.2a–e, JY-7.1a, LZ-11, DT-3.2a."""

    do: Literal["premium"]
    kind: Literal["basic", "supplementary"]
    shares: Annotated[tuple[PremiumShare, ...], Field(min_length=1)]
    window_figure: Id | None = None
    decides: Annotated[
        Option, executable("payment_date_or_later_in_window", "payment_date_only", "window_end", "recognition_first")
    ]


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
    groups: tuple[Id, ...] = ()


class FundFigure(Rule):
    """Yearly sums of a fund: prepayment, reserve, repayment, floor; JY-4.2a, HS-3.1, LZ-9a."""

    do: Literal["fund_figure"]
    kind: Literal[
        "prepayment_quota", "yearly_clearing", "reserve_advance", "reserve_repayment", "budget_floor", "lottery_share"
    ]
    rate: RateValue | None = None
    amount: MoneyValue | None = None
    due: WordValue | None = None


AnyRule = Annotated[
    ChooseIdentity | GraceMonth | RetroWindow | StayInProgress | RequireMember | RequireApplication
    | ElsewhereOnApplication | OnceOnApplication | Require | Exclude | Hold | NeedsPerson | BaseAmount | Offset
    | SubtractDeductible | CutRate | SingleRate | MarginalBands | SlabBands | CapEvent | CapYear | Round | TopUp
    | ThresholdShare | RunningClaim | RetroBenefit | YearlyAllowance | Premium | Waiver | Preference | Warn | Watch
    | Refer | AssignRest | RouteFund | FundFigure,
    Field(discriminator="do"),
]  # fmt: skip
