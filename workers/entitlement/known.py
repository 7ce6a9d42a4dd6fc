"""From the revised facts of a person to `PersonFacts`, in which the law reads.

Bodies are stored as the wire states them (ISO dates, codes). Where several sources describe one person, the first
stated value in the order of their keys counts: the order of arrival must not matter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from workers.entitlement.rulings import as_ruled, recognised_by_order
from workers.entitlement.state import Known
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts

_DESCRIBED = (
    "severe_disability",
    "disability_certificate",
    "rural",
    "registration_county",
    "long_residence",
    "mental_disorder",
    "violence_risk",
)


def person_facts(facts: Known) -> PersonFacts:
    """All that the law may know of a person besides bills; equal facts give equal values."""
    if not (facts.identities or facts.applications or facts.enrolments or facts.described):
        return NOTHING_KNOWN
    described = _first_stated(facts.described)
    born_on = described.get("born_on")
    return PersonFacts(
        identities=tuple(sorted(map(_identity, _recognitions(facts)), key=_identity_order)),
        applications=tuple(sorted(map(_application, _applications(facts)), key=lambda a: a.application_id)),
        enrolments=tuple(sorted(map(_enrolment, _standing(facts.enrolments)), key=lambda e: e.enrolment_id)),
        born_on=None if born_on is None else date.fromisoformat(born_on),
        **{name: described.get(name) for name in _DESCRIBED},
    )


def bill_facts(stated: Mapping[str, Any]) -> BillFacts:
    """The stated facts of a bill as the law reads them; what was not stated keeps its default."""
    values = dict(stated)
    values["discharged_on"] = date.fromisoformat(values["discharged_on"])
    values["settled_on"] = date.fromisoformat(values["settled_on"])
    if "admitted_on" in values:
        values["admitted_on"] = date.fromisoformat(values["admitted_on"])
    return BillFacts(**values)


def remember_known(packed: bytes, known: PersonFacts) -> None:
    """Note what packed facts say to the law, so that the person's next bills need not read them again."""
    if len(_REMEMBERED) >= REMEMBERED_MAX:
        _REMEMBERED.popitem(last=False)
    _REMEMBERED[packed] = known


def remembered_known(packed: bytes) -> PersonFacts | None:
    """What was noted for just these bytes."""
    return _REMEMBERED.get(packed)


REMEMBERED_MAX = 20_000
"""Persons whose facts are remembered in a process: about 30 MB at 1.5 kB each."""
_REMEMBERED: OrderedDict[bytes, PersonFacts] = OrderedDict()
"""Ordered, since a plain dict looks for its first entry among thousands of deleted ones."""
NOTHING_KNOWN = PersonFacts()
BILL_FIELDS = BillFacts._fields


def _bodies(group: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return (entry["body"] for entry in group.values())


def _recognitions(facts: Known) -> Iterable[Mapping[str, Any]]:
    yield from _bodies(facts.identities)
    if facts.applications:
        yield from recognised_by_order(facts)


def _applications(facts: Known) -> Iterable[Mapping[str, Any]]:
    return (as_ruled(facts, key) for key in facts.applications)


def _standing(group: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Without what was withdrawn; identities and applications keep the flag, so that the law can name it."""
    return (body for body in _bodies(group) if not body.get("withdrawn"))


def _typed(make: Callable[..., Any], dates: frozenset[str]) -> Callable[[Mapping[str, Any]], Any]:
    fields = frozenset(make._fields)  # type: ignore[attr-defined]

    def typed(body: Mapping[str, Any]) -> Any:
        return make(
            **{
                name: date.fromisoformat(value) if name in dates else value
                for name, value in body.items()
                if name in fields
            }
        )

    return typed


_identity = _typed(Identity, frozenset({"recognised_on", "removed_on", "applied_on", "approved_on", "entered_on"}))
_enrolment = _typed(Enrolment, frozenset({"registered_on", "paid_on", "first_day", "last_day"}))
_any_application = _typed(Application, frozenset({"applied_on", "rejected_on", "approved_on"}))


def _application(body: Mapping[str, Any]) -> Application:
    found: Application = _any_application(body)
    return found._replace(setl_ids=tuple(found.setl_ids))


def _identity_order(identity: Identity) -> tuple[str, str]:
    return identity.source_id, identity.identity


def _first_stated(described: Mapping[str, Any]) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    for key in sorted(described):
        for name, value in described[key]["body"].items():
            stated.setdefault(name, value)
    return stated
