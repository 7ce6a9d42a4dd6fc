"""The oracle of tasks: which stand open in the end, of whatever city (docs/records.md §3–5, docs/clerks/orders.md).

Nothing is remembered of how tasks opened and closed: what arrived, in its order, says what is still unanswered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from tests.oracles import arrived
from tests.oracles.fold import Event, Facts, Row

PARKED_DAYS = 30
Task = tuple[str, str]
"""Kind, and what it is about: a bill, the sort of a fact, an application."""
FACT = {
    "identity.changed": "identities",
    "application.filed": "applications",
    "enrolment.changed": "enrolments",
    "person.described": "described",
    "premium.paid": "others",
    "admission.registered": "others",
    "checkup.recorded": "others",
}


class Days(NamedTuple):
    """Business dates as they were closed: the last one before each event, the first and the last of all."""

    before: Sequence[str | None]
    first: str | None
    last: str | None


def open_tasks(events: list[Event], days: Days, rows: Mapping[Any, Row], facts: Facts) -> Counter[Task]:
    """All tasks of one person that nobody answered; those of money back are seen in the postings."""
    found: Counter[Task] = Counter(("needs_person", key[1]) for key, r in rows.items() if r["status"] == "needs_person")
    found.update(("conflict", setl_id) for setl_id in disputed(events))
    found.update(("conflict", name) for name in contradicted(events))
    found.update(("cancel_without_bill", kind) for kind in waiting(events, days))
    found.update(asked(events, facts))
    return found


def disputed(events: list[Event]) -> Iterable[str]:
    """Bills that contradict themselves, and that nothing took back since."""
    bodies: dict[Any, dict[str, Any]] = {}
    rivals: dict[Any, list[dict[str, Any]]] = {}
    judged: dict[Any, list[dict[str, Any]]] = {}
    for n, e in enumerate(events):
        for act in taken(events[: n + 1]) - taken(events[:n]) if rivals else ():
            judged.setdefault(act[:2], []).extend(rivals.pop(act[:2], []))
        if e["type"] != "settlement.final":
            continue
        key, said = (e["region"], e["setl_id"]), stated(e)
        known = bodies.setdefault(key, dict(said))
        if all(known.get(field, value) == value for field, value in said.items()):
            known.update(said)
        elif said not in judged.get(key, []) and said not in rivals.get(key, []):
            rivals.setdefault(key, []).append(said)
    return sorted(key[1] for key, bodies_left in rivals.items() if bodies_left)


def stated(e: Event) -> dict[str, Any]:
    said = arrived.DEFAULT | {f: v for f, v in e.items() if f not in arrived.CARRIED and v is not None}
    return {f: v for f, v in said.items() if (f, v) != ("insurance_settled", False)}


def taken(events: list[Event]) -> set[Any]:
    """What took known bills back so far: each reversal by its bill, each cancel by its bill and its own id."""
    bills = arrived.stated(events, None)
    acts = {(e["region"], e["setl_id"], e["own_id"]) for e in events if e["type"] == "settlement.cancel"}
    undone, _ = arrived.without(events, bills)
    return {key for key in undone if key in bills} | {act for act in acts if act[:2] in bills}


def contradicted(events: list[Event]) -> Iterable[str]:
    """Facts whose newest revision was stated in two ways."""
    newest: dict[Any, tuple[int, dict[str, Any], bool]] = {}
    for e in events:
        if e["type"] not in FACT:
            continue
        key = (e["type"], e["region"], *(e[name] for name in OWN_ID[e["type"]]))
        said = {"withdrawn": False, "setl_ids": []} | {f: v for f, v in e.items() if v is not None}
        revision, body, open_ = newest.get(key, (0, {}, False))
        if e["revision"] > revision:
            newest[key] = e["revision"], said, False
        elif e["revision"] == revision:
            newest[key] = revision, body, open_ or body != said
    return sorted(FACT[key[0]] for key, (_, _, open_) in newest.items() if open_)


OWN_ID = arrived.OWN_ID | {"admission.registered": ["admission_id"], "checkup.recorded": ["checkup_id"]}


def waiting(events: list[Event], days: Days) -> Iterable[str]:
    """What names a bill or cancel that never came, thirty business dates after it was said."""
    bills = arrived.stated(events, None)
    messages = {(key[0], msgid) for key, (_, ids) in bills.items() for msgid in ids}
    cancels = {(e["region"], e["own_id"]) for e in events if e["type"] == "settlement.cancel" and _of(e) in bills}
    seen: set[Any] = set()
    for n, e in enumerate(events):
        kind = e["type"].partition(".")[2]
        if kind == "cancel":
            here, name = _of(e) in bills, (kind, _of(e), e["own_id"])
        elif kind == "reinstate":
            here, name = (e["region"], e["cancel_own_id"]) in cancels, (kind, _of(e), e["cancel_own_id"], e["own_id"])
        elif kind == "reverse" and e.get("own_id"):
            here, name = (e["region"], e["own_id"]) in cancels, (kind, e["region"], e["own_id"])
        elif kind == "reverse":
            by_message = (e["region"], e.get("msgid")) in messages
            here, name = _of(e) in bills or by_message, (kind, _of(e), e.get("msgid"))
        else:
            continue
        if not here and name not in seen and overdue(days, days.before[n]):
            yield kind
        seen.add(name)


def _of(e: Event) -> tuple[Any, Any]:
    return e["region"], e.get("setl_id")


def overdue(days: Days, before: str | None) -> bool:
    """Counted from the date that was open then; where none had been closed, from the first that was."""
    begins = days.first if before is None else _later(before, 1)
    return begins is not None and days.last is not None and _later(begins, PARKED_DAYS) <= days.last


def _later(day: str, by: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def asked(events: list[Event], facts: Facts) -> Iterable[Task]:
    """Applications that only an officer can answer (QN-4.2c, LZ-15a, b, JY-5.2.2)."""
    bills = arrived.stated(events, None)
    for a in facts["application.filed"]:
        if a.get("rejected_on") or a.get("approved_on"):
            continue
        if a["kind"] == "class_recognition" and not listed(a, facts):
            yield "application", a["application_id"]
        if a["kind"] == "elsewhere" and a.get("not_assisted_proof") is None:
            yield "application", a["application_id"]
        if a["kind"] == "manual_claim":
            named = [bills.get((a["region"], setl_id)) for setl_id in a.get("setl_ids") or []]
            if not named or any(bill is None or bill[0]["channel"] != "manual" for bill in named):
                yield "manual_claim", a["application_id"]


def listed(a: Event, facts: Facts) -> bool:
    """The recognising office has named the person since."""
    same = [i for i in facts["identity.changed"] if i["identity"] == a.get("identity")]
    return any((i.get("removed_on") or "9999") > a["applied_on"] for i in same)
