"""A person whose number was merged into another: the ledger sends the record on, and the window follows it there."""

from __future__ import annotations

from pathlib import Path

from tests.unit.gateway.gateway_world import GatewayWorld, settlement, until
from tests.unit.intake.bills import PSN_NO
from workers.journal.partition import partition_of

OTHER_NO = PSN_NO[:-2] + "77"
MERGE = {
    "type": "office.ordered", "kind": "person_merged", "order_id": "O1", "to_psn_no": OTHER_NO, "serial": 1,
    "author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-06-01",
}  # fmt: skip


async def test_settle_cancel_and_trial_under_the_old_number_are_answered_where_the_person_is_now(
    tmp_path: Path,
) -> None:
    world = await GatewayWorld(tmp_path, quote_deadline_ms=4_000).open()
    keys = [world.journal.keys.person_key("520000", number) for number in (PSN_NO, OTHER_NO)]
    assert len({partition_of(key, world.settings.partitions) for key in keys}) == 2, "the owners are two partitions"
    await world.recognise()
    async with world.ledger(), world.window() as window:
        before = (await window.post("/v1/settlements", json=settlement())).json()
        await world.say(**MERGE)
        await until(lambda: any(a["outcome"] == "applied" for a in world.of("journal.answered")[-6:]))
        moved = await window.post("/v1/settlements", json=settlement("S2"))
        trial = await window.post("/v1/trials", json={
            name: value for name, value in settlement("S3").items() if name not in ("type", "version")
        })  # fmt: skip
        again = await window.post("/v1/settlements", json=settlement())
        cancel = await window.post("/v1/settlements/cancel", json={
            "type": "settlement.cancel", "version": 1, "region": "520000", "psn_no": PSN_NO, "setl_id": "S1",
            "own_id": "C1",
        })  # fmt: skip
    assert any(answer["outcome"] == "forwarded" for answer in world.of("journal.answered"))
    assert [each.status_code for each in (moved, trial, again, cancel)] == [200] * 4
    assert moved.json()["status"] == "decided"
    assert again.json()["outcome"] in ("repeat", "confirmed"), "who sent it on is not who said it"
    assert again.json()["layers"] == before["layers"]
    assert cancel.json()["status"] == "reversed"
    assert trial.json()["position"]["partition"] != before["recorded"]["partition"]
