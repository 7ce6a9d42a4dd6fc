"""`fund.reported`: balances, budgets and population of a pool, from treasury and finance. The highest revision wins."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.events.header import FeedEvent, Fields
from schemas.events.words import Count, Day, Division, Id, Revision, Word
from schemas.money import SignedYuan, Yuan

Period = Annotated[str, StringConstraints(min_length=4, max_length=7, pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$")]
"""A year or a month that a report is about."""


class FundSource(StrEnum):
    """Where money of a pool comes from (LZ-9a, b; HS-3.1a; JY-7.3a)."""

    UPPER_SUBSIDY = "upper_subsidy"
    CITY_TREASURY = "city_treasury"
    COUNTY_TREASURY = "county_treasury"
    LOTTERY = "lottery"
    DONATION = "donation"
    POVERTY_ALLEVIATION = "poverty_alleviation"
    INTEREST = "interest"
    OTHER = "other"


class FundFields(Fields):
    """One report on a pool."""

    report_id: Id
    revision: Revision
    pool: Id
    fund: Word | None = Field(None, description="fund of the pool by its name in the rulebook, such as assistance_fund")
    source: FundSource
    county: Division | None = None
    balance: SignedYuan | None = None
    received: Yuan | None = None
    budget: Yuan | None = None
    surplus: Yuan | None = Field(None, description="surplus of the upper-level subsidy at year end (HS-3.1c)")
    lottery_retained: Yuan | None = Field(None, description="lottery welfare money retained locally (JY-7.3a)")
    population: Count | None = Field(None, description="registered inhabitants of the county (LZ-9a)")
    period: Period | None = None
    reported_on: Day


class FundReported(FeedEvent, FundFields):
    type: Literal["fund.reported"]
