"""Token buckets: how often each hospital may ask. The clock is passed in: monotonic seconds."""

from __future__ import annotations

import math
from typing import NamedTuple

from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.refusals import Refused


class _Level(NamedTuple):
    tokens: float
    at_s: float


class Buckets:
    """One bucket per hospital, `burst` deep, filled by `requests_per_second`; full at first."""

    def __init__(self) -> None:
        self._levels: dict[str, _Level] = {}

    def take(self, hospital: Hospital, monotonic_s: float) -> None:
        """Take one token. Errors: Refused with the whole seconds until there is one."""
        rate, burst = hospital.requests_per_second, hospital.burst
        level = self._levels.get(hospital.code, _Level(burst, monotonic_s))
        tokens = min(float(burst), level.tokens + max(0.0, monotonic_s - level.at_s) * rate)
        if tokens < 1.0:
            self._levels[hospital.code] = _Level(tokens, monotonic_s)
            raise Refused("rate_limited", retry_after_s=max(1, math.ceil((1.0 - tokens) / rate)))
        self._levels[hospital.code] = _Level(tokens - 1.0, monotonic_s)

    def forget(self, known: frozenset[str]) -> None:
        """Drop the buckets of hospitals that are no longer known."""
        for code in set(self._levels) - known:
            del self._levels[code]
