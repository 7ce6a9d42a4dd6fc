"""The window as an ASGI application: its addresses, its bounds, and one place where every failure becomes a problem."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from schemas.http.openapi import document
from schemas.http.problem import ProblemType
from workers.gateway.bodies import GoneAway
from workers.gateway.problems import ProblemError

HUNG_UP = 499
"""Never seen by anybody: who would read it has hung up."""


def application(routes: Sequence[BaseRoute]) -> Starlette:
    """The application over its routes; the door and the bounds are put around it by `workers.gateway.service`."""
    return Starlette(
        routes=[Route("/v1/openapi.json", openapi, methods=["GET"]), *routes],
        exception_handlers={
            ProblemError: _problem,
            HTTPException: _of_framework,
            GoneAway: _gone,
            Exception: _fault,
        },
    )


async def openapi(_: Request) -> Response:
    """The contract of these addresses, OpenAPI 3.1; the same bytes as `schemas/generated/openapi.json`."""
    return JSONResponse(document())


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101
    return error.response()


async def _of_framework(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    kind = {404: ProblemType.NO_SUCH_ROUTE, 405: ProblemType.WRONG_METHOD}.get(status, ProblemType.NOT_JSON)
    answer = ProblemError(kind).response()
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def _gone(_: Request, error: Exception) -> Response:
    return Response(status_code=HUNG_UP)


async def _fault(_: Request, error: Exception) -> Response:
    """The framework raises the error again behind this answer: the guard logs it, without its text."""
    return ProblemError(ProblemType.INTERNAL).response()
