"""What needs history, by platform messages: sameness over shapes, life cycles in any order, deadlines, revisions."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from schemas.money import fen_of
from schemas.replay import ReplayResult
from tests.unit.national.national_samples import PERSON, value_of
from workers.replay.run import replay_file
from workers.settings import Settings

SETL = "520000S0000001"
Message = dict[str, Any]


def replayed(tmp_path: Path, *lines: Message) -> ReplayResult:
    """Replay settlements and identities; a line with its own `topic` is taken as it is."""
    known = [{"topic": "identity.changed", "key": PERSON, "value": value_of("救助对象身份 一行")}]
    known += [
        line if "topic" in line else {"topic": "settlement.reported", "key": PERSON, "value": line} for line in lines
    ]
    file = tmp_path / "national.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in known))
    return replay_file(file, Settings.model_construct())


def bill_of(result: ReplayResult) -> Any:
    (person,) = result.persons.values()
    return person.settlements[SETL]


def settle() -> Message:
    return value_of("2304 住院结算 整笔交易")


def row(**changes: Any) -> Message:
    """The same bill as a row of the core table."""
    return value_of("核心表一行 setl_d") | {"setl_id": SETL, "mdtrtarea_admvs": "522701"} | changes


def record() -> Message:
    """The same bill as 5203 tells it."""
    message = value_of("5203 结算信息") | {"mdtrtarea_admvs": "522701"}
    message["output"]["setlinfo"] |= {"setl_id": SETL}
    return message


def cancel(number: int, *, own: bool = True) -> Message:
    """A cancel by its transaction; `own`: with a number of its own, else with that of the bill."""
    message = value_of("2305 住院结算撤销") | {"msgid": f"H5227010000120230507100000{number:04d}"}
    message["output"]["setlinfo"] |= {"setl_id": f"520000C000000{number}" if own else SETL}
    return message


def refund(number: int) -> Message:
    """The same cancel as a row of the core table."""
    message = value_of("5203 退费记录")
    told = {"setl_id": f"520000C000000{number}", "medins_setl_id": f"H5227010000120230507100000{number:04d}"}
    message["output"]["setlinfo"] |= told | {"orig_setl_id": SETL}
    return message


def uncancel(number: int) -> Message:
    """2601 of a cancel by its message number."""
    message = value_of("2601 冲正一笔撤销") | {"msgid": f"H5227010000120230507110000{number:04d}"}
    message["input"]["data"] |= {"omsgid": f"H5227010000120230507100000{number:04d}"}
    return message


def test_the_same_bill_in_three_shapes_and_under_another_message_is_paid_once(tmp_path: Path) -> None:
    again = settle() | {"msgid": "H52270100001202305061209990001"}
    result = replayed(tmp_path, settle(), row(), record(), again)
    assert (result.counts["outcome_repeat"], result.counts["outcome_decided"]) == (3, 1)
    assert result.tasks == []


@pytest.mark.parametrize(("shape", "words"), [("row", {"inscp_amt": "10000.01", "fulamt_ownpay_amt": "999.99"})])
def test_another_shape_with_one_fen_more_is_a_conflict(tmp_path: Path, shape: str, words: Message) -> None:
    result = replayed(tmp_path, settle(), row(**words))
    assert result.counts["outcome_conflict"] == 1
    assert bill_of(result).status == "decided"


CYCLES: dict[str, tuple[list[Message], str]] = {
    "settle, cancel": ([settle(), cancel(1)], "reversed"),
    "settle, cancel under the bill's own number": ([settle(), cancel(1, own=False)], "reversed"),
    "settle, cancel, reverse the cancel": ([settle(), cancel(1), uncancel(1)], "decided"),
    "the cancel told twice, reversed once": ([settle(), cancel(1, own=False), refund(1), uncancel(1)], "decided"),
    "settle, cancel, reverse it, cancel again": ([settle(), cancel(1), uncancel(1), cancel(2)], "reversed"),
    "again under the bill's number": (
        [settle(), cancel(1, own=False), uncancel(1), cancel(2, own=False)], "reversed",
    ),
    "both cancels reversed": ([settle(), cancel(1), uncancel(1), cancel(2), uncancel(2)], "decided"),
    "the bill in two shapes around a cancel": ([settle(), cancel(1), row()], "reversed"),
    "the bill reversed": ([settle(), value_of("2601 冲正一笔结算"), cancel(1)], "reversed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CYCLES)
def test_a_life_cycle_ends_alike_in_every_order(tmp_path: Path, name: str) -> None:
    steps, status = CYCLES[name]
    orders = list(permutations(steps))
    chosen = orders if len(orders) <= 24 else [orders[0], *Random(7).sample(orders, 12)]
    ends = set()
    for order in chosen:
        bill = bill_of(replayed(tmp_path, *order))
        ends.add((bill.status, sum(fen_of(amount) for amount in bill.layers.values())))
    assert len(ends) == 1, ends
    assert {end[0] for end in ends} == {status}


def closed(day: str) -> Message:
    return {"topic": "day.closed", "key": "!day.closed", "value": {"type": "day.closed", "version": 1, "date": day}}


def test_a_cancel_of_a_bill_that_never_comes_is_a_task_at_its_deadline_and_still_waits(tmp_path: Path) -> None:
    days = [closed("2023-05-07"), closed("2023-06-05")]
    waiting = replayed(tmp_path, cancel(1), *days)
    assert waiting.tasks == []
    late = replayed(tmp_path, cancel(1), *days, closed("2023-06-07"))
    assert [(task["kind"], task["state"]) for task in map(dict, late.tasks)] == [("cancel_without_bill", "open")]
    ended = replayed(tmp_path, cancel(1), *days, closed("2023-06-07"), settle())
    assert [(task["kind"], task["state"]) for task in map(dict, ended.tasks)] == [("cancel_without_bill", "closed")]
    assert bill_of(ended).status == "reversed"


def test_a_dead_lettered_bill_keeps_only_its_own_cancel_waiting(tmp_path: Path) -> None:
    broken, other = settle(), settle()
    broken["output"]["setlinfo"]["hifp_pay"] = "6000.01"
    other["output"]["setlinfo"] |= {"setl_id": "520000S0000077", "medins_setl_id": "M77"}
    result = replayed(tmp_path, broken, cancel(1), other | {"msgid": "M77"})
    (person,) = result.persons.values()
    statuses = {name: bill.status for name, bill in person.settlements.items()}
    assert statuses == {SETL: "parked", "520000S0000077": "decided"}


def identity(**changes: Any) -> Message:
    return {"topic": "identity.changed", "key": PERSON, "value": value_of("救助对象身份 一行") | changes}


LATER = "2023-06-01 08:00:00"
SECOND = {"mat_id": "MAT0002", "begntime": "2023-02-01 00:00:00"}
ENDED = {"endtime": "2023-03-31 23:59:59", "updt_time": LATER, "evt_type": "02"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([], "assisted"),
        ([ENDED], "identity_ended"),
        ([{"evt_type": "05", "updt_time": LATER}], "no_identity"),
        ([{"evt_type": "03", "updt_time": LATER}], "no_identity"),
        ([{"vali_flag": "0", "updt_time": LATER}], "no_identity"),
        ([{"evt_type": "05", "updt_time": "2023-01-04 08:00:00"}], "assisted"),  # older than what is known
        ([ENDED, {"evt_type": "02", "updt_time": "2023-07-01 08:00:00"}], "assisted"),  # open again, said later
        ([SECOND], "assisted"),  # overlaps: taken, counted once
        ([SECOND, {"evt_type": "05", "updt_time": LATER}], "assisted"),
        ([{"endtime": "2023-05-06 00:00:00", "updt_time": LATER}], "assisted"),  # the last day counts
        ([{"endtime": "2023-04-29 23:59:59", "updt_time": LATER}], "identity_ended"),  # over before the month
    ],
)  # fmt: skip
def test_identities_by_platform_rows_decide_before_and_after_the_bill(
    tmp_path: Path, changes: list[Message], reason: str
) -> None:
    rows = [identity(**change) for change in changes]
    for order in ([settle(), *rows], [*rows, settle()], [*reversed(rows), settle()]):
        assert bill_of(replayed(tmp_path, *order)).reason == reason
