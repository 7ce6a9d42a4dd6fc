"""Cancel, reverse, reinstate over HTTP: a hospital undoes what is its own, whichever replica it asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.gateway.gateway_world import HOSPITAL, OTHER, GatewayWorld, settlement
from tests.unit.intake.bills import PSN_NO

BASE = {"version": 1, "region": "520000", "psn_no": PSN_NO}
CANCEL = {"type": "settlement.cancel", **BASE, "setl_id": "S1", "own_id": "C1"}
REINSTATE = {"type": "settlement.reinstate", **BASE, "setl_id": "S1", "cancel_own_id": "C1", "own_id": "R1"}
REVERSE = {"type": "settlement.reverse", **BASE, "reversal_id": "V1", "msgid": f"{HOSPITAL.code}S1"}


async def _post(window: httpx.AsyncClient, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await window.post(f"/v1/settlements{what}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_bill_is_cancelled_brought_back_and_reversed(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as window:
        settled = await _post(window, "", settlement())
        cancelled = await _post(window, "/cancel", CANCEL)
        again = await _post(window, "/cancel", CANCEL)
        back = await _post(window, "/reinstate", REINSTATE)
        reversed_ = await _post(window, "/reverse", REVERSE)
        stored = (await window.get("/v1/settlements/520000/S1")).json()
    assert (cancelled["status"], cancelled["reason"], cancelled["assistance"]) == ("reversed", "cancelled", "0.00")
    assert cancelled["sentence"] == "原结算已经撤销。"
    assert (again["outcome"], again["decision_id"]) == ("repeat", cancelled["decision_id"])
    assert (back["status"], back["layers"]) == ("decided", settled["layers"])
    assert (reversed_["setl_id"], reversed_["status"], reversed_["reason"]) == ("S1", "reversed", "reversed")
    assert (stored["status"], stored["decision_id"]) == ("reversed", reversed_["decision_id"])
    assert len({d["decision_id"] for d in (settled, cancelled, back, reversed_)}) == 4


@pytest.mark.parametrize(("what", "body"), [("/cancel", CANCEL), ("/reinstate", REINSTATE), ("/reverse", REVERSE)])
async def test_what_belongs_to_another_hospital_is_left_alone(tmp_path: Path, what: str, body: dict[str, Any]) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.ledger():
        async with world.window() as window:
            await _post(window, "", settlement())
        async with world.window(OTHER, name="b") as window:
            foreign = await window.post(f"/v1/settlements{what}", json=body)
        world.fill_read_model()
        async with world.replica(OTHER, name="c") as replica, world.client(replica) as window:
            replica.bills._bills.clear()
            replica.bills._names.clear()
            from_the_read_model = await window.post(f"/v1/settlements{what}", json=body)
    assert (foreign.status_code, from_the_read_model.status_code) == (403, 403)
    assert len(world.of("assistance.decided")) == 1


async def test_nobody_takes_a_bill_over_by_sending_it_once_more_under_his_own_code(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.ledger():
        async with world.window() as window:
            await _post(window, "", settlement())
        async with world.window(OTHER, name="b") as window:
            said_again = await _post(window, "", settlement(institution_code=OTHER.code))
            cancel = await window.post("/v1/settlements/cancel", json=CANCEL)
            query = await window.get("/v1/settlements/520000/S1")
        world.fill_read_model()
        async with world.replica(OTHER, name="c") as replica, world.client(replica) as window:
            replica.bills._bills.clear()
            later = await window.post("/v1/settlements/cancel", json=CANCEL)
    assert said_again["outcome"] == "confirmed"
    assert (cancel.status_code, query.status_code, later.status_code) == (403, 403, 403)


async def test_an_unknown_bill_is_a_404_and_so_is_a_known_one_of_another_person(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.ledger(), world.window() as window:
        unknown = await window.post("/v1/settlements/cancel", json=CANCEL)
        await _post(window, "", settlement())
        stranger = await window.post("/v1/settlements/cancel", json=CANCEL | {"psn_no": PSN_NO[:-1] + "3"})
    for answer in (unknown, stranger):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:tuodi:problem:unknown-bill")
    assert len(world.of("assistance.decided")) == 1


async def test_a_reversal_of_a_lost_message_waits_for_it_if_the_number_is_the_callers(tmp_path: Path) -> None:
    """The settle is still under way when its 2601 comes: it must find it, and only the caller's own may wait."""
    world = await GatewayWorld(tmp_path).open()
    async with world.ledger(), world.window() as window:
        waits = await _post(window, "/reverse", REVERSE)
        foreign = await window.post("/v1/settlements/reverse", json=REVERSE | {"msgid": f"{OTHER.code}S1"})
        settled = await _post(window, "", settlement())
    assert (waits["status"], waits["outcome"]) == ("parked", "parked")
    assert foreign.status_code == 404
    assert (settled["status"], settled["reason"], settled["assistance"]) == ("reversed", "reversed", "0.00")
