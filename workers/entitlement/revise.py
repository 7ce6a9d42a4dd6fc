"""Facts with a revision: the highest wins whatever the arrival (records.md §3)."""

from __future__ import annotations

from typing import Any

import orjson

from workers.entitlement.carried import BALANCE
from workers.entitlement.closed import look_back
from workers.entitlement.conflict import CONFLICT
from workers.entitlement.gather import replaced
from workers.entitlement.papers import follow_paper, follow_papers
from workers.entitlement.records import Revision
from workers.entitlement.sameness import digest_of
from workers.entitlement.settle import settle
from workers.entitlement.turn import LIMIT, Turn

FACTS_BYTES_MAX = 600_000
"""Packed facts of one person, bytes: below the record limit of the changelog. What is more needs a person."""


def revise(turn: Turn, record: Revision) -> None:
    """Fold one revision of one fact; bills are decided anew only if the law can see a difference."""
    group: dict[str, Any] = getattr(turn.revised, record.group)
    known = group.get(record.key)
    subject = f"{record.group}|{record.key}"
    if turn.revised_bytes + len(orjson.dumps(record.body)) > FACTS_BYTES_MAX:
        turn.open_task(LIMIT, "facts", None, {"facts_bytes_max": FACTS_BYTES_MAX})
        turn.answer("needs_person")
        return
    digest = digest_of(record.body)
    if known is None or record.revision > known["revision"]:
        before = turn.known
        if record.group == "identities" and _overlaps(group, record):
            turn.outcome.warned = "A17"
        revised = {"revision": record.revision, "digest": digest, "body": record.body}
        group[record.key] = replaced(known, revised, turn.from_key)
        turn.keep_revised()
        turn.look = True
        turn.close_task(CONFLICT, subject, "cause_gone")
        look_back(turn, subject, None if known is None else known["body"], record.body)
        if record.key.startswith(BALANCE):
            settle(turn)
        else:
            _decide_again(turn, before)
        if record.group == "applications":
            follow_paper(turn, record.key)
        elif record.group == "identities" and turn.revised.applications:
            follow_papers(turn)
        turn.answer("applied")
    elif record.revision < known["revision"]:
        turn.answer("stale")
    elif digest == known["digest"]:
        turn.answer("repeat")
    else:
        facts = {"fact": record.group, "revision": record.revision, "kept": known["digest"], "rival": digest}
        turn.open_task(CONFLICT, subject, None, facts)
        turn.answer("conflict")


def _overlaps(group: dict[str, Any], record: Revision) -> bool:
    """A17: the same identity stands twice at a time, by another number of the same or another source."""
    body = record.body
    if body.get("withdrawn"):
        return False
    others = (entry["body"] for key, entry in group.items() if key != record.key)
    return any(
        other.get("identity") == body.get("identity")
        and not other.get("withdrawn")
        and body["recognised_on"] < (other.get("removed_on") or "9999")
        and other["recognised_on"] < (body.get("removed_on") or "9999")
        for other in others
    )


def _decide_again(turn: Turn, before: object) -> None:
    if turn.facts.bills and turn.in_force is not None and turn.known != before:
        settle(turn)
