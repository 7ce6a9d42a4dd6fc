"""Merged and split persons on a log: the audit follows them from key to key, and says so where one side is missing."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.audit.handmade import Log, write
from tests.unit.replay.on_the_log import PARTITIONS, OnTheLog
from tests.unit.replay.test_replay_balances import balance
from tests.unit.replay.two_numbers import ADOPTION, bill, identity
from workers.audit.run import Plan, Result, run_audit
from workers.audit.source import FolderSource
from workers.journal.partition import partition_of
from workers.replay.report import result_of


@pytest.fixture(scope="module")
def told() -> OnTheLog:
    """A chain of merges over partitions, forwarded records, one bill under two numbers, a premium, a split."""
    numbers = OnTheLog()
    numbers.say("A", **identity(), county="522701", recognised_by="民政")
    numbers.say("A", **bill("S1", "60000.00", in_scope="90000.00"))
    numbers.say("B", **bill("S2", "20000.00", in_scope="90000.00"))
    numbers.say("B", **identity("低保对象", "I2"))
    numbers.say("B", **bill("S1", "60000.00", in_scope="90000.00"))
    premium = {"type": "premium.paid", "payment_id": "P1", "revision": 1, "coverage_year": 2024, "kind": "basic"}
    numbers.say("A", **premium, paid_on="2023-10-05", standard="380.00", county="522701", insutype="390")
    numbers.say("A", **balance({"ordinary_used": "1000.00", "deductible_used": "1.00"}))
    numbers.say("B", **balance({"ordinary_used": "500.00"}))
    numbers.merge("A", "B")
    numbers.say("A", **bill("S3"))
    numbers.say("A", **bill("S3"))
    numbers.merge("B", "C")
    numbers.say("A", type="settlement.cancel", setl_id="S2", own_id="C2")
    numbers.say("B", **bill("S4"))
    assert numbers.split("C", "A", ["S1", "S3"], ["S2", "S4"])["outcome"] == "applied"
    numbers.say("A", **bill("S5"))
    numbers.say("A", **bill("S1", "60000.00", in_scope="90000.00"))
    return numbers


async def judged(log: Log, folder: Path, **plan: Any) -> Result:
    return await run_audit(FolderSource(write(log, folder / "log"), "medassist"), Plan(seed="7", **plan))


async def test_persons_that_moved_are_accounted_for(told: OnTheLog, tmp_path: Path) -> None:
    assert {partition_of(told.key(psn_no), PARTITIONS) for psn_no in "ABC"} != {0}
    outcomes = Counter(answer["outcome"] for answer in told.values["journal.answered"])
    assert outcomes["forwarded"] == 5
    replay = tmp_path / "replay.json"
    replay.write_text(result_of(told, told.collector).model_dump_json())
    result = await judged(told.whole(), tmp_path, replay=replay)
    twice, summary = result.findings.lines()  # money left twice for one number, which the audit names whoever erred
    assert twice.endswith("this bill was decided before, for another person")
    assert summary.startswith("A2 1 wrong")
    assert result.decisions == len(told.values["assistance.decided"])


def of_type(log: Log, type_: str) -> list[dict[str, Any]]:
    return [line for line in log["journal"] if line["value"]["type"] == type_]


def without_the_moved_bill(log: Log) -> None:
    log["journal"].remove(of_type(log, "bill.moved")[0])


def with_more_money(log: Log) -> None:
    value = of_type(log, "bill.moved")[0]["value"]
    state = orjson.loads(value["state"])
    state["layers"]["ordinary"] += 100
    value["state"] = orjson.dumps(state).decode()


def under_another_decision(log: Log) -> None:
    value = of_type(log, "bill.moved")[0]["value"]
    state = orjson.loads(value["state"])
    state["decision"]["id"] = "a" * 32
    value["state"] = orjson.dumps(state).decode()


def forwarded_to_nowhere(log: Log) -> None:
    log["journal"] = [line for line in log["journal"] if not _forwarded(line)]


def forwarded_as_something_else(log: Log) -> None:
    next(filter(_forwarded, log["journal"]))["value"]["in_scope_personal"] = "1.00"


def decided_where_it_was_given_up(log: Log) -> None:
    next(line for line in log["journal.answered"] if line["value"]["outcome"] == "forwarded")["value"]["outcome"] = (
        "decided"
    )


def never_left(log: Log) -> None:
    line = of_type(log, "person.transferred")[0]
    for answer in log["journal.answered"]:
        if (answer["value"]["partition"], answer["value"]["offset"]) == (line["partition"], line["offset"]):
            answer["value"]["outcome"] = "no_effect"


def said_to_have_come_before(log: Log) -> None:
    line = of_type(log, "bill.moved")[0]
    for answer in log["journal.answered"]:
        if (answer["value"]["partition"], answer["value"]["offset"]) == (line["partition"], line["offset"]):
            answer["value"]["outcome"] = "repeat"


def with_another_balance(log: Log) -> None:
    line = next(line for line in log["ledger-changelog"] if "balance.opened|" in line["value"])
    line["value"] = line["value"].replace('"500.00"', '"501.00"').replace('"1000.00"', '"1001.00"')


def _forwarded(line: dict[str, Any]) -> bool:
    return "moved_from" in line["headers"] and line["value"]["type"] == "settlement.final"


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (without_the_moved_bill, "A5"),
        (with_more_money, "A5"),
        (under_another_decision, "A5"),
        (forwarded_to_nowhere, "A1"),
        (forwarded_as_something_else, "A1"),
        (decided_where_it_was_given_up, "A2"),
        (never_left, "A5"),
        (said_to_have_come_before, "A2"),
        (with_another_balance, "A5"),
    ],
)
async def test_each_way_of_spoiling_a_move_is_found(
    told: OnTheLog, tmp_path: Path, spoil: Callable[[Log], None], check: str
) -> None:
    log = copy.deepcopy(told.whole())
    clean = await judged(log, tmp_path)
    spoil(log)
    result = await judged(log, tmp_path)
    assert result.findings.counts[check] > clean.findings.counts[check]


def test_the_law_of_this_log_is_adopted_in_each_partition(told: OnTheLog) -> None:
    adopted = [line for line in told.log["journal"] if line["value"]["type"] == "rulebook.adopted"]
    assert [line["value"]["body"].encode() for line in adopted] == [ADOPTION] * PARTITIONS
