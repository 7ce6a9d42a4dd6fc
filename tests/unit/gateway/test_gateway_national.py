"""The national envelope over HTTP: settle, cancel, reverse, trial, query, cap tables, every broken sample refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import orjson

from schemas.http.national import NationalAnswer
from tests.unit.gateway.gateway_world import HOSPITAL, GatewayWorld
from tests.unit.national.national_samples import PERSON, SAMPLES, value_of
from workers.gateway.caller import Hospital

EVERYWHERE = Hospital(HOSPITAL.code, frozenset({"520000", "440000", "620000", "330000"}))
SETTLE, CANCEL, REVERSE = "2304 住院结算 整笔交易", "2305 住院结算撤销", "2601 冲正一笔结算"
MAY_2023_MS = 1_683_345_600_000
WINDOW = ("settlement.final", "settlement.cancel", "settlement.reverse")


async def _ask(window: httpx.AsyncClient, message: dict[str, Any]) -> dict[str, Any]:
    answer = await window.post("/v1/national", content=orjson.dumps(message))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    NationalAnswer.model_validate_json(answer.content)
    assert re.fullmatch(r"[0-9]{6}[0-9]{14}[0-9]{10}", told["inf_refmsgid"])
    assert re.fullmatch(r"[0-9]{17}", told["refmsg_time"])
    return told


def _asking(infno: str, **data: str) -> dict[str, Any]:
    envelope = {name: value for name, value in value_of(SETTLE).items() if name not in ("input", "output", "infcode")}
    return envelope | {"infno": infno, "input": {"data": {"psn_no": PERSON, **data}}}


async def test_a_bill_lives_through_trial_settle_query_cancel_and_reversal(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path, quote_deadline_ms=4_000).open()
    await world.recognise()
    trial = value_of(SETTLE) | {"infno": "2303"}
    del trial["output"]["setlinfo"]["setl_id"]
    trial["output"]["setlinfo"]["setl_time"] = None
    async with world.ledger(), world.window(EVERYWHERE) as window:
        foreseen = await _ask(window, trial)
        none_yet = len(world.bills_in_journal())
        settled = await _ask(window, value_of(SETTLE))
        again = await _ask(window, value_of(SETTLE))
        queried = await _ask(window, _asking("5203", setl_id="520000S0000001"))
        world.fill_read_model()
        tables = await _ask(window, _asking("5206", cum_ym="202305"))
        cancelled = await _ask(window, value_of(CANCEL))
        reversed_ = await _ask(window, value_of("2601 冲正一笔撤销"))
    paid = settled["output"]["setlinfo"]["maf_pay"]
    assert float(paid) > 0
    assert none_yet == 0
    assert [told["infcode"] for told in (foreseen, settled, again, queried, tables, cancelled, reversed_)] == [0] * 7
    assert foreseen["output"]["setlinfo"]["maf_pay"] == queried["output"]["setlinfo"]["maf_pay"] == paid
    assert again["output"]["assistance"]["decision_id"] == settled["output"]["assistance"]["decision_id"]
    assert settled["output"]["setldetail"][0]["fund_payamt"] == paid
    assert {line["cum_type_code"]: line["cum"] for line in tables["output"]["cuminfo"]}["ordinary_used"] == paid
    assert cancelled["output"]["assistance"]["status"] == "reversed"
    assert reversed_["output"]["assistance"]["status"] == "decided"


async def test_what_basic_insurance_answered_may_stand_in_the_input(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    message = value_of(SETTLE)
    output = message.pop("output")
    message["input"] |= output
    async with world.ledger(), world.window(EVERYWHERE) as window:
        told = await _ask(window, message)
    assert told["infcode"] == 0
    assert told["output"]["setlinfo"]["setl_id"] == "520000S0000001"


async def test_every_sample_ends_as_it_would_on_the_feed(tmp_path: Path) -> None:
    """What intake takes is taken or answered for what it is; what intake refuses is refused with the same reason."""
    world = await GatewayWorld(tmp_path).open()
    world.clock_ms = lambda: MAY_2023_MS  # one sample is from the future of its message
    seen = {"taken": 0, "refused": 0}
    async with world.ledger(), world.window(EVERYWHERE) as window:
        for sample in SAMPLES.values():
            number, expected = str(sample["value"].get("infno", ""))[:4], sample["expect"]
            if number not in ("2207", "2304", "2208", "2305", "2601") or sample["topic"] != "settlement.reported":
                continue
            told = await _ask(window, sample["value"])
            if "refused" in expected:
                seen["refused"] += 1
                assert told["infcode"] == -1, sample["name"]
                assert told["err_msg"].startswith(f"[{expected['refused']}"), (sample["name"], told["err_msg"])
            elif expected.get("taken") in WINDOW:
                seen["taken"] += 1
                answered_for = ("[conflict]", "[unknown-bill", "[not-yours]")
                assert told["infcode"] == 0 or told["err_msg"].startswith(answered_for), (sample["name"], told)
    assert seen["taken"] >= 10
    assert seen["refused"] >= 25


async def test_an_envelope_of_another_hospital_and_an_unknown_interface_are_refused_in_the_envelope(
    tmp_path: Path,
) -> None:
    world = await GatewayWorld(tmp_path).open()
    async with world.window(EVERYWHERE) as window:
        foreign = await _ask(window, value_of(SETTLE) | {"fixmedins_code": "H52270100009"})
        unknown = await _ask(window, value_of(SETTLE) | {"infno": "9001"})
        no_object = await window.post("/v1/national", content=b"[1]")
    assert foreign["err_msg"].startswith("[not-yours")
    assert unknown["err_msg"].startswith("[unknown_type infno]")
    assert (no_object.status_code, no_object.json()["type"]) == (400, "urn:tuodi:problem:not-json")


async def test_a_settle_that_is_not_answered_in_time_is_202_in_the_envelope(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path, gateway_deadline_ms=50).open()
    async with world.window(EVERYWHERE) as window:
        late = await window.post("/v1/national", content=orjson.dumps(value_of(SETTLE)))
    assert late.status_code == 202
    assert late.headers["location"] == "/v1/settlements/520000/520000S0000001"
    assert late.json()["err_msg"].startswith("[on-its-way]")
