"""What decides the matters of a person: facts, records that are no bills, burdens, the last closed date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from workers.policy.types import PersonFacts


class PremiumPaid(NamedTuple):
    """One personal contribution that was paid; `standard` is the contribution of the coverage year in fen."""

    region: str
    payment_id: str
    coverage_year: int
    paid_on: date
    standard: int
    kind: str  # "basic" | "supplementary"
    county: str  # insured place
    insutype: str | None = None


class Admission(NamedTuple):
    """One stay as registered. Facts bear the names of `BillFacts`, so that conditions of rules read them alike."""

    region: str
    admission_id: str
    admitted_on: date
    county: str  # insured place
    place: str
    designated: bool
    primary_care_first: bool
    referral: str
    supplementary: bool
    discharged_on: date | None = None


class Checkup(NamedTuple):
    """One check-up of the package, amount in fen."""

    region: str
    checkup_id: str
    performed_on: date
    amount: int
    chronic_management: bool
    supplementary: bool | None = None


class Recorded(NamedTuple):
    """What was recorded of a person besides bills and facts of identity; sorted by id, without what was withdrawn."""

    premiums: tuple[PremiumPaid, ...] = ()
    admissions: tuple[Admission, ...] = ()
    checkups: tuple[Checkup, ...] = ()
    family_doctor: bool | None = None


Burdens = Mapping[str, int]
"""Fen by burden key: `<year>|<measure>|<name>`, or `<name>|<measure>|<id>` for one that is not of a year."""


class Situation(NamedTuple):
    """All that decides the matters of a person. Equal situations give equal matters."""

    person: PersonFacts
    recorded: Recorded
    burdens: Burdens
    closed: date | None  # last closed business date, None before the first
    billed: tuple[str, ...] = ()  # insured places of the bills that stand


class Result(NamedTuple):
    """What became of one decided bill: reason code, fen by layer, benefit date."""

    reason: str
    layers: Mapping[str, int]
    benefit_date: date
    year: int


def burden_key(year: int, measure: str, name: str) -> str:
    """Key of a yearly burden."""
    return f"{year}|{measure}|{name}"
