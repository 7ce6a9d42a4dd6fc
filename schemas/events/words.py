"""The field types that every event and output shares: ids, codes, places, days. Every string and list has a limit.

Patterns are written so that pydantic (Rust regex) and JSON Schema (ECMA 262) read them alike.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

DAY_MIN = date(1900, 1, 1)
DAY_MAX = date(2199, 12, 31)
"""Days outside are slips of a keyboard; a birthday may lie in 1900, an end of validity in 2199."""

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")]
"""An identifier that others gave: 1–64 safe characters, never a name, an ID number or a telephone."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9._+*/-]+$")]
"""A code of a dictionary (insurance kind, disease, institution level); its region's dictionary says what it means."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^[a-z][a-z0-9_]*$")]
"""A lower-case English word of ours: a layer, a counter, a fund."""

Label = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\u0000-\u001f\u007f]+$")]
"""A short text of a dictionary, mostly Chinese: the name of an identity, of a department, a sub-class."""

Document = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\u0000-\u001f\u007f]+$")]
"""The number of a document that an order rests on, such as 黔南府办发〔2022〕26号."""

Division = Annotated[str, StringConstraints(min_length=6, max_length=6, pattern=r"^[0-9]{6}$")]
"""A division code of GB/T 2260: province, prefecture or county, six digits."""

PersonKey = Annotated[str, StringConstraints(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$")]
"""The pseudonym of a person: HMAC-SM3 in hex, 64 characters."""

AfterKey = Annotated[str, StringConstraints(max_length=64, pattern=r"^([0-9a-f]{64})?$")]
"""A person key that a slice begins after; empty at the beginning of a partition."""

Digest = Annotated[str, StringConstraints(min_length=3, max_length=80, pattern=r"^[0-9]{1,3}:[0-9a-zA-Z]+$")]
"""Digest of the money and rule fields of a fact, with its version: `1:…`."""

Hash = Annotated[str, StringConstraints(min_length=64, max_length=71, pattern=r"^(sha256:)?[0-9a-f]{64}$")]
"""SHA-256 of a rulebook or an adoption, in hex."""

DecisionId = Annotated[str, StringConstraints(min_length=32, max_length=32, pattern=r"^[a-z2-7]{32}$")]
"""Lower-case base32 of twenty bytes (docs/records.md §3)."""

ClauseId = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=r"^[A-Z]{1,8}-[A-Za-z0-9.]+$")]
"""A clause (`QN-T2`) or an ambiguity (`QN-A1`) of the register."""

Measure = Annotated[str, StringConstraints(min_length=1, max_length=8, pattern=r"^[A-Z]+$")]
"""A measure (the law of one city), such as `QN`."""

MonthText = Annotated[str, StringConstraints(min_length=7, max_length=7, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""A calendar month, `YYYY-MM`."""


def _whole(value: object) -> object:
    if type(value) is not int:  # a Literal would take 1.0 and true for 1
        raise ValueError("a version is a whole number")
    return value


Version1 = Annotated[Literal[1], BeforeValidator(_whole)]
"""The first version of a type."""

Year = Annotated[int, Field(ge=2000, le=2199)]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Sequence = Annotated[int, Field(ge=1, le=2**53 - 1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Non-negative whole numbers; 2^53 − 1 is the largest that every JSON reader keeps exactly."""


def _written_as_day(value: object) -> object:
    # pydantic alone would also read the seconds of a midnight ("1683331200") as a date
    if not isinstance(value, str):
        return value
    if len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError("a day is written YYYY-MM-DD")
    return date.fromisoformat(value)


Day = Annotated[date, Field(ge=DAY_MIN, le=DAY_MAX), BeforeValidator(_written_as_day)]
"""A business day (UTC+8), `YYYY-MM-DD`."""


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)


def _written_as_moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    if _MOMENT.fullmatch(value) is None:
        raise ValueError("a time is written YYYY-MM-DDThh:mm:ss with its offset (RFC 3339)")
    return datetime.fromisoformat(value)


def _with_offset(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time carries its offset (RFC 3339)")
    return value


Moment = Annotated[datetime, AfterValidator(_with_offset), BeforeValidator(_written_as_moment)]
"""A time with offset (RFC 3339)."""
