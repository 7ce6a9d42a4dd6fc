"""Money back that an adoption brings (docs/adr/0006): counted by partition, summed in partition 0, ruled on once.

When its sweep ends, each partition says to partition 0 of how many persons it took back how much (`sweep.counted`).
With the last word partition 0 knows the sum: below the bounds every recovery gets a task of its own, above them one
task opens for the whole adoption and all waits for one order (`office.ordered`, kind `recovery`, with `adoption`).
Either ruling goes to all partitions (`recoveries.ruled`) and is carried out in slices. The decisions themselves stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from schemas.money import fen_of, text_of
from workers.entitlement.outcome import Closed, Opened, Outcome
from workers.entitlement.recoveries import EACH
from workers.entitlement.turn import OPENED, outcome_id
from workers.ledger.cause import Cause
from workers.ledger.outputs import NOTHING_ADOPTED_RECEIPT, Publisher
from workers.ledger.sweeps import Swept, persons_behind
from workers.ledger.views import RECOVERIES, RULING
from workers.runtime.port import Emit, View
from workers.settings import Settings

COUNTED, RULED = "sweep.counted", "recoveries.ruled"
RECOVERIES_TASK = "recoveries"
_COUNTING, _WAITING, _NONE = "counting", "waiting", "none"
SUMMING_PARTITION = 0


class Bulk:
    """The state of an adoption's recoveries: sums in partition 0, the progress of a ruling in each partition."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._settings = settings
        self._publisher = publisher

    def swept(self, emit: Emit, cause: Cause, adoption: str, swept: Swept) -> None:
        """The sweep of this partition has ended. The first adoption of all can take nothing back."""
        if swept.number > 1:
            fields = {"adoption": adoption, "of": cause.partition, "persons": swept.persons}
            fields["amount"] = text_of(swept.fen)
            self._publisher.derived(emit, cause, COUNTED, fields, partition=SUMMING_PARTITION)

    def counted(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        """One partition's count; with the last one it is known who rules."""
        noted = _load(view, RECOVERIES, model.adoption) or {"state": _COUNTING, "counted": {}}
        if str(model.of) in noted["counted"]:
            return Outcome("stale")
        noted["counted"][str(model.of)] = [model.persons, model.amount]
        if len(noted["counted"]) == self._settings.partitions:
            persons, fen = (sum(each) for each in zip(*noted["counted"].values(), strict=True))
            self._summed(noted, model.adoption, persons, fen, cause, emit)
        _keep(view, RECOVERIES, model.adoption, noted)
        return Outcome("applied")

    def ordered(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        """An order about no person: the word on all that an adoption took back, or nothing of the ledger's."""
        noted = None if model.adoption is None else _load(view, RECOVERIES, _full(model.adoption))
        if noted is None or model.kind != "recovery" or model.author == model.second_signer:
            return Outcome("no_effect")
        if noted["state"] != _WAITING:
            same = noted.get("order") == model.order_id
            return Outcome("repeat" if same else "no_effect" if noted["state"] in (_COUNTING, _NONE) else "stale")
        if model.task_id not in (None, noted["task"]):
            return Outcome("no_effect")
        adoption = _full(model.adoption)
        noted |= {"state": model.approval.value, "order": model.order_id}
        _keep(view, RECOVERIES, adoption, noted)
        closed = Closed(noted["task"], 1, RECOVERIES_TASK, None, "order", model.order_id, model.document)
        outcome = Outcome("applied", tasks=[noted["task"]], closed=[closed])
        self._publisher.outcome(emit, cause, _key(adoption), outcome, NOTHING_ADOPTED_RECEIPT)
        self._rule(adoption, noted["state"], cause, emit)
        return outcome

    def ruled(self, model: Any, view: View, emit: Emit, cause: Cause, rule_one: Callable[[str], Outcome]) -> Outcome:
        """Carry out a ruling on the next persons of this partition; the others follow in a record of its own."""
        noted = _load(view, RULING, model.adoption) or {"after_key": "", "done": False}
        if noted["done"] or noted["after_key"] != model.after_key:
            return Outcome("stale")
        keys = persons_behind(view, model.after_key, self._settings.slice_persons_max)
        for person_key in keys:
            rule_one(person_key)
        done = len(keys) < self._settings.slice_persons_max
        after_key = keys[-1] if keys else model.after_key
        _keep(view, RULING, model.adoption, {"after_key": after_key, "done": done})
        if not done:
            fields = {"adoption": model.adoption, "approval": model.approval, "after_key": after_key}
            self._publisher.derived(emit, cause, RULED, fields)
        return Outcome("applied")

    def _summed(self, noted: dict[str, Any], adoption: str, persons: int, fen: int, cause: Cause, emit: Emit) -> None:
        limits = self._settings
        if persons == 0:
            noted["state"] = _NONE
        elif persons <= limits.recovery_persons_max and fen <= fen_of(limits.recovery_yuan_max):
            noted["state"] = EACH
            self._rule(adoption, EACH, cause, emit)
        else:
            noted["state"], noted["task"] = _WAITING, outcome_id(_key(adoption), OPENED, 1)
            facts = {"adoption": adoption, "persons": persons, "amount": text_of(fen)}
            facts |= {"persons_max": limits.recovery_persons_max, "amount_max": limits.recovery_yuan_max}
            opened = Opened(noted["task"], 1, RECOVERIES_TASK, None, facts)
            self._publisher.outcome(
                emit, cause, _key(adoption), Outcome("applied", opened=[opened]), NOTHING_ADOPTED_RECEIPT
            )

    def _rule(self, adoption: str, approval: str, cause: Cause, emit: Emit) -> None:
        for partition in range(self._settings.partitions):
            fields = {"adoption": adoption, "approval": approval, "after_key": ""}
            self._publisher.derived(emit, cause, RULED, fields, partition=partition)


def _key(adoption: str) -> str:
    """What stands in the place of a person in the task about an adoption: its hash, 64 characters of hex."""
    return adoption.removeprefix("sha256:")


def _full(adoption: str) -> str:
    return "sha256:" + _key(adoption)


def _load(view: View, group: str, adoption: str) -> dict[str, Any] | None:
    raw = view.get(group, adoption)
    return None if raw is None else orjson.loads(raw)


def _keep(view: View, group: str, adoption: str, value: dict[str, Any]) -> None:
    view.put(group, adoption, orjson.dumps(value))
