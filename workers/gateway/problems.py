"""Answers that are no success: raised anywhere below a route, rendered in one place (RFC 9457)."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import JSONResponse

from schemas.http.problem import MEDIA_TYPE, ProblemType

RETRY_AFTER_SECONDS: Final = 1
UNAVAILABLE: Final = 503


class ProblemError(Exception):
    """Ends a request with this problem. `members` are further members of its body, None left out."""

    def __init__(
        self, kind: ProblemType, *, detail: str | None = None, sentence: str | None = None, **members: Any
    ) -> None:
        super().__init__(kind.value)
        self.kind = kind
        self.detail = detail
        self.sentence = sentence
        self.members = {name: value for name, value in members.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """The problem's JSON object."""
        kind = self.kind
        detail = kind.todo if self.detail is None else f"{self.detail}; {kind.todo}"
        return {
            "type": kind.uri,
            "title": kind.heading,
            "status": kind.status,
            "detail": detail[:512],
            "sentence": self.sentence or kind.sentence,
            **self.members,
        }

    def response(self) -> JSONResponse:
        """The answer; one that asks for patience says for how long (seconds)."""
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if self.kind.status == UNAVAILABLE else {}
        return JSONResponse(self.body(), self.kind.status, headers, media_type=MEDIA_TYPE)
