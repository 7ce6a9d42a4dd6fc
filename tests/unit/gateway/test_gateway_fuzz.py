"""A stranger who has read the contract (schemathesis), and one who bends good requests: no breach, no 5xx but a 503.

The window is served over real HTTP from a thread, with the real ledger over the log in memory behind it.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schemas.http.openapi import document
from tests.unit.gateway.gateway_world import HOSPITAL, GatewayWorld, settlement
from tests.unit.intake.bills import PSN_NO
from tests.unit.national.national_samples import SAMPLES
from workers.gateway.caller import Hospital
from workers.host.http import AsgiService

EXAMPLES, BENT = 40, 3_000
CHECKS: list[CheckFunction] = [
    status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
]  # fmt: skip
SCHEMA = schemathesis.openapi.from_dict(document())


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a window that is served until the module's end."""
    folder = tmp_path_factory.mktemp("window")
    loop, up, address, down = asyncio.new_event_loop(), threading.Event(), list[str](), asyncio.Event()

    async def serve() -> None:
        world = await GatewayWorld(folder, gateway_deadline_ms=500, quote_deadline_ms=500).open()
        await world.recognise()
        anywhere = Hospital(HOSPITAL.code, frozenset({"520000", "000000"}))
        async with world.ledger(), world.replica(anywhere) as replica:
            server = AsgiService(replica.asgi, "127.0.0.1", 0)
            await server.start()
            address.append(f"http://127.0.0.1:{server.port}")
            up.set()
            await down.wait()
            await server.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert up.wait(60)
    yield address[0]
    loop.call_soon_threadsafe(down.set)
    thread.join(20)
    assert not thread.is_alive()
    loop.close()


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_a_stranger_who_has_read_the_contract_finds_no_breach_of_it(case: schemathesis.Case, window: str) -> None:
    response = case.call(base_url=window)
    assert response.status_code < 500 or response.status_code == 503
    case.validate_response(response, checks=CHECKS)


GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("/v1/settlements", "settle", settlement()),
    ("/v1/trials", "trial", {n: v for n, v in settlement().items() if n not in ("type", "version")}),
    ("/v1/settlements/cancel", "cancel", {
        "type": "settlement.cancel", "version": 1, "region": "520000", "psn_no": PSN_NO, "setl_id": "S1", "own_id": "C"
    }),
    ("/v1/settlements/reverse", "reverse", {
        "type": "settlement.reverse", "version": 1, "region": "520000", "psn_no": PSN_NO, "reversal_id": "R",
        "msgid": f"{HOSPITAL.code}S1",
    }),
    ("/v1/settlements/reinstate", "reinstate", {
        "type": "settlement.reinstate", "version": 1, "region": "520000", "psn_no": PSN_NO, "setl_id": "S1",
        "cancel_own_id": "C", "own_id": "X",
    }),
    ("/v1/person-years", "person_year", {"region": "520000", "psn_no": PSN_NO, "year": 2023}),
    *(("/v1/national", "national", sample["value"]) for sample in SAMPLES.values()),
    *(("/v1/national", "national", sample["value"] | {"infno": number})
      for sample in list(SAMPLES.values())[:3] for number in ("2206", "2303", "5203", "5206")),
]  # fmt: skip
ODD: list[Any] = [
    None, "", 0, -1, 1e308, True, [], {}, "9" * 400, "0.001", "-0.00", "2023-02-30", "\ud83d", "\x00", "'; --", [[[]]],
    {"a": {"b": 1}}, "A" * 65, "520000", 10**30, "１２３",
]  # fmt: skip


def _bend(dice: random.Random, value: Any) -> Any:
    """One place of a good body made odd, missing, doubled or renamed."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        bent = dict(value)
        what = dice.random()
        if isinstance(bent[name], dict | list) and what < 0.6:
            bent[name] = _bend(dice, bent[name])
        elif what < 0.15:
            del bent[name]
        elif what < 0.25:
            bent[name + dice.choice("xY_")] = bent.pop(name)
        else:
            bent[name] = dice.choice(ODD)
        return bent
    if isinstance(value, list) and value:
        return [_bend(dice, value[0]), *value[1:]]
    return dice.choice(ODD)


@lru_cache(maxsize=64)
def _validator(path: str, status: int, media: str) -> jsonschema.Draft202012Validator:
    """What the contract says of an answer; KeyError where it knows none such."""
    contract = document()["paths"][path]["post"]["responses"][str(status)]["content"]
    schema = {"$ref": contract[media]["schema"]["$ref"], "components": document()["components"]}
    return jsonschema.Draft202012Validator(schema)


def test_who_bends_good_requests_is_told_what_is_wrong_and_breaks_nothing(window: str) -> None:
    dice, seen = random.Random(11), set[int]()
    with httpx.Client(base_url=window, timeout=10.0, trust_env=False) as client:
        for _ in range(BENT):
            path, _, good = dice.choice(GOOD)
            body = json.dumps(_bend(dice, good)).encode()
            if dice.random() < 0.05:
                body = body[: dice.randrange(len(body))]
            answer = client.post(path, content=body)
            seen.add(answer.status_code)
            assert answer.status_code < 500 or answer.status_code == 503, (path, body)
            media = answer.headers["content-type"].partition(";")[0]
            _validator(path, answer.status_code, media).validate(answer.json())
            assert answer.json().get("sentence", "。").endswith("。")
    assert {200, 400, 404, 422} <= seen


def test_the_samples_of_this_test_are_good(window: str) -> None:
    """Otherwise bending them would show nothing."""
    with httpx.Client(base_url=window, timeout=10.0, trust_env=False) as client:
        statuses = {name: client.post(path, json=body).status_code for path, name, body in GOOD[:6]}
    assert statuses["settle"] in (200, 409)
    assert statuses["trial"] in (200, 503)
    assert statuses["person_year"] in (200, 503)
