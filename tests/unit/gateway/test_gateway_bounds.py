"""What stands around every route: one contract, one shape of failure, a body within bounds, a bounded crowd."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from schemas.http.problem import MEDIA_TYPE
from workers.gateway.app import application
from workers.gateway.bodies import REST_BYTES_MAX, read_whole
from workers.gateway.caller import Hospital, caller_of, check_own
from workers.gateway.guard import Guard
from workers.gateway.open_door import OpenDoor

HOSPITAL = Hospital("H52270100001", frozenset({"520000"}))
GENERATED = Path(__file__).parents[3] / "schemas" / "generated" / "openapi.json"


async def _own(request: Request) -> Response:
    caller = caller_of(request)
    check_own(caller, request.query_params.get("code"))
    return JSONResponse({"code": caller.code})


async def _echo(request: Request) -> Response:
    body = await read_whole(request.receive, request.headers.raw, bytes_max=10)
    return JSONResponse({"bytes": len(body)})


async def _broken(_: Request) -> Response:
    raise KeyError("a value that nobody may see")


ROUTES = [
    Route("/v1/own", _own),
    Route("/v1/echo", _echo, methods=["POST"]),
    Route("/v1/broken", _broken),
]


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://window")


async def test_the_contract_is_served_as_it_is_committed() -> None:
    async with client(Guard(application(ROUTES), requests_max=1)) as window:
        answer = await window.get("/v1/openapi.json")
    assert answer.json() == json.loads(GENERATED.read_text(encoding="utf-8"))


async def test_every_failure_is_a_problem_with_a_sentence() -> None:
    app = Guard(application(ROUTES), requests_max=1)
    async with client(app) as window:
        answers = {
            "unauthenticated": await window.get("/v1/own"),
            "no-such-route": await window.get("/v1/nothing"),
            "wrong-method": await window.get("/v1/echo"),
            "internal": await window.get("/v1/broken"),
        }
    for slug, answer in answers.items():
        assert answer.headers["content-type"] == MEDIA_TYPE
        body = answer.json()
        assert body["type"] == f"urn:tuodi:problem:{slug}"
        assert body["status"] == answer.status_code
        assert body["sentence"].endswith("。")
    assert "nobody may see" not in answers["internal"].text


async def test_a_hospital_is_let_in_and_asks_for_itself_only() -> None:
    async with client(OpenDoor(application(ROUTES), HOSPITAL)) as window:
        assert (await window.get("/v1/own", params={"code": HOSPITAL.code})).json() == {"code": HOSPITAL.code}
        assert (await window.get("/v1/own", params={"code": "H52270100002"})).status_code == 403


async def test_a_body_over_the_bound_is_read_to_its_end_before_it_is_refused() -> None:
    parts = [b"x" * 8, b"y" * 8, b"z" * 8]
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts)}

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/v1/echo", "method": "POST", "headers": [], "query_string": b""}
    await Guard(application(ROUTES), requests_max=1)(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert taken == len(parts), "the caller has sent everything and listens"


async def test_what_is_thrown_away_is_bounded_too() -> None:
    taken = 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 1_048_576, "more_body": True}

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/v1/echo", "method": "POST", "headers": [], "query_string": b""}
    await Guard(application(ROUTES), requests_max=1)(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert taken <= REST_BYTES_MAX // 1_048_576 + 2


async def test_a_crowd_over_the_bound_is_told_to_come_again() -> None:
    inside, go = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> Response:
        inside.set()
        await go.wait()
        return JSONResponse({})

    guard = Guard(application([Route("/v1/slow", slow)]), requests_max=1)
    async with client(guard) as window:
        first = asyncio.create_task(window.get("/v1/slow"))
        await inside.wait()
        turned = await window.get("/v1/slow")
        open_path = await window.get("/v1/openapi.json")
        go.set()
        assert (await first).status_code == 200
        assert (await window.get("/v1/slow")).status_code == 200
    assert (turned.status_code, turned.headers["retry-after"]) == (503, "1")
    assert open_path.status_code == 200
    assert (guard.inside, guard.turned_away) == (0, 1)
