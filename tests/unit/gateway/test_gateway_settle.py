"""Settle, retry, contradict, query: over HTTP, through the journal and the real ledger, on the log in memory."""

from __future__ import annotations

from pathlib import Path

from tests.unit.gateway.gateway_world import OTHER, GatewayWorld, settlement, until
from tests.unit.intake.bills import PSN_NO


async def test_a_bill_is_settled_and_a_retry_gets_the_same_answer(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as window:
        first = await window.post("/v1/settlements", json=settlement())
        again = await window.post("/v1/settlements", json=settlement())
    assert first.status_code == again.status_code == 200
    answer, repeat = first.json(), again.json()
    assert (answer["outcome"], repeat["outcome"]) == ("decided", "repeat")
    assert answer["status"] == "decided"
    assert float(answer["assistance"]) > 0
    assert answer["assistance"] in answer["sentence"]
    same = ("decision_id", "status", "reason", "layers", "assistance", "sentence", "setl_id")
    assert {name: answer[name] for name in same} == {name: repeat[name] for name in same}
    assert [decided["decision_id"] for decided in world.of("assistance.decided")] == [answer["decision_id"]]


async def test_another_replica_that_never_saw_the_bill_repeats_the_answer(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger():
        async with world.window() as window:
            first = (await window.post("/v1/settlements", json=settlement())).json()
        async with world.window(name="b") as window:
            again = (await window.post("/v1/settlements", json=settlement())).json()
    assert (again["outcome"], again["decision_id"], again["layers"]) == (
        "repeat",
        first["decision_id"],
        first["layers"],
    )


async def test_a_contradiction_is_a_409_that_says_what_is_stored(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as window:
        first = (await window.post("/v1/settlements", json=settlement())).json()
        other = await window.post("/v1/settlements", json=settlement(in_scope_personal="2000.00"))
    problem = other.json()
    assert other.status_code == 409
    assert problem["type"] == "urn:tuodi:problem:conflict"
    assert (problem["decision_id"], problem["layers"]) == (first["decision_id"], first["layers"])
    assert len(world.of("assistance.decided")) == 1


async def test_a_refused_body_names_field_and_reason_and_is_not_written(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.window() as window:
        answers = {
            "bad_sum": await window.post("/v1/settlements", json=settlement(total_fee="1.00")),
            "unknown_type": await window.post(
                "/v1/settlements", json=settlement(type="settlement.cancel", own_id="C1")
            ),
            "personal_data": await window.post("/v1/settlements", json=settlement(visit_id="11010519491231002X")),
            "bad_field": await window.post("/v1/settlements", json={"type": "settlement.final", "version": 1}),
        }
        no_json = await window.post("/v1/settlements", content=b"{")
    for reason, answer in answers.items():
        assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert no_json.status_code == 400
    assert world.bills_in_journal() == []


async def test_a_hospital_settles_for_itself_only_and_only_where_it_may(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.window(OTHER) as window:
        foreign = await window.post("/v1/settlements", json=settlement())
        elsewhere = await window.post("/v1/settlements", json=settlement(region="440000", institution_code=OTHER.code))
    assert [foreign.json()["field"], elsewhere.json()["field"]] == ["institution_code", "region"]
    assert foreign.status_code == elsewhere.status_code == 403
    assert world.bills_in_journal() == []


async def test_without_a_ledger_the_answer_is_a_promise_that_is_kept(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path, gateway_deadline_ms=100).open()
    await world.recognise()
    async with world.replica() as replica, world.client(replica) as window:
        promised = await window.post("/v1/settlements", json=settlement())
        location = promised.headers["location"]
        still = await window.get(location)
        async with world.ledger():
            await until(lambda: len(world.of("assistance.decided")) == 1)
            seen = replica.bills.get(("520000", "S1"))
            assert seen is not None
            await until(lambda: seen.state is not None)
            told = await window.get(location)
    assert (promised.status_code, still.status_code, told.status_code) == (202, 202, 200)
    assert promised.json()["location"] == location == "/v1/settlements/520000/S1"
    assert told.json()["decision_id"] == world.of("assistance.decided")[0]["decision_id"]


async def test_what_is_older_than_a_replica_is_looked_up_and_only_by_its_owner(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger():
        async with world.window() as window:
            first = (await window.post("/v1/settlements", json=settlement())).json()
        world.fill_read_model()
        async with world.replica(name="b") as late, world.client(late) as window:
            late.bills._bills.clear()
            known = await window.get("/v1/settlements/520000/S1")
            unknown = await window.get("/v1/settlements/520000/S2")
            foreign_region = await window.get("/v1/settlements/440000/S1")
        async with world.window(OTHER, name="c") as window:
            foreign = await window.get("/v1/settlements/520000/S1")
    assert known.json() == {
        name: first[name]
        for name in ("region", "setl_id", "status", "reason", "sentence", "assistance", "layers", "decision_id")
    }
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:tuodi:problem:unknown-bill")
    assert (foreign.status_code, foreign_region.status_code) == (403, 403)


async def test_nobody_says_unknown_while_the_read_model_is_behind(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.replica() as replica, world.client(replica) as window:
        replica._cold.begins = {slot: 7 for slot in replica._cold.begins}
        missing = await window.get("/v1/settlements/520000/S2")
        world.fill_read_model()
        behind = await window.get("/v1/settlements/520000/S2")
        replica._cold.begins = {slot: 1 for slot in replica._cold.begins}
        certain = await window.get("/v1/settlements/520000/S2")
    assert [missing.status_code, behind.status_code, certain.status_code] == [503, 503, 404]
    assert missing.headers["retry-after"] == "1"


async def test_a_person_year_is_told_without_the_person_in_an_address(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as window:
        settled = (await window.post("/v1/settlements", json=settlement())).json()
        world.fill_read_model()
        asked = {"region": "520000", "psn_no": PSN_NO, "year": 2023}
        found = await window.post("/v1/person-years", json=asked)
        nothing = await window.post("/v1/person-years", json=asked | {"year": 2022})
    (table,) = found.json()["tables"]
    assert table["measure"] == "QN"
    assert table["counters"]["ordinary_used"] == settled["layers"]["ordinary"]
    assert nothing.json()["tables"] == []
