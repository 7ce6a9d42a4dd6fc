"""The mode of regions by office order (docs/shadow.md): partition 0 checks the order, every partition keeps it.

`!mode` holds the orders of each region, oldest first, and how far each partition has looked through its bills after a
switch. Which bills an order takes in is said in `workers.entitlement.modes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from schemas.modes import CountedBy, RegionMode
from workers.entitlement.modes import NO_MODES, Modes, Word
from workers.entitlement.outcome import Outcome
from workers.entitlement.sameness import digest_of
from workers.ledger.cause import Cause
from workers.ledger.outputs import Publisher
from workers.ledger.sweeps import persons_behind
from workers.ledger.views import MODES
from workers.runtime.port import Emit, View
from workers.settings import Settings

SWITCHED = "mode.switched"
WORDS = ""
"""Name of the orders of all regions of a partition."""
WORDS_MAX = 1_000
"""Orders about modes that one installation remembers; a further one has no effect."""


def modes_of(raw: bytes | None) -> Modes:
    """The orders as the law reads them."""
    if raw is None:
        return NO_MODES
    return {region: tuple(Word(*word) for word in words) for region, words in orjson.loads(raw).items()}


class RegionModes:
    """The switches of one partition."""

    def __init__(self, settings: Settings, publisher: Publisher) -> None:
        self._settings = settings
        self._publisher = publisher

    def ordered(self, model: Any, open_day: str | None, cause: Cause, view: View, emit: Emit) -> Outcome:
        """An order `region_mode`; to pay it must come before its first day, else a bill of that day may have passed."""
        fields = _fields(model)
        if model.author == model.second_signer or (model.mode is RegionMode.LIVE and not _in_time(fields, open_day)):
            return Outcome("no_effect")
        noted, digest = view.get(MODES, f"ordered|{model.order_id}"), digest_of(fields)
        if noted is not None:
            return Outcome("repeat" if orjson.loads(noted)["digest"] == digest else "conflict")
        if sum(map(len, modes_of(view.get(MODES, WORDS)).values())) >= WORDS_MAX:
            return Outcome("no_effect")
        view.put(MODES, f"ordered|{model.order_id}", orjson.dumps({"digest": digest}))
        for partition in range(self._settings.partitions):
            self._publisher.derived(emit, cause, SWITCHED, {**fields, "after_key": ""}, partition=partition)
        return Outcome("applied")

    def switched(self, model: Any, view: View, emit: Emit, cause: Cause, look: Callable[[str], Outcome]) -> Outcome:
        """Keep the order; where the region pays from now on, look through the persons, slice after slice."""
        fields, raw = _fields(model), view.get(MODES, f"looked|{model.order_id}")
        noted = {"after_key": "", "done": False} if raw is None else orjson.loads(raw)
        begins = raw is None and model.after_key == ""
        if not begins and (raw is None or noted["done"] or noted["after_key"] != model.after_key):
            return Outcome("stale")
        if begins:
            self._keep(view, model)
        done, last = True, model.after_key
        if model.mode is RegionMode.LIVE:
            keys = persons_behind(view, model.after_key, self._settings.slice_persons_max)
            for person_key in keys:
                look(person_key)
            done, last = len(keys) < self._settings.slice_persons_max, keys[-1] if keys else last
        view.put(MODES, f"looked|{model.order_id}", orjson.dumps({"after_key": last, "done": done}))
        if not done:
            self._publisher.derived(emit, cause, SWITCHED, {**fields, "after_key": last})
        return Outcome("applied")

    def _keep(self, view: View, model: Any) -> None:
        fields = _fields(model)
        word = Word(fields.get("county"), fields["mode"], fields.get("first_day"), fields["counted_by"], model.order_id)
        raw = view.get(MODES, WORDS)
        words: dict[str, list[Any]] = {} if raw is None else orjson.loads(raw)
        words.setdefault(model.region, []).append(word)
        view.put(MODES, WORDS, orjson.dumps(words, default=tuple))


def _fields(model: Any) -> dict[str, Any]:
    """What the order says, as it goes to every partition."""
    stated = {
        "region": model.region,
        "county": model.county,
        "mode": model.mode.value,
        "first_day": None if model.first_day is None else model.first_day.isoformat(),
        "counted_by": (model.counted_by or CountedBy.BENEFIT_DATE).value,
        "order_id": model.order_id,
    }
    return {name: value for name, value in stated.items() if value is not None}


def _in_time(fields: dict[str, Any], open_day: str | None) -> bool:
    return open_day is not None and fields["first_day"] > open_day
