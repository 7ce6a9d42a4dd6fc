"""The bills that a replica has seen go by: whose they are, where they stand, by which names a message may call them.

Made from the journal, the answers and the decisions as they are read, in any order between the three. A bill's owner is
the institution that its first record states; a later record with another institution is a repeat or a conflict, and
takes nothing over. Bounded: what is forgotten is in the read model.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from schemas.events.header import MOVED_FROM
from workers.gateway.answers import Answers, Place
from workers.log.port import Record

BillKey = tuple[str, str]
"""Region and `setl_id`."""
MARK: Final = b'"type":"settlement.'
NOT_FIRST: Final = frozenset({"repeat", "confirmed", "completed", "conflict", "forwarded"})
"""Outcomes of a bill's record that is not the one which brought the bill."""


class State(NamedTuple):
    """Where a bill stands, as outputs state it. `at` is the place in the journal of what brought it there."""

    status: str | None
    reason: str | None
    layers: dict[str, str]
    payable: dict[str, str] | None
    decision_id: str | None
    at: Place = (-1, -1)


@dataclass(slots=True)
class Seen:
    """One bill."""

    key: BillKey
    owner: str | None = None
    persons: set[str] = field(default_factory=set)
    state: State | None = None
    claims: dict[Place, str | None] = field(default_factory=dict)
    """Records of the bill that are not answered yet, with the institution that each states."""

    @property
    def on_its_way(self) -> bool:
        return bool(self.claims)

    @property
    def claimed_by(self) -> str | None:
        """The owner, or who will be it once the first record is answered."""
        return self.owner or next(iter(self.claims.values()), None)


class Bills:
    """Feed it from the tails; ask by key or by name."""

    def __init__(self, answers: Answers, *, kept_max: int) -> None:
        self._answers = answers
        self._kept_max = kept_max
        self._bills: OrderedDict[BillKey, Seen] = OrderedDict()
        self._names: OrderedDict[tuple[str, str], BillKey] = OrderedDict()
        self._claimed: OrderedDict[Place, BillKey] = OrderedDict()

    def get(self, key: BillKey) -> Seen | None:
        return self._bills.get(key)

    def named(self, region: str, name: str) -> BillKey | None:
        """The bill of a message number (of the bill or a cancel of it) or of a cancel's own id."""
        return self._names.get((region, name))

    def take_journal(self, record: Record) -> None:
        """A record of the journal; only those of settlements matter, and where one was sent on."""
        if record.value is None or MARK not in record.value:
            return
        place = (record.partition, record.offset)
        moved_from = record.header(MOVED_FROM)
        if moved_from is not None:
            partition, offset = map(int, moved_from.split(b","))
            self._answers.moved((partition, offset), place)
        body = orjson.loads(record.value)
        setl_id = body.get("setl_id")
        key = (body["region"], setl_id) if setl_id is not None else self._named_by(body)
        if key is None:
            return
        seen = self._seen(key)
        seen.persons.add(body["person_key"])
        if body["type"] == "settlement.final":
            self._claim(seen, place, body.get("institution_code"))
        if body["type"] in ("settlement.final", "settlement.cancel"):
            for name in (body.get("msgid"), body.get("own_id")):
                if name is not None:
                    self._name((body["region"], name), key)

    def take_answer(self, body: dict[str, Any]) -> None:
        """An answer of the ledger; its bill stands where it says."""
        place = (body["partition"], body["offset"])
        self._settle_claim(place, body["outcome"])
        if body.get("bill") is None:
            return
        seen = self._seen((body["bill"]["region"], body["bill"]["setl_id"]))
        if body.get("person_key"):
            seen.persons.add(body["person_key"])
        if body.get("status") is not None:
            layers, payable = body.get("layers") or {}, body.get("payable")
            state = State(body["status"], body.get("reason"), layers, payable, _own(body), place)
            self._stands(seen, state)

    def take_decision(self, body: dict[str, Any]) -> None:
        """A decision: the bill may have moved because of something else that was said of its person."""
        if body.get("bill") is None:
            return
        seen = self._seen((body["bill"]["region"], body["bill"]["setl_id"]))
        seen.persons.add(body["person_key"])
        layers, payable = body["layers"], body.get("payable")
        at = (body["cause"]["partition"], body["cause"]["offset"])
        self._stands(seen, State(body["status"], body["reason"], layers, payable, body["decision_id"], at))

    def _named_by(self, body: dict[str, Any]) -> BillKey | None:
        for name in (body.get("msgid"), body.get("own_id")):
            found = None if name is None else self.named(body["region"], name)
            if found is not None:
                return found
        return None

    def _claim(self, seen: Seen, place: Place, institution: str | None) -> None:
        seen.claims[place] = institution
        self._claimed[place] = seen.key
        if len(self._claimed) > self._kept_max:
            old, key = self._claimed.popitem(last=False)
            if key in self._bills:
                self._bills[key].claims.pop(old, None)
        answer = self._answers.kept(place)
        if answer is not None:
            self._settle_claim(place, answer["outcome"])

    def _settle_claim(self, place: Place, outcome: str) -> None:
        key = self._claimed.pop(place, None)
        seen = None if key is None else self._bills.get(key)
        if seen is None:
            return
        institution = seen.claims.pop(place, None)
        if seen.owner is None and outcome not in NOT_FIRST:
            seen.owner = institution

    def _stands(self, seen: Seen, state: State) -> None:
        """A later place of the same partition counts; after a move, whatever is read last."""
        before = seen.state
        if before is None or before.at[0] != state.at[0] or state.at >= before.at:
            seen.state = state

    def _seen(self, key: BillKey) -> Seen:
        found = self._bills.get(key)
        if found is None:
            found = self._bills[key] = Seen(key)
            if len(self._bills) > self._kept_max:
                self._bills.popitem(last=False)
        else:
            self._bills.move_to_end(key)
        return found

    def _name(self, name: tuple[str, str], key: BillKey) -> None:
        self._names.setdefault(name, key)
        if len(self._names) > 2 * self._kept_max:
            self._names.popitem(last=False)


def _own(body: dict[str, Any]) -> str | None:
    """The bill's own decision; answers of an older ledger name it only among all of them."""
    own: str | None = body.get("decision_id")
    ids = body.get("decision_ids") or []
    return own if own is not None or len(ids) != 1 else ids[0]
