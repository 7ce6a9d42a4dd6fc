"""Nonces seen within the clock window, per hospital, in the memory of one replica, bounded.

What this protects against and what not, with several replicas: docs/gateway-door.md, docs/adr/0011.
"""

from __future__ import annotations

from collections import OrderedDict

from workers.gateway.door.refusals import Refused

PER_HOSPITAL_MAX = 100_000


class Nonces:
    """Remembers each nonce for two windows: for as long as its signature could pass the clock again."""

    def __init__(self, window_s: int, per_hospital_max: int = PER_HOSPITAL_MAX) -> None:
        self._keep_s, self._max = 2 * window_s, per_hospital_max
        self._seen: dict[str, OrderedDict[str, float]] = {}

    def once(self, hospital: str, nonce: str, now_s: float) -> None:
        """Take note of a nonce. `now_s` is Unix time. Errors: Refused where it was seen, or no more can be kept."""
        seen = self._seen.setdefault(hospital, OrderedDict())
        while seen and next(iter(seen.values())) <= now_s:
            seen.popitem(last=False)
        if nonce in seen:
            raise Refused("nonce_replayed")
        if len(seen) >= self._max:
            raise Refused("nonces_exhausted", retry_after_s=max(1, int(next(iter(seen.values())) - now_s) + 1))
        seen[nonce] = now_s + self._keep_s

    def __len__(self) -> int:
        return sum(len(seen) for seen in self._seen.values())
