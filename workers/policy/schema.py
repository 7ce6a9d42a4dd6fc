"""The rulebook format `rulebook/1`: one TOML file per instrument revision, closed, every value cited.

See `docs/rulebook.md` for the clerk's description.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from workers.policy.names import IdentityName
from workers.policy.values import (
    ClauseId,
    DateValue,
    Id,
    Model,
    MoneyValue,
    Option,
    QuestionId,
    RateValue,
    executable,
)
from workers.policy.verbs_schema import AnyRule


class InstrumentTable(Model):
    """The document: title, number, when printed, from when to when it holds, and the file with its words."""

    title: str
    doc_no: str
    published: date | None = None
    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.txt$")]
    in_force: DateValue
    last_day: DateValue | None = None
    begins: Annotated[Option | None, executable("issue_date", "stated_date")] = None  # JY-A6, HS-A3
    ends: Annotated[Option | None, executable("day_before_anniversary", "anniversary")] = None  # LZ-A7
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    verified_on: date


class PlaceTable(Model):
    """Division codes of the insured places that this instrument governs."""

    region: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    counties: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]{6}$")], ...], Field(min_length=1)]
    note: str


class GovernsTable(Model):
    """Which date decides, how bills queue, what a change of class does to the counters."""

    benefit_date: Annotated[Option, executable("discharge", "settlement", "admission")]
    in_force_by: Annotated[Option, executable("benefit_date", "admission")]
    benefit_year: Annotated[Option, executable("calendar_year")]
    order: Annotated[Option, executable("arrival")]
    class_change: Annotated[Option, executable("carried", "fresh")]
    zero_reason: Annotated[Option, executable("own_reason", "named_after_limit")]


class Article(Model):
    """A part of the instrument: begins where `starts` first stands after the part before it."""

    no: str
    starts: Annotated[str, Field(min_length=2)]


class Reading(Model):
    id: Id
    text: str


class Question(Model):
    """A place where the text leaves something open: how it can be read, which reading is chosen and on what basis."""

    id: QuestionId
    text: str
    readings: Annotated[tuple[Reading, ...], Field(min_length=1)]
    chosen: Id
    basis: str
    decided_by: str
    decided_on: date


class Pool(Model):
    """Figures of a group for some kinds of care only, each pool with a counter of its own (JY-3.2.1, 3.2.2)."""

    id: Id
    name: str
    counter: Id
    clauses: Annotated[tuple[ClauseId, ...], Field(min_length=1)]
    rate: RateValue
    cap: MoneyValue | None = None


class Group(Model):
    """A class of the instrument with its figures; `rank` 1 is the highest.

    `pool` replaces rate and cap where care types differ; `like` names the group whose figures apply (HS-3.2e);
    `outside` names the outside figures that the instrument takes from another document (HS-3.2a).
    """

    id: Id
    name: str
    rank: Annotated[int, Field(ge=1)]
    identity: Annotated[tuple[IdentityName, ...], Field(min_length=1)]
    rate: RateValue | None = None
    deductible: MoneyValue | None = None
    cap: MoneyValue | None = None
    pool: tuple[Pool, ...] = ()
    like: Id | None = None
    outside: tuple[Id, ...] = ()


class OutsideFigure(Model):
    """A figure that the instrument takes from another document (X-A9); loaded apart, held without it."""

    id: Id
    name: str
    unit: Literal[
        "money", "date", "rate", "months", "days", "care_types", "money_by_year", "date_by_year", "rate_by_date"
    ]
    document: str
    clauses: tuple[ClauseId, ...]


class Rulebook(Model):
    """One instrument revision."""

    schema_: Annotated[Literal["rulebook/1"], Field(alias="schema")]
    measure: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: str
    revision: Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]+$")]
    layers: Annotated[tuple[Id, ...], Field(min_length=1)]
    instrument: InstrumentTable
    place: PlaceTable
    governs: GovernsTable
    article: Annotated[tuple[Article, ...], Field(min_length=1)]
    question: tuple[Question, ...] = ()
    figure: tuple[OutsideFigure, ...] = ()
    group: tuple[Group, ...] = ()
    rule: Annotated[tuple[AnyRule, ...], Field(min_length=1)]
