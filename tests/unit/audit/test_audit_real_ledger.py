"""The audit over what the real ledger wrote of a region that goes through shadow: accounted for, and no lie passes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.topics import TOPICS
from tests.unit.gateway.gateway_world import GatewayWorld, until
from workers.audit.run import Plan, Result, run_audit
from workers.audit.source import FolderSource
from workers.journal.record import Source, partition_records
from workers.log.port import Record

REGION, PERSONS = "520000", 12
SIGNED = {"author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-05-01"}


class ShadowWorld(GatewayWorld):
    """Journal records said as intake would write them."""

    async def event(self, person: int, **event: Any) -> None:
        whole = {"version": 1, "region": REGION, "psn_no": f"P{person}", **event}
        await self.write([self.journal.person_record(whole, Source("platform/520000", 1))])

    async def switch(self, order_id: str, **says: Any) -> None:
        order = {"type": "office.ordered", "version": 1, "region": REGION, "order_id": order_id, "kind": "region_mode"}
        await self.write([self.journal.person_record(order | SIGNED | says, Source("office", 1))])

    async def day(self, date: str) -> None:
        await self.write(partition_records(self.settings, "day.closed", {"date": date}, Source("clock", 1)))

    async def rest(self) -> None:
        def done() -> bool:
            return len(self.of("journal")) == len(self.of("journal.answered"))

        await until(done, 30.0)

    def dump(self, folder: Path) -> Path:
        folder.mkdir()
        for topic in TOPICS.values():
            records: list[Record] = self.log.records(topic.full_name())
            (folder / f"{topic.short}.ndjson").write_bytes(b"".join(_line(topic.short, record) for record in records))
        return folder


def _line(topic: str, record: Record) -> bytes:
    line: dict[str, Any] = {"topic": topic, "partition": record.partition, "offset": record.offset}
    line |= {"timestamp": record.timestamp_ms, "key": None if record.key is None else record.key.decode()}
    line["headers"] = {name: value.decode() for name, value in record.headers}
    line["value"] = None if record.value is None else orjson.loads(record.value)
    return orjson.dumps(line) + b"\n"


def bill(setl_id: str, day: str, paid: str, own: str = "1000.00") -> dict[str, Any]:
    return {
        "type": "settlement.final", "setl_id": setl_id, "county": "522701", "care_type": "inpatient",
        "discharged_on": day, "settled_on": day, "designated": True, "place": "in_county", "channel": "one_stop",
        "referral": "not_required", "in_scope_personal": own, "in_scope": "2000.00", "insured": True,
        "insurance_settled": True, "class_b_first_pay": "0.00", "over_limit_price_pay": "0.00", "out_of_scope": "0.00",
        "assistance_paid_upstream": paid, "supplementary_paid": "0.00",
    }  # fmt: skip


def identity(revision: int = 1, **changes: Any) -> dict[str, Any]:
    body = {"type": "identity.changed", "source_id": "I1", "identity": "低保对象", "revision": revision}
    return body | {"recognised_on": "2023-01-01", "withdrawn": False} | changes


async def lived(folder: Path, seed: int) -> ShadowWorld:
    """Some people through shadow and switch, in an order that depends on the seed alone."""
    r, world = random.Random(seed), await ShadowWorld(folder).open()
    paid = ("0.00", "300.00", "700.00", "900.00")
    async with world.ledger():
        await world.day("2023-04-30")
        await world.switch("M1", mode="shadow")
        for person in range(PERSONS):
            if r.random() < 0.7:
                await world.event(person, **identity())
            await world.event(person, **bill(f"A{person}", "2023-05-06", r.choice(paid)))
        await world.rest()
        await world.switch("M2", mode="live", first_day="2023-06-01")
        await world.rest()
        await world.day("2023-06-05")
        for person in range(PERSONS):
            await world.event(person, **bill(f"B{person}", r.choice(("2023-05-20", "2023-06-02")), r.choice(paid)))
            event = r.choice((
                identity(2, removed_on="2023-02-01"), identity(2), bill(f"A{person}", "2023-05-06", "100.00"),
                {"type": "settlement.cancel", "setl_id": f"B{person}", "own_id": "C1"},
                {"type": "office.ordered", "order_id": f"R{person}", "kind": "shadow_bill", "setl_id": f"A{person}",
                 "approval": "approved", **SIGNED},
            ))  # fmt: skip
            await world.event(person, **event)
            await world.event(person, **identity(3))
        await world.rest()
    return world


async def judged(folder: Path) -> Result:
    return await run_audit(FolderSource(folder, "medassist"), Plan(seed="7"))


@pytest.mark.parametrize("seed", range(4))
async def test_a_region_through_shadow_is_all_accounted(seed: int, tmp_path: Path) -> None:
    world = await lived(tmp_path, seed)
    result = await judged(world.dump(tmp_path / "log"))
    assert result.findings.lines() == []
    decisions = world.of("assistance.decided")
    payees = {posting["payee"] for decision in decisions for posting in decision["postings"]}
    assert {"upstream", "shadow", "hospital"} <= payees
    assert {decision.get("mode") for decision in decisions} == {"shadow", None}


async def test_a_bill_of_the_shadow_that_is_paid_is_noticed(tmp_path: Path) -> None:
    """Every posting to `shadow` and every mode is rewritten as if the region had paid: sums agree, yet it is found."""
    world = await lived(tmp_path, 1)
    folder = world.dump(tmp_path / "log")
    file = folder / "assistance.decided.ndjson"
    lines = [orjson.loads(raw) for raw in file.read_bytes().splitlines()]
    for line in lines:
        value = line["value"]
        value.pop("mode", None)
        stands = value.get("paid_upstream", {"counted": "0.00"})["counted"]
        if stands == "0.00":
            value.pop("payable", None)
        for posting in value["postings"]:
            posting["payee"] = "hospital" if posting["payee"] == "shadow" else posting["payee"]
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    result = await judged(folder)
    assert any("the orders about the region say shadow" in found.what for found in result.findings.listed)
