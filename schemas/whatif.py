"""What `tuodi whatif --json` prints: the same facts under two laws. Later versions only add keys.

Amounts are yuan with two places, `delta` = after − before. Persons and bills are sorted by key, so that equal facts and
laws print equal bytes, however the work was split.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LawRef(_Closed):
    """One law: content hash, engine number, revision by measure and file."""

    hash: str
    engine: int
    instruments: list[str]


class Change(_Closed):
    """An amount under both laws."""

    before: str
    after: str
    delta: str


class LayerRow(Change):
    measure: str
    year: int
    layer: str


class ClassRow(Change):
    """A class of persons. An amount counts in the class that the law of its side put the person in."""

    measure: str
    group: str = Field(description="id of the class in the rulebook; empty: no class")
    name: str
    bills_before: int
    bills_after: int


class FundRow(Change):
    """The order of funds a decision names, never a split of the amount."""

    measure: str
    funding: list[str]


class MoveRow(_Closed):
    """How many bills went from one result to another."""

    measure: str
    was: str = Field(description="status/reason under the law of today")
    now: str
    bills: int


class BillChange(Change):
    """One bill (or other matter, `setl_id` is then its id) whose result differs."""

    region: str
    setl_id: str
    kind: str = Field(description="bill, or the kind of another matter")
    measure: str
    year: int
    was: str
    now: str
    group_before: str
    group_after: str
    layers_before: dict[str, str]
    layers_after: dict[str, str]
    recover: str = Field(description="to be taken back from the person, ≥ 0; an officer approves it")


class PersonChange(Change):
    """One person for whom something differs."""

    person_key: str
    recover: str
    bills: list[BillChange]


class Persons(_Closed):
    """How many people the draft touches."""

    seen: int
    changed: int = Field(description="some result differs, in money or not")
    gain: int = Field(description="get more in sum")
    lose: int = Field(description="get less in sum")
    owe: int = Field(description="would owe money back: negative adjustments to be approved one by one")


class Facts(_Closed):
    file: str
    lines: int
    bills: int
    rejected: int


class WhatIf(_Closed):
    """The whole answer. Nothing of it was written to any log."""

    facts: Facts
    today: LawRef
    draft: LawRef
    dropped_measures: list[str] = Field(description="measures of today that the draft no longer has: held there")
    changes: list[str] = Field(description="what differs between the two laws, in words (`tuodi rulebook diff`)")
    persons: Persons
    recover: str = Field(description="sum of what would be owed back")
    pay_more: str = Field(description="sum of what would be paid to people beside it")
    total: Change
    layers: list[LayerRow]
    classes: list[ClassRow]
    funds: list[FundRow]
    moves: list[MoveRow]
    people: list[PersonChange]
