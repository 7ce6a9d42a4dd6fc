"""Health is progress: a position that moves, or nothing to do (design §5, 12). Merely being alive is not health.

Pure judgement over numbers, so that it can be tested without a log or a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What the process should tell its orchestrator."""

    READY = "ready"
    RESTORING = "restoring"
    """Alive, with progress, but not yet deciding."""
    NOT_READY = "not_ready"
    """A partition is stopped, or one with lag has not moved for the stall time."""
    EXIT = "exit"
    """Stalled for twice the stall time: only a new process helps."""


class PartitionReport(NamedTuple):
    """What health looks at, per owned partition. Seconds since the last move, records of lag."""

    partition: int
    phase: str
    still_seconds: float
    lag_records: int
    stop_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Verdict and the reasons for it, each a sentence for an operator."""

    verdict: Verdict
    reasons: list[str] = field(default_factory=list)
    partitions: list[PartitionReport] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether this process carries its share: may it be counted during a rolling restart?"""
        return self.verdict is Verdict.READY

    def as_dict(self) -> dict[str, object]:
        """For `/readyz`; holds no input value."""
        return {
            "verdict": self.verdict.value,
            "ready": self.ready,
            "reasons": self.reasons,
            "partitions": [report._asdict() for report in self.partitions],
        }


def judge(
    reports: Sequence[PartitionReport],
    *,
    unassigned_seconds: float | None,
    stall_seconds: float,
    measured_seconds_ago: float = 0.0,
) -> Health:
    """Health of one runtime; `unassigned_seconds` says for how long no assignment has been held, None while one is.

    To own nothing in the middle of a rebalance is not to have nothing to do: one that does not end is a stall. A lag
    that could not be measured for the stall time counts as a stall: nobody knows whether there is work.
    """
    stopped = [report for report in reports if report.phase == "stopped"]
    busy = [
        report for report in reports if report.phase in ("restoring", "unknown", "fenced") or report.lag_records > 0
    ]
    stalled = [report for report in busy if report.phase != "stopped" and report.still_seconds > stall_seconds]
    gone = [report for report in stalled if report.still_seconds > 2 * stall_seconds]
    reasons = [f"partition {report.partition} is stopped: {report.stop_reason}" for report in stopped]
    reasons += [
        f"partition {report.partition} ({report.phase}) has not moved for {report.still_seconds:.0f} s with "
        f"{report.lag_records} records of lag"
        for report in stalled
    ]
    blind = measured_seconds_ago > stall_seconds
    if blind:
        reasons.append(f"the log has not answered how far it is for {measured_seconds_ago:.0f} s; is the broker up?")
    partitions = list(reports)
    if unassigned_seconds is not None:
        reasons.append(f"no partitions have been assigned for {unassigned_seconds:.0f} s")
        if unassigned_seconds > 2 * stall_seconds:
            return Health(Verdict.EXIT, reasons, partitions)
    if gone or measured_seconds_ago > 2 * stall_seconds:
        return Health(Verdict.EXIT, reasons, partitions)
    if stopped or stalled or blind or unassigned_seconds is not None:
        return Health(Verdict.NOT_READY, reasons, partitions)
    restoring = [report.partition for report in reports if report.phase == "restoring"]
    if restoring:
        return Health(Verdict.RESTORING, [f"restoring partitions {sorted(restoring)}"], partitions)
    return Health(Verdict.READY, [], partitions)
