"""An order as `tuodi order new` sends it, on a real Kafka: through intake into the journal, under the person's key."""

from __future__ import annotations

import orjson
import pytest

from tests.broker.intake_world import IntakeWorld
from tests.broker.world import eventually
from workers.journal.keys import person_keys
from workers.office.write import checked, send

pytestmark = pytest.mark.broker

ORDER = {
    "type": "office.ordered", "version": 1, "region": "520000", "psn_no": "P-1", "order_id": "O-1", "kind": "recovery",
    "decision_id": "a" * 32, "approval": "approved", "author": "U017", "second_signer": "U022", "document": "D1",
    "ordered_on": "2023-07-01",
}  # fmt: skip
FIGURES = {
    **{name: ORDER[name] for name in ("type", "version", "author", "second_signer", "document", "ordered_on")},
    "region": "440000", "order_id": "O-2", "kind": "figures",
    "figures": [{"name": "hs.allowance_rate", "value": "85%", "first_day": "2020-01-01"}],
}  # fmt: skip


async def test_an_order_that_is_sent_stands_in_the_journal(world: IntakeWorld) -> None:
    for order in (ORDER, FIGURES, ORDER):
        await send(world.settings, checked(dict(order)))

    async def arrived() -> bool:
        return len(await world.whole("journal")) >= 3

    with world.child("work"):
        await eventually(arrived, seconds=40, what="three journal records")
    found = {record.key: orjson.loads(record.value or b"{}") for record in await world.whole("journal")}
    key = person_keys(world.settings, dev_keys=True).person_key("520000", "P-1")
    assert found.keys() == {key.encode(), b"!office.ordered"}
    assert (found[key.encode()]["order_id"], found[b"!office.ordered"]["order_id"]) == ("O-1", "O-2")
    assert "psn_no" not in found[key.encode()]
    assert {record.partition for record in await world.whole("journal") if record.key == b"!office.ordered"} == {0}
