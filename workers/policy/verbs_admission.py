"""Verbs of admission: who the person is under the instrument, and which bills it takes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workers.policy.values import (
    Cite,
    ClauseId,
    Condition,
    CountValue,
    Id,
    Model,
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
    sub_class_missing: Annotated[Option | None, executable("held", "lowest_provisionally")] = None  # LZ-A9
    source: Annotated[Option | None, executable("named_department")] = None  # LZ-7a


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


class CarePool(Model):
    """Kinds of care that use the figures of the pool with this id, in whatever group."""

    pool: Id
    care_types: Annotated[tuple[str, ...], Field(min_length=1)]


class ChoosePool(Rule):
    """Which pool of the group serves the kind of care; a group without that pool: not covered; JY-3.2.1, 3.2.2."""

    do: Literal["choose_pool"]
    serves: Annotated[tuple[CarePool, ...], Field(min_length=1)]
    special_care_types: tuple[str, ...]
    special: Annotated[Option, executable("outpatient_pool", "special_as_inpatient", "only_special")]
    inside: Annotated[Option, executable("independent", "inside_inpatient")]
    outpatient: Id
    inpatient: Id


class RequireApplication(Rule):
    """The named groups are assisted only on application, reaching back; LZ-14.2a, LZ-A17."""

    do: Literal["require_application"]
    groups: tuple[Id, ...]
    reach: CountValue | None = None
    reach_figure: Id | None = None  # months that another document states
    serves: Annotated[Option, executable("recognition_in_force_or_next", "first_application_serves")]
    year: Annotated[Option, executable("own_year", "application_year")]
    later_bills: Annotated[Option | None, executable("as_long_as_identity")] = None  # LZ-A10


class ElsewhereOnApplication(Rule):
    """Insured or recognised elsewhere: after-the-fact application with proof; LZ-15a, LZ-15b."""

    do: Literal["elsewhere_on_application"]
    proof: Literal["not_assisted_proof"]
    way_in: Annotated[Option, executable("by_application")]
    residents: Annotated[Option, executable("like_registered", "registered_only")]  # LZ-5a


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
    one_of: tuple[str | bool, ...] = ()
    reason: Literal["scope_not_covered", "not_designated", "excluded", "uninsured", "figure_missing"]
    figure: Id | None = None  # the values that another document states, instead of `one_of`
    exceptions: tuple[Exception_, ...] = ()


class Exclusion(Model):
    """One finding: its code on the bill, or facts of the bill that amount to it.

    `unless_fact` names a fact of the person that lifts it; not stated: held. `if_unknown` says what becomes of a bill
    that does not state the facts of `when`.
    """

    code: str
    when: tuple[Condition, ...] = ()
    if_unknown: Literal["hold", "pass"] = "pass"
    unless_fact: Literal["mental_disorder"] | None = None
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
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
    """Discretion of the text, or a claim that another office takes: a person decides; JY-5.2.2, DT-3.7c.

    All conditions on the bill and all facts of the person hold. Not for people in `unless_groups`, nor for a bill that
    an approved application of the kind covers. `layers` are those that only the order of a person fills.
    """

    do: Literal["needs_person"]
    when: tuple[Condition, ...] = ()
    person: tuple[Literal["mental_disorder", "violence_risk"], ...] = ()
    unless_groups: tuple[Id, ...] = ()
    unless_approved: Literal["manual_claim"] | None = None
    only_if: OnlyIf | None = None
    layers: tuple[Id, ...] = ()
