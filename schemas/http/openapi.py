"""OpenAPI 3.1 of the window, from the same models that check and write its bodies."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from schemas.events.settlement import (
    SettlementCancel,
    SettlementFinal,
    SettlementReinstate,
    SettlementReverse,
)
from schemas.http.national import NationalAnswer, NationalRequest
from schemas.http.person_year import PersonYearAnswer, PersonYearRequest
from schemas.http.problem import MEDIA_TYPE, Problem, ProblemType
from schemas.http.settlement import OnItsWay, SettlementAnswer
from schemas.http.trial import TrialAnswer, TrialRequest
from schemas.json_schema import Plain

VERSION: Final = "1.0.0"
REFS: Final = "#/components/schemas/{model}"
P = ProblemType
EVERYWHERE: Final = (
    P.UNAUTHENTICATED, P.NOT_YOURS, P.NOT_ADMITTED, P.RATE_LIMITED, P.HEADERS_TOO_LARGE, P.BUSY, P.STARTING, P.INTERNAL,
)  # fmt: skip
OF_BODIES: Final = (P.TOO_SLOW, P.TOO_LARGE, P.NOT_JSON, P.REFUSED)


class Operation(NamedTuple):
    """One address with one method."""

    path: str
    method: str
    name: str
    summary: str
    asked: type[BaseModel] | None
    answered: type[BaseModel]
    later: bool
    problems: tuple[ProblemType, ...]


def _post(path: str, name: str, summary: str, asked: type[BaseModel], *problems: ProblemType) -> Operation:
    return Operation(
        path, "post", name, summary, asked, SettlementAnswer, True, (*EVERYWHERE, *OF_BODIES, P.NOT_WRITTEN, *problems)
    )


OPERATIONS: Final = (
    Operation(
        "/v1/trials", "post", "trial", "What a bill would get now (预结算); nothing is recorded",
        TrialRequest, TrialAnswer, False, (*EVERYWHERE, *OF_BODIES, P.NO_QUOTE),
    ),
    _post("/v1/settlements", "settle", "Settle a bill (结算)", SettlementFinal, P.CONFLICT),
    _post("/v1/settlements/cancel", "cancel", "Cancel a settlement (撤销)", SettlementCancel,
          P.CONFLICT, P.UNKNOWN_BILL, P.CANNOT_LOOK_UP),
    _post("/v1/settlements/reverse", "reverse", "Undo a message whose outcome is not known (冲正)", SettlementReverse,
          P.CONFLICT, P.UNKNOWN_BILL, P.CANNOT_LOOK_UP),
    _post("/v1/settlements/reinstate", "reinstate", "Undo a cancel: the bill returns to its place", SettlementReinstate,
          P.CONFLICT, P.UNKNOWN_BILL, P.CANNOT_LOOK_UP),
    Operation(
        "/v1/settlements/{region}/{setl_id}", "get", "query", "What is stored of a settlement",
        None, SettlementAnswer, True, (*EVERYWHERE, P.UNKNOWN_BILL, P.CANNOT_LOOK_UP),
    ),
    Operation(
        "/v1/person-years", "post", "person_year", "A person's cap tables of one year",
        PersonYearRequest, PersonYearAnswer, False, (*EVERYWHERE, *OF_BODIES, P.CANNOT_LOOK_UP),
    ),
    Operation(
        "/v1/national", "post", "national",
        "One address for the envelopes 2206 2207 2208 2303 2304 2305 2601 5203 5206 of the national platform",
        NationalRequest, NationalAnswer, False, (*EVERYWHERE, P.TOO_SLOW, P.TOO_LARGE, P.NOT_JSON),
    ),
)  # fmt: skip


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole document; equal models give an equal document."""
    asked = sorted({op.asked for op in OPERATIONS if op.asked}, key=lambda model: model.__name__)
    outputs: set[type[BaseModel]] = {op.answered for op in OPERATIONS} | {OnItsWay, Problem}
    answered = sorted(outputs, key=lambda model: model.__name__)
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in asked]
    modes += [(model, "serialization") for model in answered]
    found, definitions = models_json_schema(modes, ref_template=REFS, schema_generator=Plain)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, found)
    paths["/v1/openapi.json"] = {"get": _OWN}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tuodi hospital window", "version": VERSION, "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": definitions.get("$defs", {})},
    }


_ABOUT: Final = (
    "Trial, settle, cancel and query medical assistance (医疗救助). Retry blindly: a request that is sent again is "
    "answered with the stored decision and never paid twice. Every failure is an RFC 9457 problem with a Chinese "
    "sentence for the clerk; the kinds are "
    + ", ".join(f"`{kind.value}` ({kind.status})" for kind in ProblemType)
    + "."
)
_OWN: Final = {
    "operationId": "openapi", "summary": "This document",
    "responses": {
        "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
    },
}  # fmt: skip
_RETRY_AFTER: Final = {"Retry-After": {"description": "seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
_PATIENCE: Final = frozenset({P.BUSY.status, P.RATE_LIMITED.status})
_LOCATION: Final = {"Location": {"description": "where the answer will be", "schema": {"type": "string"}}}


def _operation(operation: Operation, refs: Any) -> dict[str, Any]:
    responses = {"200": _content("Answered", operation.answered, refs)}
    if operation.later:
        responses["202"] = {**_content("Recorded; the answer is on its way", OnItsWay, refs), "headers": _LOCATION}
    if operation.name == "national":
        responses["202"] = {**_content("Recorded; ask with 5203", NationalAnswer, refs), "headers": _LOCATION}
    by_status: dict[int, list[ProblemType]] = {}
    for kind in operation.problems:
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        about = "; ".join(f"{kind.value}: {kind.todo}" for kind in kinds)
        body = {"content": {MEDIA_TYPE: {"schema": refs[Problem, "serialization"]}}, "description": about}
        responses[str(status)] = {**body, "headers": _RETRY_AFTER} if status in _PATIENCE else body
    made: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary, "responses": responses}
    if operation.asked is not None:
        schema = refs[operation.asked, "validation"]
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if "{" in operation.path:
        made["parameters"] = [
            _parameter("region", r"^[0-9]{6}$", "the platform that issued the number"),
            _parameter("setl_id", r"^[A-Za-z0-9._:-]{1,64}$", "settlement number (结算ID)"),
        ]
    return made


def _content(about: str, model: type[BaseModel], refs: Any) -> dict[str, Any]:
    schema = refs[model, "serialization"]
    return {"description": about, "content": {"application/json": {"schema": schema}}}


def _parameter(name: str, pattern: str, about: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}
