"""From bytes to models and back: a table (topic, type, version) → decoder, each built when it is first asked for.

A decoder parses and validates in one pass inside pydantic-core. It raises `pydantic.ValidationError`, whose text holds
no input (`hide_input_in_errors`); whoever takes it apart asks for `errors(include_input=False, include_context=False)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from schemas import journal as j
from schemas.events.admission import AdmissionRegistered
from schemas.events.application import ApplicationFiled
from schemas.events.enrolment import EnrolmentChanged, PersonDescribed, PremiumPaid
from schemas.events.fund import FundReported
from schemas.events.header import FeedEvent, Fields, JournalRecord
from schemas.events.identity import IdentityChanged, IdentitySnapshotClosed
from schemas.events.lists import ListClosed, ListLine
from schemas.events.office import OfficeOrdered
from schemas.events.payment import PaymentReported
from schemas.events.settlement import (
    CheckupRecorded,
    SettlementCancel,
    SettlementFinal,
    SettlementReinstate,
    SettlementReverse,
)

M = TypeVar("M", bound=Fields)


class UnknownType(LookupError):
    """This topic carries no such type."""


class UnknownVersion(LookupError):
    """The type is known, this version of it was never released."""


def _wire_defaults(model: type[BaseModel]) -> dict[str, Any]:
    """Defaults of a model as they stand on the wire; None is left out."""
    fields = {name: f.get_default() for name, f in model.model_fields.items() if not f.is_required()}
    bare = model.model_construct(**{name: value for name, value in fields.items() if value is not None})
    return bare.model_dump(mode="json", exclude_none=True, include=set(fields))


class Decoder(Generic[M]):
    """One model with its compiled validator. `validate_json` is pydantic-core's own bound method."""

    __slots__ = ("_defaults", "_known", "model", "type", "validate_json", "version")

    def __init__(self, model: type[M], type_: str, version: int) -> None:
        self.model = model
        self.type = type_
        self.version = version
        self.validate_json: Any = model.__pydantic_validator__.validate_json
        self._known = frozenset(model.model_fields)
        self._defaults = _wire_defaults(model)

    def canonical(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """`wire(self.validate_json(raw))` at a fifth of the price, from the parsed JSON of a value that validated.

        Validation is strict, so a valid wire value has one spelling; what is left to do is to drop what is unknown or
        null and to spell the defaults. Nested objects are taken as they are: use `wire` for `office.ordered`.
        """
        found = {k: v for k, v in value.items() if v is not None and k in self._known}
        return self._defaults | found


FEED_MODELS: dict[str, tuple[type[FeedEvent], ...]] = {
    "settlement.reported": (
        SettlementFinal,
        SettlementCancel,
        SettlementReverse,
        SettlementReinstate,
        CheckupRecorded,
    ),
    "identity.changed": (IdentityChanged, IdentitySnapshotClosed),
    "application.filed": (ApplicationFiled,),
    "enrolment.changed": (EnrolmentChanged, PremiumPaid, PersonDescribed),
    "admission.registered": (AdmissionRegistered,),
    "office.ordered": (OfficeOrdered,),
    "list.reported": (ListLine, ListClosed),
    "fund.reported": (FundReported,),
    "payment.reported": (PaymentReported,),
}
"""Which models a feed carries."""

JOURNAL_MODELS: tuple[type[JournalRecord], ...] = (
    j.JournalFinal,
    j.JournalCancel,
    j.JournalReverse,
    j.JournalReinstate,
    j.JournalCheckup,
    j.JournalIdentity,
    j.JournalSnapshotClosed,
    j.JournalApplication,
    j.JournalEnrolment,
    j.JournalPremium,
    j.JournalDescribed,
    j.JournalAdmission,
    j.JournalOrder,
    j.JournalOpened,
    j.DayClosed,
    j.DaySliced,
    j.RulebookAdopted,
    j.SweepSliced,
    j.SweepCounted,
    j.RecoveriesRuled,
    j.YearClosed,
    j.ModeSwitched,
    j.BalanceOpened,
    j.PersonTransferred,
    j.BillMoved,
    j.PersonMoved,
)
"""Which models the journal carries."""


def type_of(model: type[BaseModel]) -> str:
    """The wire name in a model's `type` field (a Literal of one value)."""
    (name,) = model.model_fields["type"].annotation.__args__  # type: ignore[union-attr]
    return str(name)


def version_of(model: type[BaseModel]) -> int:
    """The wire version in a model's `version` field (a Literal of one value)."""
    (number,) = model.model_fields["version"].annotation.__args__  # type: ignore[union-attr]
    return int(number)


_FEED_MODEL = {(topic, type_of(m), version_of(m)): m for topic, models in FEED_MODELS.items() for m in models}
_FEED_TYPES = {(topic, type_) for topic, type_, _ in _FEED_MODEL}
_JOURNAL_MODEL = {(type_of(m), version_of(m)): m for m in JOURNAL_MODELS}
_JOURNAL_TYPES = {type_ for type_, _ in _JOURNAL_MODEL}
_FEED: dict[tuple[str, str, int], Decoder[Any]] = {}
_JOURNAL: dict[tuple[str, int], Decoder[Any]] = {}
"""Decoders that were asked for: a process compiles what it reads, not the whole contract."""


def feed_model(topic: str, type_: str, version: int) -> Decoder[Any]:
    """The decoder of a feed (short topic name); `UnknownType` or `UnknownVersion` where there is none."""
    found = _FEED.get((topic, type_, version))
    if found is None:
        model = _FEED_MODEL.get((topic, type_, version))
        if model is None:
            raise UnknownVersion(topic) if (topic, type_) in _FEED_TYPES else UnknownType(topic)
        found = _FEED[topic, type_, version] = Decoder(model, type_, version)
    return found


def journal_model(type_: str, version: int) -> Decoder[Any]:
    """The decoder of a journal record; `UnknownType` or `UnknownVersion` where there is none."""
    found = _JOURNAL.get((type_, version))
    if found is None:
        model = _JOURNAL_MODEL.get((type_, version))
        if model is None:
            raise UnknownVersion(type_) if type_ in _JOURNAL_TYPES else UnknownType("journal")
        found = _JOURNAL[type_, version] = Decoder(model, type_, version)
    return found


class _Probe(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)
    type: str
    version: int


class Kind(NamedTuple):
    """Type and version of a value."""

    type: str
    version: int


_probe = _Probe.__pydantic_validator__.validate_json


def kind_of(raw: bytes) -> Kind:
    """Type and version of a value without the rest; `pydantic.ValidationError` where it has none or is no JSON."""
    found = _probe(raw)
    return Kind(found.type, found.version)


def wire(model: BaseModel) -> dict[str, Any]:
    """The JSON object of a model: absent facts left out, defaults spelled, money and days as text."""
    return model.model_dump(mode="json", exclude_none=True)


def journal_form(event: FeedEvent, person_key: str | None) -> dict[str, Any]:
    """A feed event as the journal holds it: `person_key` in place of `psn_no` (None where it is not about a person)."""
    value = wire(event)
    value.pop("psn_no", None)
    if person_key is not None:
        value["person_key"] = person_key
    return value
