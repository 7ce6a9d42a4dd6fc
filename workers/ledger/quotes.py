"""The answer to a trial: `advance` on a copy of what is committed, and then the copy is thrown away.

There is no second way of deciding: the bill of the request is decoded, folded and read back as a record of the journal
would be that came next. Nothing here is ever written to the store, the changelog or an output of the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from schemas.money import text_of
from schemas.outputs.quote import QuoteRequested
from workers.entitlement.advance import advance
from workers.entitlement.alias import ALIAS, Alias
from workers.entitlement.judge import NO_FIGURES
from workers.entitlement.outcome import Outcome
from workers.entitlement.records import Arrival
from workers.entitlement.state import FACTS, Bill, Facts, bill_name
from workers.errors import TuodiError
from workers.journal.record import canonical_json
from workers.ledger.adoption import Adoptions, Loader, Standing
from workers.ledger.days import BusinessDay
from workers.ledger.decode import decode
from workers.log.port import Record
from workers.policy.adoption import load_adoption
from workers.runtime.overlay import Overlay
from workers.runtime.port import GroupView, Store
from workers.runtime.position import Position
from workers.settings import Settings

BILLS_MAX: Final = 2_000
"""A person with more bills is not quoted: deciding all anew could hold up money for as long as it takes."""
STEPS_MAX, CLAUSES_MAX = 256, 64


class Unanswerable(TuodiError):
    """This trial gets no answer; the message is a word for the metric."""


class SentOn(NamedTuple):
    """The person has another key now: its owner is asked."""

    to_key: str


class Quoter:
    """Answers trials from committed states. Knows the law as the ledger does, by the bytes in the state."""

    def __init__(self, settings: Settings, load: Loader = load_adoption) -> None:
        self._settings = settings
        self._load = load
        self._adoptions: dict[int, Adoptions] = {}

    def answer(self, asked: QuoteRequested, partition: int, store: Store, at: Position) -> dict[str, Any] | SentOn:
        """The fields of `quote.answered`. Unanswerable where there is nothing to say; Stop for a broken invariant."""
        view = Overlay(store)
        packed = view.group(asked.person_key)
        alias = packed.get(ALIAS)
        to_key = None if alias is None else Alias.unpack(alias).to
        if to_key is not None:
            return SentOn(to_key)
        if _bills(packed) > BILLS_MAX:
            raise Unanswerable("too_many_bills")
        standing = self._adoptions.setdefault(partition, Adoptions(self._load)).standing(view)
        person = decode(_as_record(asked, partition, at)).person
        if person is None:
            raise Unanswerable("not_a_bill")
        outcome = advance(
            asked.person_key,
            packed,
            person,
            standing.in_force,
            Arrival(at.stamp, partition, at.offset),
            self._settings,
            BusinessDay().open_day(view),
        )
        return _answered(asked, outcome, packed, standing, partition, at)


def _bills(packed: GroupView) -> int:
    raw = packed.get(FACTS)
    return 0 if raw is None else Facts.unpack(raw).bills


def _as_record(asked: QuoteRequested, partition: int, at: Position) -> Record:
    """The record of the journal that would come next if the bill were settled now."""
    bill = asked.bill.model_dump(mode="json", exclude_none=True)
    fields = {"type": "settlement.final", "version": 1, "region": asked.region, "person_key": asked.person_key, **bill}
    return Record("quote", partition, at.offset, at.stamp, asked.person_key.encode(), canonical_json(fields), ())


def _answered(
    asked: QuoteRequested, outcome: Outcome, packed: GroupView, standing: Standing, partition: int, at: Position
) -> dict[str, Any]:
    raw = None if outcome.bill is None else packed.get(bill_name(outcome.bill))
    if raw is None or outcome.status is None:  # a compacted bill, or one over a limit: an officer's matter
        raise Unanswerable("no_state")
    bill = Bill.unpack(raw)
    decision = next((each for each in reversed(outcome.decisions) if each.bill == bill.key), None)
    figures = {**NO_FIGURES, **bill.figures}
    value: dict[str, Any] = {
        "type": "quote.answered",
        "version": 1,
        "quote_id": asked.quote_id,
        "person_key": asked.person_key,
        "status": bill.status,
        "reason": bill.reason,
        "layers": _money(bill.layers),
        "figures": _money({name: figures[name] for name in NO_FIGURES}),
        "clauses": bill.clauses[:CLAUSES_MAX],
        "questions": () if decision is None else decision.questions[:CLAUSES_MAX],
        "steps": [] if decision is None else [tuple(step) for step in decision.steps[:STEPS_MAX]],
        "receipt": {"engine": standing.receipt.engine, "rulebook": standing.receipt.rulebook},
        "position": {"incarnation": at.incarnation, "partition": partition, "offset": at.offset},
    }
    if outcome.payable is not None:
        value["payable"] = _money(outcome.payable)
    return value


def _money(amounts: Mapping[str, int]) -> dict[str, str]:
    return {name: text_of(amount) for name, amount in amounts.items()}


def quote_bytes(value: Mapping[str, Any]) -> bytes:
    """The value of a record of `quote.answered`."""
    return orjson.dumps(value)
