"""From the revised facts of a person to `PersonFacts`, in which the law reads.

Bodies are stored as the wire states them (ISO dates, codes). Where several sources describe one person, the first
stated value in the order of their keys counts: the order of arrival must not matter.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from operator import attrgetter
from typing import Any

from workers.entitlement.rulings import as_ruled, recognised_by_order
from workers.entitlement.state import Known
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts

_DESCRIBED = (
    "born_on",
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
    # Of most people an enrolment is known and nothing else: what is empty is not looked through.
    enrolments = sorted(map(_enrolment, _standing(facts.enrolments)), key=_enrolment_order) if facts.enrolments else ()
    applications = sorted(map(_application, _applications(facts)), key=_application_order) if facts.applications else ()
    recognised = facts.identities or facts.applications
    identities = sorted(map(_identity, _recognitions(facts)), key=_identity_order) if recognised else ()
    return PersonFacts(tuple(identities), tuple(applications), tuple(enrolments), **_described(facts.described))


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


REMEMBERED_MAX = 50_000
"""Persons whose facts are remembered in a process: about 75 MB at 1.5 kB each."""
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
    fields: tuple[str, ...] = make._fields  # type: ignore[attr-defined]

    def typed(body: Mapping[str, Any]) -> Any:
        values = {name: body[name] for name in fields if name in body}
        for name in dates:
            if name in values:
                values[name] = date.fromisoformat(values[name])
        return make(**values)

    return typed


_identity = _typed(Identity, frozenset({"recognised_on", "removed_on", "applied_on", "approved_on", "entered_on"}))
_enrolment = _typed(Enrolment, frozenset({"registered_on", "paid_on", "first_day", "last_day"}))
_any_application = _typed(Application, frozenset({"applied_on", "rejected_on", "approved_on"}))


def _application(body: Mapping[str, Any]) -> Application:
    found: Application = _any_application(body)
    return found._replace(setl_ids=tuple(found.setl_ids))


def _identity_order(identity: Identity) -> tuple[str, str]:
    return identity.source_id, identity.identity


_application_order = attrgetter("application_id")
_enrolment_order = attrgetter("enrolment_id")


def _described(group: Mapping[str, Any]) -> dict[str, Any]:
    """The first stated value of each field, in the order of the sources' keys."""
    stated: dict[str, Any] = {}
    for key in sorted(group):
        body = group[key]["body"]
        stated |= {name: body[name] for name in _DESCRIBED if name in body and name not in stated}
    if stated.get("born_on") is not None:
        stated["born_on"] = date.fromisoformat(stated["born_on"])
    return stated
