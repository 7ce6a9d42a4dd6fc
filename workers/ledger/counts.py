"""What the fold counts for metrics: plain numbers, taken by the host once a batch. A dropped batch never counted."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from workers.entitlement.outcome import Outcome


class Counts(NamedTuple):
    """Answers by outcome code, decisions by (measure, layer, reason), checks not met."""

    outcomes: dict[str, int]
    decisions: dict[tuple[str, str, str], int]
    warnings: dict[str, int]


class Tally:
    """Noted while a batch is folded, kept when it is committed, handed over on `take`."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._decisions: Counter[tuple[str, str, str]] = Counter()
        self._warnings: Counter[str] = Counter()
        self._noted_warnings: Counter[str] = Counter()
        self._noted_outcomes: Counter[str] = Counter()
        self._noted_decisions: Counter[tuple[str, str, str]] = Counter()

    def decided(self, outcome: Outcome) -> None:
        """Count one decision once in each layer that it gives something, or under layer `none`."""
        for decision in outcome.decisions:
            paid = [layer for layer, amount in decision.layers.items() if amount]
            for layer in paid or ("none",):
                self._noted_decisions[(decision.measure or "none", layer, decision.reason)] += 1

    def answered(self, code: str) -> None:
        self._noted_outcomes[code] += 1

    def warned(self, check: str) -> None:
        """Count a check that was not met and refused nothing."""
        self._noted_warnings[check] += 1

    def committed(self) -> None:
        self._outcomes.update(self._noted_outcomes)
        self._decisions.update(self._noted_decisions)
        self._warnings.update(self._noted_warnings)
        self.dropped()

    def dropped(self) -> None:
        self._noted_outcomes.clear()
        self._noted_decisions.clear()
        self._noted_warnings.clear()

    def take(self) -> Counts:
        """What was committed since the last call."""
        taken = Counts(dict(self._outcomes), dict(self._decisions), dict(self._warnings))
        self._outcomes.clear()
        self._decisions.clear()
        self._warnings.clear()
        return taken
