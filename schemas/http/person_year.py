"""A person's cap tables of one year, as interface 5206 (人员累计信息查询) has them; no person is in an address."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.events.header import Fields
from schemas.events.words import Division, Id, Measure, Year
from schemas.http.settlement import Sentence
from schemas.outputs.parts import Amounts


class PersonYearRequest(Fields):
    """Whose year is asked for."""

    model_config = ConfigDict(extra="ignore")

    region: Division
    psn_no: Id
    year: Year


class CapTable(Fields):
    """What was used under one measure."""

    model_config = ConfigDict(extra="forbid")

    measure: Measure
    counters: Amounts


class PersonYearAnswer(Fields):
    """All cap tables of the year; none where nothing was used yet."""

    model_config = ConfigDict(extra="forbid")

    region: Division
    year: Year
    sentence: Sentence
    tables: Annotated[tuple[CapTable, ...], Field(max_length=64)]
