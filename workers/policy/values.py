"""The small words of a rulebook: citations, cited values, options that a question decides, conditions on facts."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainValidator, Tag

from schemas.money import fen_of

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ClauseId = Annotated[str, Field(pattern=r"^(QN|JY|HS|LZ|DT|X)-[A-Za-z0-9.]+$")]
QuestionId = Annotated[str, Field(pattern=r"^((QN|JY|HS|LZ|DT)|X)-A[0-9]+(\.[a-z]+)?$")]


class Model(BaseModel):
    """Closed and frozen: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def rate_of(text: object) -> Fraction:
    """Exact rate of "70%" or "2/37"; a bare float is refused because it has lost its exactness."""
    if not isinstance(text, str):
        raise ValueError('a rate is a text such as "70%" or "2/37"')
    try:
        value = Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError('a rate is a text such as "70%" or "2/37"') from error
    if not 0 <= value <= 1:
        raise ValueError("a rate lies between 0% and 100%")
    return value


Rate = Annotated[Fraction, PlainValidator(rate_of)]
Money = Annotated[int, BeforeValidator(fen_of), Field(ge=0)]


class LiteralCite(Model):
    """The words stand in the instrument; the loader proves it, and that a cited number stands in the words."""

    kind: Literal["literal"]
    article: str
    quote: Annotated[str, Field(min_length=2)]


class ReferenceCite(Model):
    """The instrument points to another of its figures (参照, 同…一致): a path such as `group.class_3.cap`."""

    kind: Literal["by_reference"]
    to: str


class ReadingCite(Model):
    """The text leaves it open; a `[[question]]` says how it is read. With `reading`, the value exists only so."""

    kind: Literal["by_reading"]
    question: QuestionId
    reading: Id | None = None


Cite = Annotated[LiteralCite | ReferenceCite | ReadingCite, Field(discriminator="kind")]


class RateValue(Model):
    value: Rate
    cite: Cite


class MoneyValue(Model):
    value: Money
    cite: Cite


class CountValue(Model):
    value: Annotated[int, Field(ge=0)]
    unit: Literal["months", "years", "days"]
    cite: Cite


class YearValue(Model):
    value: Annotated[int, Field(ge=2000, le=2199)]
    cite: Cite


class WordValue(Model):
    value: str
    cite: Cite


class DateValue(Model):
    value: date
    cite: Cite


class Choice(Model):
    """The option is whatever reading the named question has chosen."""

    question: QuestionId


def _option_tag(value: Any) -> str:
    named = value.get("question") if isinstance(value, dict) else getattr(value, "question", None)
    return "choice" if named is not None else "stated"


Option = Annotated[Annotated[Choice, Tag("choice")] | Annotated[WordValue, Tag("stated")], Discriminator(_option_tag)]


class Executable(NamedTuple):
    """Metadata of an option field: the readings that this engine can execute."""

    readings: frozenset[str]


def executable(*readings: str) -> Executable:
    """Readings an option field accepts; any other chosen reading is refused at load."""
    return Executable(frozenset(readings))


class OnlyIf(Model):
    """Holds only while `question` has chosen one of `readings`."""

    question: QuestionId
    readings: tuple[Id, ...]


BillFact = Literal[
    "care_type", "designated", "emergency_rescue", "place", "referral", "referral_missing_by", "primary_care_first",
    "channel", "insured", "insutype", "insurance_settled", "in_scope_personal", "in_scope", "major_disease",
    "formal_receipt", "exclusion", "exclusion_fact", "disease_code",
]  # fmt: skip
AmountFact = Literal[
    "in_scope_personal", "in_scope", "class_b_first_pay", "over_limit_price_pay", "out_of_scope",
    "supplementary_paid", "assistance_paid_upstream", "total_fee",
]  # fmt: skip


class Condition(Model):
    """A fact of the bill has one of the values; `is_not` inverts. A fact that was not stated fulfils neither."""

    fact: BillFact
    one_of: tuple[str | bool, ...] = ()
    is_not: tuple[str | bool, ...] = ()


class Band(Model):
    """From `from_amount` (inclusive) on: a rate or a fixed amount."""

    from_amount: Money
    rate: Rate | None = None
    amount: Money | None = None
    cite: Cite
