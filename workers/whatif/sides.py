"""Both sides of a what-if: the newest decision of every matter under today's law, then under the draft.

A collector of what the ledger emits. `turn` is called once, after the facts and before the draft is adopted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson

from schemas.money import fen_of
from schemas.topics import full_name
from workers.policy.law import Law
from workers.replay.engine import Emitted

Key = tuple[str, str, str, str]
"""person_key, region, id, kind: "bill", or the kind of another matter."""


class Result(NamedTuple):
    """What a law says of one matter, amounts in fen; `group` is the class it put the person in."""

    measure: str
    year: int
    status: str
    reason: str
    group: str
    funding: tuple[str, ...]
    layers: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(fen for _, fen in self.layers)


class Chooser(NamedTuple):
    """The rule of an instrument that chooses the identity, and the classes it can choose."""

    rule: str
    groups: frozenset[str]


class Sides:
    """Results by key on both sides, and what the draft would pay or take back beside them, by key."""

    def __init__(self, topic_prefix: str, find_law: Callable[[str], Law]) -> None:
        self.today: dict[Key, Result] = {}
        self.draft: dict[Key, Result] = {}
        self.recover: dict[Key, int] = {}
        self.pay: dict[Key, int] = {}
        self.answers = 0
        self._decided = full_name("assistance.decided", topic_prefix)
        self._answered = full_name("journal.answered", topic_prefix)
        self._find_law = find_law
        self._choosers: dict[tuple[str, str, str], Chooser] = {}
        self._turned = False

    def turn(self) -> None:
        """From now on decisions are those of the draft."""
        self._turned = True

    def __call__(self, emitted: Emitted) -> None:
        if emitted.topic == self._decided:
            self._take(orjson.loads(emitted.value))
        elif emitted.topic == self._answered:
            self.answers += 1

    def _take(self, body: Mapping[str, Any]) -> None:
        key = key_of(body)
        side = self.draft if self._turned else self.today
        side[key] = Result(
            body["measure"], body["year"], body["status"], body["reason"], self._group(body), tuple(body["funding"]),
            tuple((layer, fen_of(text)) for layer, text in body["layers"].items()),
        )  # fmt: skip
        if self._turned:
            for posting in body["postings"]:
                book = self._book(posting["payee"])
                if book is not None:
                    book[key] = book.get(key, 0) + fen_of(posting["amount"])

    def _book(self, payee: str) -> dict[Key, int] | None:
        """None for accounts that are only told: what the platform paid, what nobody is to pay."""
        if payee == "recovery":
            return self.recover
        return self.pay if payee in ("hospital", "person") else None

    def _group(self, body: Mapping[str, Any]) -> str:
        """The class the decision rests on: the code of the step of the rule that chooses the identity."""
        steps = body["steps"]
        if not steps:
            return ""
        place = (body["receipt"]["rulebook"], body["measure"], body["benefit_date"])
        known = self._choosers.get(place)
        if known is None:
            instrument = self._find_law(place[0]).instrument(place[1], date.fromisoformat(place[2]))
            groups = frozenset(group.id for group in instrument.book.group)
            known = self._choosers[place] = Chooser(instrument.chooser.rule.id, groups)
        code: str = next((code for rule, code, _ in steps if rule == known.rule), "")
        group = code.partition(".")[0]
        return group if group in known.groups else ""


def key_of(body: Mapping[str, Any]) -> Key:
    """Whose and what: a bill, or the other matter a decision is about."""
    bill = body.get("bill")
    if bill is not None:
        return body["person_key"], bill["region"], bill["setl_id"], "bill"
    subject = body["subject"]
    return body["person_key"], subject["region"], subject["id"], subject["kind"]
