"""What was known on a business date stays what it was, whatever came later and whenever the read model was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.replay.on_the_log import OnTheLog
from tests.unit.replay.test_replay_balances import balance
from tests.unit.replay.two_numbers import bill, identity
from workers.errors import TuodiError
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.history.show import show_person

FIRST, SECOND, THIRD, FOURTH = "2023-06-01", "2023-06-02", "2023-06-03", "2023-06-04"


@pytest.fixture(scope="module")
def told() -> OnTheLog:
    numbers = OnTheLog()
    numbers.say("A", **balance({"ordinary_used": "100.00"}))
    numbers.say("A", **bill("S1"))
    numbers.say("H", **identity())
    numbers.say("H", **{name: value for name, value in bill("S3").items() if name != "designated"})
    numbers.close_day(FIRST)
    numbers.say("A", **identity())
    numbers.close_day(SECOND)
    numbers.say("A", type="settlement.cancel", setl_id="S1", own_id="C1")
    numbers.say("A", **bill("S2", "200.00"))
    numbers.close_day(THIRD)
    numbers.merge("A", "B")
    numbers.say("A", **bill("S4", "300.00"))
    numbers.close_day(FOURTH)
    numbers.split("B", "A", ["S1", "S4"], ["S2"])
    return numbers


@pytest.fixture(scope="module")
def model(told: OnTheLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return read(told, tmp_path_factory.mktemp("known") / "h.sqlite")


def read(told: OnTheLog, file: Path, *, compacted: bool = False) -> Path:
    with Database(file) as database:
        for short, write in WRITERS.items():
            lines = told.log.get(short, [])
            if compacted and short == "person.accumulated":
                lines = list({line["key"]: line for line in lines}.values())
            for line in lines:
                row = Row(line["offset"], line["timestamp"], line["key"].encode(), orjson.dumps(line["value"]))
                database.take(Source(short, line["partition"]), [row], write)
    return file


def shown(model: Path, key: str, day: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(show_person(model, key, 2023, as_json=True, known_on=day))
    return found


def bills(found: dict[str, Any]) -> dict[str, str]:
    return {each["bill"]["setl_id"]: f"{each['reason']} {each['layers']['ordinary']}" for each in found["bills"]}


def used(found: dict[str, Any]) -> str:
    table: str = found["tables"]["QN"]["ordinary_used"]
    return table


def test_each_date_knew_what_had_come_before_it_was_closed(told: OnTheLog, model: Path) -> None:
    first, second, third = (shown(model, told.key("A"), day) for day in (FIRST, SECOND, THIRD))
    assert (bills(first)["S1"], used(first), first["identities"]) == ("no_identity 0.00", "100.00", [])
    assert (bills(second)["S1"], used(second)) == ("assisted 1000.00", "1100.00")
    assert [each["identity"] for each in second["identities"]] == ["特困人员"]
    assert (bills(third)["S1"], bills(third)["S2"], used(third)) == ("cancelled 0.00", "assisted 200.00", "300.00")
    assert [each["complete"] for each in (first, second, third)] == [True] * 3
    assert [each["closed"] for each in (first, second, third)] == [True] * 3


def test_a_bill_that_waits_is_shown_with_what_it_waits_for(told: OnTheLog, model: Path) -> None:
    found = shown(model, told.key("H"), SECOND)
    assert found["undecided"] == [
        {"bill": {"region": "522700", "setl_id": "S3"}, "status": "held", "reason": "fact_missing"}
    ]
    assert "S3" in show_person(model, told.key("H"), 2023, as_json=False, known_on=SECOND)


def test_a_person_is_shown_where_the_bills_stood(told: OnTheLog, model: Path) -> None:
    a, b = told.key("A"), told.key("B")
    away, there = shown(model, a, FOURTH), shown(model, b, FOURTH)
    assert (away["bills"], away["forwarded_to"]) == ([], b)
    assert {"S2", "S4"} <= set(bills(there))
    assert used(there) == "600.00"
    now, rest = shown(model, a, None), shown(model, b, None)
    assert set(bills(now)) == {"S1", "S4"}
    assert set(bills(rest)) == {"S2"}
    with pytest.raises(TuodiError, match="nothing is known"):
        shown(model, b, FIRST)


def test_a_date_that_is_not_closed_says_so(told: OnTheLog, model: Path) -> None:
    assert shown(model, told.key("A"), "2023-07-01")["closed"] is False
    page = show_person(model, told.key("A"), 2023, as_json=False, known_on="2023-07-01")
    assert "该日尚未日终" in page
    assert "截至 2023-06-01 日终已知的情况\n" in show_person(model, told.key("A"), 2023, as_json=False, known_on=FIRST)


def test_a_cap_table_that_compaction_took_is_not_made_up(told: OnTheLog, tmp_path: Path) -> None:
    late = read(told, tmp_path / "late.sqlite", compacted=True)
    found = shown(late, told.key("A"), SECOND)
    assert bills(found)["S1"] == "assisted 1000.00"
    assert found["complete"] is False
    assert "已被压缩" in show_person(late, told.key("A"), 2023, as_json=False, known_on=SECOND)
