"""Re-decision after an adoption, slice by slice (records.md §6).

Each slice is a journal record in the ledger's own partition; the next one is appended in the transaction that finished
one. A slice takes the persons behind `after_key` in the order of their keys, so that state alone says what comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from typing import Any, NamedTuple

import orjson

from workers.entitlement.outcome import Outcome
from workers.ledger.views import SWEEP
from workers.ledger.views import persons as persons_of
from workers.runtime.port import View

SLICE_BILLS_MAX = 2_000
"""A slice ends early behind the person with whom it has decided so many bills: batches and transactions stay short."""


class Swept(NamedTuple):
    """What a sweep has taken back so far: of how many persons, how much (fen). `number` is that of the adoption."""

    number: int
    persons: int
    fen: int


def begin(view: View, adoption: str, number: int) -> dict[str, Any]:
    """Note the begin of a sweep; the fields of its first slice."""
    _note(view, adoption, "", Swept(number, 0, 0), done=False)
    return {"adoption": adoption, "after_key": ""}


def expected(view: View, adoption: str, after_key: str) -> bool:
    """True where this slice is the next of its sweep: a slice that was worked on has moved the mark."""
    raw = view.get(SWEEP, adoption)
    if raw is None:
        return False
    noted = orjson.loads(raw)
    return not noted["done"] and noted["after_key"] == after_key


def swept(view: View, adoption: str) -> Swept:
    """What the sweep of an adoption has taken back so far."""
    noted = orjson.loads(view.get(SWEEP, adoption) or b"{}")
    return Swept(noted.get("number", 0), noted.get("persons", 0), noted.get("fen", 0))


def abandon(view: View, adoption: str, after_key: str) -> None:
    """A newer adoption sweeps everybody again: this sweep ends here."""
    _note(view, adoption, after_key, swept(view, adoption), done=True)


def work(
    view: View, adoption: str, after_key: str, persons_max: int, resettle: Callable[[str], Outcome]
) -> dict[str, Any] | None:
    """Work on one slice; the fields of the next one, or None where the sweep is done."""
    keys = persons_behind(view, after_key, persons_max)
    number, persons, fen = swept(view, adoption)
    settled = 0
    last = after_key
    for person_key in keys:
        outcome = resettle(person_key)
        taken = taken_back(outcome)
        persons, fen = persons + (taken > 0), fen + taken
        settled += outcome.settled
        last = person_key
        if settled >= SLICE_BILLS_MAX:
            break
    done = len(keys) < persons_max and (not keys or last == keys[-1])
    _note(view, adoption, last, Swept(number, persons, fen), done=done)
    return None if done else {"adoption": adoption, "after_key": last}


def persons_behind(view: View, after_key: str, persons_max: int) -> list[str]:
    """The next persons of the partition in the order of their keys."""
    return nsmallest(persons_max, persons_of(view, after_key))


def taken_back(outcome: Outcome) -> int:
    """Money back that waits for an officer, fen."""
    return -sum(posting.amount for decision in outcome.decisions for posting in decision.postings if posting.pending)


def _note(view: View, adoption: str, after_key: str, so_far: Swept, *, done: bool) -> None:
    view.put(SWEEP, adoption, orjson.dumps({**so_far._asdict(), "after_key": after_key, "done": done}))
