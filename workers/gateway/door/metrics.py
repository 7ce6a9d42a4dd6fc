"""What the door tells Prometheus. Reasons are a closed list; hospitals are those of the file, never of callers."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

_ADMITTED = Counter("settlement_door_admitted", "Requests let in, by hospital and proof", ["hospital", "way"])
_REFUSED = Counter("settlement_door_refused", "Requests the door refused, by reason", ["reason"])
_LIMITED = Counter("settlement_door_limited", "Requests over a hospital's agreed rate", ["hospital"])
_VALID = Gauge(
    "settlement_hospitals_file_valid", "1 while the file of hospitals is the one in force, 0 while it is broken"
)
_KNOWN = Gauge("settlement_hospitals", "Hospitals in force")
_NONCES = Gauge("settlement_door_nonces", "Nonces remembered")


def admitted(hospital: str, ways: frozenset[str], nonces: int) -> None:
    """Count a request that is let in. `hospital` is a code of the file (at most 2,000)."""
    _ADMITTED.labels(hospital, "+".join(sorted(ways))).inc()
    _NONCES.set(nonces)


def refused(reason: str, hospital: str | None) -> None:
    """Count a refusal; who is limited is told apart, since somebody has to call that hospital."""
    _REFUSED.labels(reason).inc()
    if hospital is not None and reason in ("rate_limited", "nonces_exhausted"):
        _LIMITED.labels(hospital).inc()


def register_state(*, valid: bool, hospitals: int) -> None:
    """Whether the file on disk is the one in force, and how many hospitals are."""
    _VALID.set(1 if valid else 0)
    _KNOWN.set(hospitals)
