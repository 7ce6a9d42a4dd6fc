"""Re-decision after an adoption, slice by slice (records.md §6).

Each slice is a journal record in the ledger's own partition; the next one is appended in the transaction that finished
one. A slice takes the persons behind `after_key` in the order of their keys, so that state alone says what comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from typing import Any

import orjson

from workers.entitlement.outcome import Outcome
from workers.ledger.views import SWEEP, persons
from workers.runtime.port import View

SLICE_BILLS_MAX = 2_000
"""A slice ends early behind the person with whom it has decided so many bills: batches and transactions stay short."""


def begin(view: View, adoption: str) -> dict[str, Any]:
    """Note the begin of a sweep; the fields of its first slice."""
    _note(view, adoption, "", done=False)
    return {"adoption": adoption, "after_key": ""}


def expected(view: View, adoption: str, after_key: str) -> bool:
    """True where this slice is the next of its sweep: a slice that was worked on has moved the mark."""
    raw = view.get(SWEEP, adoption)
    if raw is None:
        return False
    noted = orjson.loads(raw)
    return not noted["done"] and noted["after_key"] == after_key


def abandon(view: View, adoption: str, after_key: str) -> None:
    """A newer adoption sweeps everybody again: this sweep ends here."""
    _note(view, adoption, after_key, done=True)


def work(
    view: View, adoption: str, after_key: str, persons_max: int, resettle: Callable[[str], Outcome]
) -> dict[str, Any] | None:
    """Work on one slice; the fields of the next one, or None where the sweep is done."""
    keys = nsmallest(persons_max, persons(view, after_key))
    settled = 0
    last = after_key
    for person_key in keys:
        settled += resettle(person_key).settled
        last = person_key
        if settled >= SLICE_BILLS_MAX:
            break
    done = len(keys) < persons_max and (not keys or last == keys[-1])
    _note(view, adoption, last, done=done)
    return None if done else {"adoption": adoption, "after_key": last}


def _note(view: View, adoption: str, after_key: str, *, done: bool) -> None:
    view.put(SWEEP, adoption, orjson.dumps({"after_key": after_key, "done": done}))
