"""Flags, alerts and tasks: what is published of a person besides money."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.events.header import Output
from schemas.events.words import ClauseId, Day, Division, Document, Id, Measure, PersonKey, Sequence, Word, Year
from schemas.money import SignedYuan
from schemas.outputs.parts import BillRef, Cause

Scalar = bool | int | Annotated[str, Field(max_length=128)]
Details = Annotated[dict[Word, Scalar], Field(max_length=16)]
"""Facts for the officer: codes, counts, days, amounts as text; nothing of other people, nothing personal."""

FlagId = Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=r"^[A-Za-z0-9._:-]+$")]

ClauseList = Annotated[tuple[ClauseId, ...], Field(max_length=64)]


class FlagKind(StrEnum):
    """Entitlements that are not money from a bill."""

    INSURER_PREFERENCE = "insurer_preference"  # QN-2.1a, LZ-12c
    DEPOSIT_WAIVER = "deposit_waiver"  # QN-4.3b, LZ-21a, DT-3.5a
    TREAT_FIRST = "treat_first"  # JY-6c
    FAMILY_DOCTOR = "family_doctor"  # DT-3.5b
    CHECKUP_PACKAGE = "checkup_package"  # DT-3.5c
    NOT_ENROLLED = "not_enrolled"  # HS-3.3b
    PREMIUM_SUBSIDY = "premium_subsidy"
    TAX_LIST = "tax_list"  # QN-1.1d: who joins and leaves, for the tax office
    PAYMENT_EXTRACT = "payment_extract"  # QN-N1: own payment of the months before an application


class EntitlementFlagged(Output):
    """A flag goes up or down, or states something else; the last record of a `flag_id` holds."""

    type: Literal["entitlement.flagged"]
    sequence: Sequence
    person_key: PersonKey
    flag_id: FlagId | None = Field(None, description="names the flag of a person; its last record holds")
    kind: FlagKind
    up: bool
    measure: Measure
    county: Division | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    admission_id: Id | None = None
    amount: SignedYuan | None = None
    cause: Cause
    clauses: ClauseList = ()
    details: Details = Field(default_factory=dict)


class AlertKind(StrEnum):
    """Warnings and referrals that go to other offices."""

    FALLING_BACK = "falling_back"  # QN-2.2a, b; LZ-16a, b
    FALLING_IN = "falling_in"  # QN-2.2a, b; LZ-16c
    REFERRAL = "referral"  # QN-2.2e, HS-3.4b, LZ-17a, DT-3.7b
    LIST_MISSING = "list_missing"  # QN-1.1d
    APPROVAL_PENDING = "approval_pending"  # JY-7.4a
    PAYMENT_OVERDUE = "payment_overdue"  # LZ-23b
    FUND_SHORT = "fund_short"  # QN-3.1b, HS-3.1b, HS-4.2b
    BUDGET_FLOOR = "budget_floor"  # LZ-9a
    OVERPAYMENT = "overpayment"  # HS-3.2b
    PARAMETER_MISSING = "parameter_missing"  # X-A9, LZ-A8
    EXPIRY = "expiry"  # LZ-29b, DT-5c
    DEADLINE = "deadline"  # JY-4.2a


class AlertRaised(Output):
    """One alert per person (or county), year, kind and threshold."""

    type: Literal["alert.raised"]
    alert_id: Id
    sequence: Sequence
    person_key: PersonKey | None = Field(None, description="absent where it is about a county or a pool")
    kind: AlertKind
    measure: Measure
    year: Year | None = None
    county: Division | None = None
    bill: BillRef | None = None
    amount: SignedYuan | None = None
    threshold: SignedYuan | None = None
    cause: Cause
    clauses: ClauseList = ()
    details: Details = Field(default_factory=dict)


class TaskKind(StrEnum):
    """What a person has to look at."""

    CONFLICT = "conflict"
    CANCEL_WITHOUT_BILL = "cancel_without_bill"
    CANCEL_DIFFERS = "cancel_differs"  # a cancel gives back other amounts than its bill has
    NEEDS_PERSON = "needs_person"
    RECOVERY = "recovery"
    SECOND_OWNER = "second_owner"
    APPLICATION = "application"
    MANUAL_CLAIM = "manual_claim"
    OFFER = "offer"  # somebody may apply to be recognised (QN-1.3e)
    MEANS_TEST = "means_test"
    LIMIT = "limit"
    CLOSED_YEAR = "closed_year"
    TRANSFER = "transfer"
    UNRESOLVED = "unresolved"  # a line of a list whose certificate nobody knows; person_key is then the task's hash
    OBJECTION = "objection"
    RECOVERIES = "recoveries"  # all that an adoption would take back; person_key is then the adoption's hash
    UPSTREAM_MORE = "upstream_more"  # the platform paid more assistance on a bill than the law gives
    SHADOW_CHANGED = "shadow_changed"  # what we would have paid of a bill of the shadow has changed since the switch
    OTHER = "other"


class TaskOpened(Output):
    """Work for a person. The ledger closes a task whose cause disappears."""

    type: Literal["task.opened"]
    task_id: Id
    sequence: Sequence
    person_key: PersonKey
    kind: TaskKind
    bill: BillRef | None = None
    cause: Cause
    facts: Details = Field(default_factory=dict)


class Because(StrEnum):
    ORDER = "order"
    CAUSE_GONE = "cause_gone"


class TaskClosed(Output):
    """The end of a task: by an order of the office, or because its cause is gone."""

    type: Literal["task.closed"]
    task_id: Id
    sequence: Sequence
    person_key: PersonKey
    because: Because
    order_id: Id | None = None
    document: Document | None = None
    cause: Cause
