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
from schemas.events.office import OrderFields
from schemas.events.settlement import BillFields, CancelFields, CheckupFields, ReinstateFields, ReverseFields
from schemas.events.words import AfterKey, Count, Day, Division, Hash, Id, PersonKey

BODY_CHARS_MAX = 900_000
"""Longest compiled rulebook in an adoption, in characters; a journal record has at most 1 MB."""


class JournalFinal(PersonJournal, BillFields):
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
    instrument: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._:/-]+$")]
    body: Annotated[str, StringConstraints(min_length=2, max_length=BODY_CHARS_MAX)]


class SweepSliced(JournalRecord):
    """The next slice of a re-decision after an adoption, written by the ledger to its own partition."""

    type: Literal["sweep.sliced"]
    adoption: Hash
    after_key: AfterKey


class BillKey(Fields):
    """A bill by its platform and number."""

    model_config = ConfigDict(extra="forbid")

    region: Division
    setl_id: Id


class PersonTransferred(JournalRecord):
    """A person's bills move to another key (merge), or each key's bills are listed (split). Schema and alias only."""

    type: Literal["person.transferred"]
    person_key: PersonKey = Field(description="the key that is given up")
    to_key: PersonKey
    kind: Literal["merge", "split"]
    serial: Count = Field(description="serial of the directory that ordered it; repeated serials have no effect")
    via: Annotated[tuple[PersonKey, ...], Field(max_length=16)] = ()
    bills: Annotated[tuple[BillKey, ...], Field(max_length=500)] = ()
