"""The records of the journal: feed events with `person_key` in place of `psn_no`, and the records of a partition.

Nothing changes what a person is granted except these; `fund.reported` and `payment.reported` are not among them, since
the workers of funds and payments read those feeds themselves. Ours, therefore closed: an unknown field is an error.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from schemas.events.admission import AdmissionFields
from schemas.events.application import ApplicationFields
from schemas.events.enrolment import DescribedFields, EnrolmentFields, PremiumFields
from schemas.events.header import Fields, JournalEvent, JournalRecord, PersonJournal
from schemas.events.identity import IdentityFields, SnapshotFields
from schemas.events.office import BILLS_NAMED_MAX, OrderFields
from schemas.events.settlement import CancelFields, CheckupFields, ReinstateFields, ReverseFields, SettledFields
from schemas.events.words import (
    AfterKey,
    Count,
    Day,
    Division,
    Document,
    Hash,
    Id,
    Measure,
    PersonKey,
    Revision,
    Word,
    Year,
)
from schemas.modes import CountedBy, RegionMode
from schemas.money import Yuan

BODY_CHARS_MAX = 900_000
"""Longest compiled rulebook in an adoption, in characters; a journal record has at most 1 MB."""


class JournalFinal(PersonJournal, SettledFields):
    type: Literal["settlement.final"]


class JournalCancel(PersonJournal, CancelFields):
    type: Literal["settlement.cancel"]


class JournalReverse(PersonJournal, ReverseFields):
    type: Literal["settlement.reverse"]


class JournalReinstate(PersonJournal, ReinstateFields):
    type: Literal["settlement.reinstate"]


class JournalCheckup(PersonJournal, CheckupFields):
    type: Literal["checkup.recorded"]


class JournalIdentity(PersonJournal, IdentityFields):
    type: Literal["identity.changed"]


class JournalSnapshotClosed(JournalEvent, SnapshotFields):
    type: Literal["identity.snapshot_closed"]


class JournalApplication(PersonJournal, ApplicationFields):
    type: Literal["application.filed"]


class JournalEnrolment(PersonJournal, EnrolmentFields):
    type: Literal["enrolment.changed"]


class JournalPremium(PersonJournal, PremiumFields):
    type: Literal["premium.paid"]


class JournalDescribed(PersonJournal, DescribedFields):
    type: Literal["person.described"]


class JournalAdmission(PersonJournal, AdmissionFields):
    type: Literal["admission.registered"]


class JournalOrder(JournalEvent, OrderFields):
    """An order about a person carries `person_key`; one about a county or a document stands under `!office.ordered`."""

    type: Literal["office.ordered"]
    person_key: PersonKey | None = None


class JournalOpened(JournalRecord):
    """First record of every partition: which journal this is."""

    type: Literal["journal.opened"]
    incarnation: Id


class DayClosed(JournalRecord):
    """A business date (UTC+8) is over; what was due by it is decided."""

    type: Literal["day.closed"]
    date: Day


class DaySliced(JournalRecord):
    """The next slice of the persons due at a closed date, written by the ledger to its own partition."""

    type: Literal["day.sliced"]
    date: Day
    after_key: AfterKey


class RulebookAdopted(JournalRecord):
    """A rulebook, its outside figures and the engine number come into force; idempotent by hash."""

    type: Literal["rulebook.adopted"]
    hash: Hash
    base: Hash | None = Field(
        None, description="written by the ledger for an order `figures`: the law it adds to; left aside under another"
    )
    instrument: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:/-]+$")]
    body: Annotated[str, StringConstraints(min_length=2, max_length=BODY_CHARS_MAX)]


class SweepSliced(JournalRecord):
    """The next slice of a re-decision after an adoption, written by the ledger to its own partition."""

    type: Literal["sweep.sliced"]
    adoption: Hash
    after_key: AfterKey


class SweepCounted(JournalRecord):
    """What the sweep of one partition took back, written by its ledger into partition 0, where it is summed."""

    type: Literal["sweep.counted"]
    adoption: Hash
    of: Count = Field(description="the partition that was swept")
    persons: Count = Field(description="persons from whom money is to come back")
    amount: Yuan


class RecoveriesRuled(JournalRecord):
    """The word on all money back of an adoption, from partition 0 to every partition; then slice after slice."""

    type: Literal["recoveries.ruled"]
    adoption: Hash
    approval: Literal["each", "approved", "waived", "refused"]
    after_key: AfterKey


class YearClosed(JournalRecord):
    """The next slice of the persons whose bills of a year are compacted, written by the ledger after an order."""

    type: Literal["year.closed"]
    region: Division
    year: Year
    order_id: Id
    after_key: AfterKey


class ModeSwitched(JournalRecord):
    """An order about a region's mode, from partition 0 to every partition; then slice after slice of its persons."""

    type: Literal["mode.switched"]
    region: Division
    county: Division | None = None
    mode: RegionMode
    first_day: Day | None = None
    counted_by: CountedBy
    order_id: Id
    after_key: AfterKey


