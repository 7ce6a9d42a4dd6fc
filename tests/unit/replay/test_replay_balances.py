"""What was used before we began counts as if we had decided it: the limits and the deductible go on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.replay.replay_files import defaults, write
from tests.unit.replay.two_numbers import REGION, Numbers, bill, identity
from workers.errors import Usage
from workers.replay.run import replay_file


@pytest.fixture
def numbers() -> Numbers:
    return Numbers()


def balance(used: dict[str, str], revision: int = 1, **fields: Any) -> dict[str, Any]:
    body = {"type": "balance.opened", "balance_id": "QN-2023", "revision": revision, "measure": "QN", "year": 2023}
    signed = {"author": "E1", "second_signer": "E2", "document": "D1"}
    return body | {"used": used, "paid": "0.00", "opened_on": "2023-05-01"} | signed | fields


def test_a_limit_goes_on_from_what_was_used(numbers: Numbers) -> None:
    """45,000 of 50,000 are used (annex, column 3): 5,000 are left."""
    numbers.say("A", **balance({"ordinary_used": "45000.00"}))
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1", "8000.00"))
    assert numbers.amounts("A")["S1"][2]["ordinary"] == "5000.00"
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "50000.00"


def test_a_balance_that_comes_late_corrects_what_was_decided(numbers: Numbers) -> None:
    numbers.say("A", **identity())
    numbers.say("A", **bill("S1", "8000.00"))
    numbers.say("A", **balance({"ordinary_used": "45000.00"}))
    assert numbers.amounts("A")["S1"][2]["ordinary"] == "5000.00"
    assert [posting.payee for posting in numbers.collector.postings] == ["hospital", "recovery"]


def test_the_deductible_is_not_taken_twice(numbers: Numbers) -> None:
    """低收入家庭 (class 3) has a yearly deductible; who has paid it before the opening does not pay it again."""
    numbers.say("A", **identity("低保边缘家庭人口"))
    numbers.say("B", **identity("低保边缘家庭人口"))
    numbers.say("B", **balance({"deductible_used": "99999.00"}))
    for psn_no in "AB":
        numbers.say(psn_no, **bill(f"S{psn_no}", "20000.00"))
    first, second = (float(numbers.amounts("AB"[n])[f"S{'AB'[n]}"][2]["ordinary"]) for n in (0, 1))
    assert second > first > 0


def test_the_highest_revision_holds_and_the_same_again_has_no_effect(numbers: Numbers) -> None:
    assert numbers.say("A", **balance({"ordinary_used": "100.00"}, 2))["outcome"] == "applied"
    assert numbers.say("A", **balance({"ordinary_used": "100.00"}, 2))["outcome"] == "repeat"
    assert numbers.say("A", **balance({"ordinary_used": "90.00"}, 1))["outcome"] == "stale"
    assert numbers.say("A", **balance({"ordinary_used": "90.00"}, 2))["outcome"] == "conflict"
    assert numbers.say("A", **balance({"ordinary_used": "0.00"}, 3))["outcome"] == "applied"
    assert numbers.amounts("A") == {}
    tables = [table["counters"]["ordinary_used"] for table in numbers.values["person.accumulated"]]
    assert tables == ["100.00", "0.00"]


def test_balances_of_two_numbers_add_up_and_part_again(numbers: Numbers) -> None:
    numbers.say("A", **balance({"ordinary_used": "30000.00"}))
    numbers.say("B", **balance({"ordinary_used": "40000.00"}))
    numbers.say("B", **identity())
    numbers.merge("A", "B")
    numbers.say("B", **bill("S1"))
    assert numbers.amounts("B")["S1"] == ("decided", "cap_used_up", {})
    assert numbers.values["task.opened"] == []
    numbers.split("B", "A", [], ["S1"])
    assert numbers.amounts("A") == {"2023|QN|": {"ordinary_used": "30000.00"}}
    assert numbers.amounts("B")["2023|QN|"] == {"ordinary_used": "41000.00"}


def test_a_balance_may_stand_in_a_replay_file(tmp_path: Path) -> None:
    value = {"region": REGION, "psn_no": "A", **balance({"ordinary_used": "45000.00"})}
    line = {"topic": "balance.opened", "key": "A", "value": value}
    found = json.loads(replay_file(write(tmp_path / "b.ndjson", [line]), defaults()).model_dump_json())
    (person,) = found["persons"].values()
    assert person["years"] == {"2023": {"QN": {"ordinary_used": "45000.00"}}}
    bad = write(tmp_path / "bad.ndjson", [line | {"value": value | {"year": 1}}])
    with pytest.raises(Usage, match=r"bad.ndjson:1: bad_field: .* in: year"):
        replay_file(bad, defaults())
