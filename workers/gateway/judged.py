"""What a body says, after the same verdict as intake gives a feed record; a refusal is a problem with its sentence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from prometheus_client import Counter

from schemas.events.header import CE_SOURCE
from schemas.http.problem import ProblemType
from schemas.http.sentences import REFUSED
from schemas.national.load import National
from schemas.reasons import RejectReason
from workers.gateway.caller import Caller, check_own, check_region
from workers.gateway.problems import ProblemError
from workers.intake.verdict import Accepted, Refused, judge

FEED: Final = "settlement.reported"
FINAL: Final = "settlement.final"

_WARNED = Counter("settlement_gateway_warnings", "Checks not met that refuse nothing, by check", ["check"])
_REFUSED = Counter("settlement_gateway_refused", "Bodies refused, by reason", ["reason"])


def source_of(caller: Caller) -> str:
    """The name of the sender in the journal: a retry has the same, so it is a repeat and not a confirmation."""
    return f"hospital/{caller.code}"


def judged(
    raw: bytes, caller: Caller, *, types: Collection[str], now_ms: int, bytes_max: int, national: National
) -> dict[str, Any]:
    """The one event of a body, checked, the caller's own. ProblemError for everything else."""
    headers = [(CE_SOURCE, source_of(caller).encode())]
    verdict = judge(FEED, None, raw, headers, now_ms, bytes_max=bytes_max, national=national, keyed=False)
    if isinstance(verdict, Refused):
        raise refusal(verdict)
    return own(verdict, caller, types)


def own(verdict: Accepted, caller: Caller, types: Collection[str]) -> dict[str, Any]:
    """The event of a verdict, if it is of these types and the caller may say it.

    A bill that names no institution is the caller's: who it belongs to is known by that later.
    """
    event = verdict.event
    if event["type"] not in types or verdict.more:
        raise refusal(Refused(RejectReason.UNKNOWN_TYPE, "type"))
    check_region(caller, event["region"])
    if event["type"] == FINAL:
        check_own(caller, event.get("institution_code"))
        event["institution_code"] = caller.code
    for check in verdict.warnings:
        _WARNED.labels(check).inc()
    return event


def refusal(refused: Refused) -> ProblemError:
    """A refusal as the caller gets it."""
    _REFUSED.labels(refused.reason.value).inc()
    kind = ProblemType.REFUSED
    if refused.reason in (RejectReason.NOT_JSON, RejectReason.EMPTY):
        kind = ProblemType.NOT_JSON
    elif refused.reason is RejectReason.TOO_LARGE:
        kind = ProblemType.TOO_LARGE
    return ProblemError(
        kind,
        detail=refused.detail,
        sentence=REFUSED[refused.reason],
        reason=refused.reason.value,
        field=refused.field,
    )
