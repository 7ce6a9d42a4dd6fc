"""Who is asking. The door (authentication, in front of the application) says it; the routes only ask here.

The door is ASGI middleware: it puts an object with `code` and `regions` under `scope["state"]["hospital"]`, or answers
itself and calls nobody. `OPEN_PATHS` are for everybody inside the network: no hospital stands behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request

from schemas.http.problem import ProblemType
from workers.gateway.problems import ProblemError

STATE: Final = "hospital"
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/v1/openapi.json"})


class Caller(Protocol):
    """A designated institution: its code (fixmedins_code) and the platforms it may settle with."""

    @property
    def code(self) -> str: ...
    @property
    def regions(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Hospital:
    """The plain `Caller`. `regions` are codes of platforms (the `region` of a bill), six digits."""

    code: str
    regions: frozenset[str]


def caller_of(request: Request) -> Caller:
    """The authenticated institution of a request; ProblemError(unauthenticated) where no door let it in."""
    found: Caller | None = request.scope.get("state", {}).get(STATE)
    if found is None:
        raise ProblemError(ProblemType.UNAUTHENTICATED)
    return found


def check_region(caller: Caller, region: str) -> None:
    """ProblemError(not-yours) where the institution has no business with this platform."""
    if region not in caller.regions:
        raise ProblemError(ProblemType.NOT_YOURS, field="region")


def check_own(caller: Caller, institution_code: str | None) -> None:
    """ProblemError(not-yours) where the settlement states another institution than the caller."""
    if institution_code is not None and institution_code != caller.code:
        raise ProblemError(ProblemType.NOT_YOURS, field="institution_code")
