"""What officers ruled of a person's applications, and what the law reads then. Rulings stand in `Known.others`.

A ruling speaks of the application as it stood: when a later revision asks for something else, or states itself that it
was approved, refused or withdrawn, the ruling is over. Bodies are as the wire states them (ISO dates, codes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workers.entitlement.records import Order
from workers.entitlement.sameness import digest_of
from workers.entitlement.state import Known
from workers.policy.types import BillFacts, PersonFacts

Body = Mapping[str, Any]

RULING, PROOF = "ruling", "proof"
APPROVED, REFUSED = "approved", "refused"
MANUAL: Final = "manual"
MANUAL_CLAIM, RECOGNITION, ELSEWHERE, OBJECTION = "manual_claim", "class_recognition", "elsewhere", "objection"
_RULED_ITSELF = ("approved_on", "rejected_on")
_NO_SUBSTANCE = frozenset({"revision", "withdrawn", "not_assisted_proof", *_RULED_ITSELF})
BY_ORDER = "order:"
"""Begin of the source of an identity that rests on an approved application."""


def ruling_of(known: Known, kind: str, key: str, body: Body) -> Body | None:
    """The ruling (`ruling` or `proof`) that stands on this application."""
    entry = known.others.get(f"{kind}|{key}")
    if entry is None or entry["body"]["substance"] != substance(body):
        return None
    ruled: Body = entry["body"]
    return ruled


def note_ruling(known: Known, kind: str, key: str, record: Order, **says: Any) -> None:
    """Remember an order about an application. The caller keeps the revised facts."""
    entry = known.applications[key]
    body = {"order_id": record.order_id, "on": record.ordered_on, "substance": substance(entry["body"]), **says}
    known.others[f"{kind}|{key}"] = {"revision": entry["revision"], "digest": digest_of(body), "body": body}


def substance(body: Body) -> str:
    """Digest of what an application asks for."""
    return digest_of({name: value for name, value in body.items() if name not in _NO_SUBSTANCE})


def state_of(known: Known, key: str, body: Body) -> str | None:
    """`approved` or `refused`, by the sender's own word first, then by an order; None while nobody has ruled."""
    if body.get("rejected_on") is not None:
        return REFUSED
    if body.get("approved_on") is not None:
        return APPROVED
    ruled = ruling_of(known, RULING, key, body)
    return None if ruled is None else str(ruled["approval"])


def as_ruled(known: Known, key: str) -> Body:
    """An application as the law reads it: with what officers ruled of it."""
    body: Body = known.applications[key]["body"]
    ruled, proof = ruling_of(known, RULING, key, body), ruling_of(known, PROOF, key, body)
    if ruled is not None and not any(body.get(name) for name in _RULED_ITSELF):
        body = {**body, ("rejected_on" if ruled["approval"] == REFUSED else "approved_on"): ruled["on"]}
    if proof is not None and body.get("not_assisted_proof") is None:
        body = {**body, "not_assisted_proof": proof["not_assisted"]}
    return body


def recognised_by_order(known: Known) -> Iterator[Body]:
    """Identities that rest on an approved application for recognition, until the list itself speaks of the name."""
    for key, entry in sorted(known.applications.items()):
        body = entry["body"]
        ruled = ruling_of(known, RULING, key, body)
        if body["kind"] != RECOGNITION or ruled is None or ruled["approval"] != APPROVED or body.get("withdrawn"):
            continue
        if body.get("identity") is None or any(body.get(name) for name in _RULED_ITSELF) or listed(known, body):
            continue
        yield {
            "source_id": BY_ORDER + ruled["order_id"],
            "identity": body["identity"],
            "recognised_on": ruled["on"],
            "applied_on": body["applied_on"],
            "approved_on": ruled["on"],
        }


def listed(known: Known, application: Body) -> bool:
    """Whether the list of the recognising office has an identity of that name since the application."""
    applied = application["applied_on"]
    for entry in known.identities.values():
        body = entry["body"]
        until = body.get("removed_on")
        if body.get("withdrawn"):  # it never was valid: as if the list had not spoken
            continue
        if body["identity"] == application.get("identity") and (until is None or until > applied):
            return True
    return False


def claim_refused(bill: BillFacts, person: PersonFacts) -> bool:
    """A manual claim for the bill was refused, and no other one stands (QN-4.2b, JY-5.2.2)."""
    asked = (a for a in person.applications if a.kind == MANUAL_CLAIM and not a.withdrawn)
    claims = [claim for claim in asked if bill.setl_id in claim.setl_ids]
    refused = any(claim.rejected_on is not None for claim in claims)
    return refused and not any(claim.stands for claim in claims)
