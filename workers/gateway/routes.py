"""The addresses of our own JSON. Each reads a bounded body, asks the window, writes one answer; nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from schemas.http.person_year import PersonYearRequest
from schemas.http.problem import ProblemType
from schemas.http.sentences import REFUSED
from schemas.reasons import RejectReason
from workers.gateway.bodies import read_whole
from workers.gateway.caller import Caller, caller_of
from workers.gateway.judged import FINAL
from workers.gateway.national import National
from workers.gateway.problems import ProblemError
from workers.gateway.told import Told
from workers.gateway.trial import trial_event
from workers.gateway.window import Window
from workers.intake.shape import NotJson, object_of
from workers.journal.pii import value_holds_person_data

Answering = Callable[[bytes, Caller], Awaitable[Told]]


def routes(window: Window) -> list[BaseRoute]:
    """All addresses over one window."""
    national = National(window)

    async def settle(raw: bytes, caller: Caller) -> Told:
        return await window.settle(window.judged(raw, caller, FINAL), caller)

    def undo(type_: str) -> Answering:
        async def answer(raw: bytes, caller: Caller) -> Told:
            return await window.undo(window.judged(raw, caller, type_), caller)

        return answer

    async def trial(raw: bytes, caller: Caller) -> Told:
        return await window.trial(trial_event(window, raw, caller), caller)

    async def query(request: Request) -> Response:
        caller = caller_of(request)
        place = request.path_params
        return written(await window.query(place["region"], place["setl_id"], caller))

    async def person_year(raw: bytes, caller: Caller) -> Told:
        asked = _person_year(raw)
        return Told(200, await window.person_year(asked.region, asked.psn_no, asked.year, caller))

    return [
        _post("/v1/trials", window, trial),
        _post("/v1/settlements", window, settle),
        _post("/v1/settlements/cancel", window, undo("settlement.cancel")),
        _post("/v1/settlements/reverse", window, undo("settlement.reverse")),
        _post("/v1/settlements/reinstate", window, undo("settlement.reinstate")),
        Route("/v1/settlements/{region}/{setl_id}", query, methods=["GET"]),
        _post("/v1/person-years", window, person_year),
        _post("/v1/national", window, national.answer),
    ]


def written(told: Told) -> Response:
    """One answer as HTTP."""
    headers = {} if told.location is None else {"Location": told.location}
    body = told.body.model_dump_json(exclude_none=True)
    return Response(body, told.status, headers, media_type="application/json")


def _post(path: str, window: Window, answer: Answering) -> Route:
    async def endpoint(request: Request) -> Response:
        caller = caller_of(request)
        raw = await read_whole(request.receive, request.headers.raw, bytes_max=window.bounds.body_bytes_max)
        return written(await answer(raw, caller))

    return Route(path, endpoint, methods=["POST"])


def _person_year(raw: bytes) -> PersonYearRequest:
    """A request of our own that is no event: checked by its model, and for a person's data like every body."""
    try:
        decoded = object_of(raw)
    except NotJson:
        raise ProblemError(ProblemType.NOT_JSON) from None
    if value_holds_person_data(raw, decoded):
        raise _refused(RejectReason.PERSONAL_DATA, None)
    try:
        return PersonYearRequest.model_validate_json(raw)
    except ValidationError as error:
        place = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        field = str(place[0]) if place and place[0] in PersonYearRequest.model_fields else None
        raise _refused(RejectReason.BAD_FIELD, field) from None


def _refused(reason: RejectReason, field: str | None) -> ProblemError:
    return ProblemError(
        ProblemType.REFUSED, detail=reason.text, sentence=REFUSED[reason], reason=reason.value, field=field
    )