class BillKey(Fields):
    """A bill by its platform and number."""

    model_config = ConfigDict(extra="forbid")

    region: Division
    setl_id: Id


BillKeys = Annotated[tuple[BillKey, ...], Field(max_length=BILLS_NAMED_MAX)]
TransferKind = Literal["merge", "split"]
Returns = Annotated[bool, Field(description="the key had been merged into the one it comes from, and lives again")]
StateText = Annotated[str, StringConstraints(min_length=2, max_length=BODY_CHARS_MAX)]


class BalanceOpened(PersonJournal):
    """What a person had used of a year's limits before we began to decide (`tuodi import`); the revision decides."""

    type: Literal["balance.opened"]
    balance_id: Id
    revision: Revision
    measure: Measure
    year: Year
    used: Annotated[dict[Word, Yuan], Field(min_length=1, max_length=16)] = Field(description="counter → amount")
    paid: Yuan = Field(description="assistance paid in that year before the opening")
    opened_on: Day = Field(description="the first day that we decide; everything before it is in these amounts")
    author: Id
    second_signer: Id
    document: Document


class PersonTransferred(JournalRecord):
    """A person's bills move to another key (merge), or each key's bills are listed (split). Written from an order."""

    type: Literal["person.transferred"]
    person_key: PersonKey = Field(description="the key that is given up (merge) or that the bills leave (split)")
    to_key: PersonKey
    kind: TransferKind
    serial: Count = Field(description="serial of the directory that ordered it; repeated serials have no effect")
    via: Annotated[tuple[PersonKey, ...], Field(max_length=16)] = ()
    turned: bool = Field(
        False, description="merge: written by the ledger of the other key, whose bills are too many to move"
    )
    bills: BillKeys = ()
    kept_bills: BillKeys = Field((), description="split: bills that stay; each bill stands in one of the two lists")
    region: Division | None = None
    order_id: Id | None = None
    author: Id | None = None
    second_signer: Id | None = None
    document: Document | None = None
    ordered_on: Day | None = None


class BillMoved(JournalRecord):
    """One bill on its way to another key, written by the ledger; header `arrival` keeps its place."""

    type: Literal["bill.moved"]
    person_key: PersonKey = Field(description="where it goes")
    from_key: PersonKey
    kind: TransferKind
    serial: Count
    returns: Returns
    name: Annotated[str, StringConstraints(min_length=3, max_length=140)] = Field(description="its name in the state")
    state: StateText = Field(description="its packed state (docs/records.md §5)")


class PersonMoved(JournalRecord):
    """The closing record of a move: what a person has besides bills. With it the bills count under their new key."""

    type: Literal["person.moved"]
    person_key: PersonKey
    from_key: PersonKey
    kind: TransferKind
    serial: Count
    bills: Count = Field(description="how many bills moved")
    returns: Returns
    state: StateText
