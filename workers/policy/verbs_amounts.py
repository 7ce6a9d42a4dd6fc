"""Verbs of amounts: the base, what is taken off, rates, caps, and the layers above the ordinary one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.policy.values import (
    AmountFact,
    Band,
    Condition,
    CountValue,
    Id,
    Model,
    MoneyValue,
    OnlyIf,
    Option,
    RateValue,
    executable,
)
from workers.policy.verbs_admission import Rule


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
    phase_out: Annotated[Option | None, executable("unchanged_until_loaded")] = None  # LZ-A8
    phase_out_figure: Id | None = None  # rates by the day from which each holds, stated by another document
    phase_out_identities: tuple[str, ...] = ()


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
    nesting: Annotated[Option | None, executable("nested", "single_counter", "separate")] = None
    rest_counter: Id | None = None  # counter of the other bills where the limits stand side by side


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
    unreferred: Annotated[Option | None, executable("ordinary_unchanged")] = None  # LZ-A5


class ReportedLayer(Rule):
    """A layer that another policy pays: told as the platform reports it, posted to nobody; DT-3.0, DT-A10."""

    do: Literal["reported_layer"]
    layer: Id
    counter: Id
    fact: Literal["assistance_paid_upstream"]


class RunningClaim(Rule):
    """A yearly claim by the burden so far; each bill pays the difference to what was paid; JY-3.2.3, DT-3.4a.

    Bands of fixed sums, or all that lies above `down_to` once the burden passes `threshold`. `groups`: who has it (none
    named: everybody); `more_groups` only under the readings of `more_groups_if`.
    """

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
    fed_by: Annotated[Option | None, executable("accepted_bills", "all_bills")] = None  # JY-A5
    groups: tuple[Id, ...] = ()
    more_groups: tuple[Id, ...] = ()
    more_groups_if: OnlyIf | None = None
    days: Annotated[Option | None, executable("inside_identity", "whole_calendar_year")] = None  # DT-A11


class RetroBenefit(Rule):
    """A payment per recognition for bills of a window before it; DT-3.3.

    `identities` are the names whose new recognition opens the window; `more_identities` only under `more_if`. `limit`
    holds for each recognition and for all of a year.
    """

    do: Literal["retro_benefit"]
    layer: Id
    counter: Id
    identities: Annotated[tuple[str, ...], Field(min_length=1)]
    more_identities: tuple[str, ...] = ()
    more_if: OnlyIf | None = None
    from_months: CountValue
    to_months: CountValue
    months: Annotated[Option, executable("months_7_to_12", "whole_12_months")]
    base: Annotated[Option, executable("in_scope", "including_out_of_scope")]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    arithmetic: Annotated[Option, executable("slab", "marginal")]
    limit: MoneyValue
    year: Annotated[Option, executable("recognition", "cost")]
    twice: Annotated[Option, executable("bill_once", "each_window")]
    again: Annotated[Option, executable("gap_counts_as_new", "first_only")]


class YearlyAllowance(Rule):
    """A yearly sum that check-ups use up, for insured people under management; DT-3.5c, DT-A14."""

    do: Literal["yearly_allowance"]
    limit: MoneyValue
    funds: Annotated[tuple[Id, ...], Field(min_length=1)]
    covers: Annotated[Option, executable("managed_and_insured")]
