"""Platform messages through intake and ledger: life cycles, sameness with our own form, a cancel that waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from schemas.replay import ReplayResult
from tests.unit.national.national_samples import PERSON, judged, value_of
from workers.intake.verdict import Accepted
from workers.replay.run import replay_file
from workers.settings import Settings

BILL, CANCEL = "2304 住院结算 整笔交易", "2305 住院结算撤销"
UNDO_BILL, UNDO_CANCEL = "2601 冲正一笔结算", "2601 冲正一笔撤销"
SETL = "520000S0000001"


def replayed(tmp_path: Path, *messages: dict[str, Any], identities: bool = True) -> ReplayResult:
    row = value_of("救助对象身份 一行")
    lines = [{"topic": "identity.changed", "key": PERSON, "value": row}] if identities else []
    lines += [{"topic": "settlement.reported", "key": PERSON, "value": message} for message in messages]
    file = tmp_path / "national.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return replay_file(file, Settings.model_construct())


def bill_of(result: ReplayResult, setl_id: str = SETL) -> Any:
    (person,) = result.persons.values()
    return person.settlements[setl_id]


def test_a_platform_bill_of_a_platform_identity_is_paid(tmp_path: Path) -> None:
    bill = bill_of(replayed(tmp_path, value_of(BILL)))
    assert (bill.status, bill.reason) == ("decided", "assisted")
    assert bill.region == "520000"
    assert sum(map(float, bill.layers.values())) > 0


def again(name: str, **changes: Any) -> dict[str, Any]:
    return value_of(name) | changes


def test_settle_cancel_reverse_the_cancel_cancel_again(tmp_path: Path) -> None:
    second = again(CANCEL, msgid="H52270100001202305081000000001")
    second["output"]["setlinfo"]["setl_id"] = "520000C0000009"
    steps = [value_of(BILL), value_of(CANCEL), value_of(UNDO_CANCEL), second]
    statuses = [bill_of(replayed(tmp_path, *steps[: n + 1])).status for n in range(4)]
    assert statuses == ["decided", "reversed", "decided", "reversed"]


def test_a_reversal_by_message_ends_the_bill(tmp_path: Path) -> None:
    bill = bill_of(replayed(tmp_path, value_of(BILL), value_of(UNDO_BILL)))
    assert (bill.status, bill.reason) == ("reversed", "reversed")


def test_a_cancel_that_comes_first_is_parked_and_the_bill_comes_cancelled(tmp_path: Path) -> None:
    assert bill_of(replayed(tmp_path, value_of(CANCEL))).status == "parked"
    assert bill_of(replayed(tmp_path, value_of(CANCEL), value_of(BILL))).status == "reversed"


def test_the_cancel_of_a_dead_lettered_bill_waits_for_it(tmp_path: Path) -> None:
    broken = value_of(BILL)
    broken["output"]["setlinfo"]["med_type"] = "9902"
    waiting = replayed(tmp_path, broken, value_of(CANCEL))
    assert [(line.reason, line.line) for line in waiting.rejected] == [("unknown_code", 2)]
    assert bill_of(waiting).status == "parked"
    assert bill_of(replayed(tmp_path, broken, value_of(CANCEL), value_of(BILL))).status == "reversed"


def test_a_cancel_of_other_amounts_is_no_cancel(tmp_path: Path) -> None:
    other = value_of(CANCEL)
    other["output"]["setlinfo"] |= {
        "medfee_sumamt": "-12345.68",
        "fulamt_ownpay_amt": "-1000.01",
        "psn_cash_pay": "-5345.68",
    }
    result = replayed(tmp_path, value_of(BILL), other)
    assert bill_of(result).status == "decided"
    assert [task["kind"] for task in map(dict, result.tasks)] == ["cancel_differs"]


def own_form(name: str) -> dict[str, Any]:
    """The same bill as a gateway would report it: our contract, amounts as text."""
    verdict = judged(value_of(name))
    assert isinstance(verdict, Accepted)
    found: dict[str, Any] = orjson.loads(orjson.dumps(verdict.event))
    return found


def test_the_same_bill_by_gateway_and_by_platform_confirms_itself(tmp_path: Path) -> None:
    own, national = own_form(BILL), value_of(BILL)
    for first, second in ((own, national), (national, own)):
        lines = [
            {"topic": "settlement.reported", "key": PERSON, "value": message, "headers": {"ce_source": source}}
            for message, source in ((first, "gateway/1"), (second, "platform/520000"))
        ]
        file = tmp_path / "both.ndjson"
        file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        result = replay_file(file, Settings.model_construct())
        assert result.counts["outcome_confirmed"] == 1
        assert result.tasks == []


def test_the_platform_may_state_less_than_the_gateway(tmp_path: Path) -> None:
    own = own_form(BILL) | {"emergency_rescue": False, "formal_receipt": True, "primary_care_first": True}
    result = replayed(tmp_path, own, value_of(BILL))
    assert bill_of(result).status == "decided"
    assert "outcome_conflict" not in result.counts


def test_one_fen_more_under_the_same_number_is_a_conflict(tmp_path: Path) -> None:
    other = value_of(BILL)
    other["output"]["setlinfo"] |= {"inscp_scp_amt": "10000.01", "fulamt_ownpay_amt": "999.99"}
    result = replayed(tmp_path, value_of(BILL), other)
    assert result.counts["outcome_conflict"] == 1
    assert bill_of(result).status == "decided"


def test_two_mid_stay_settlements_of_one_visit_are_two_bills(tmp_path: Path) -> None:
    result = replayed(tmp_path, value_of("中途结算"), value_of(BILL))
    (person,) = result.persons.values()
    assert {name: bill.status for name, bill in person.settlements.items()} == {
        "520000S0000006": "decided",
        SETL: "decided",
    }


def test_one_message_of_two_identities_is_two_recognitions(tmp_path: Path) -> None:
    row = value_of("救助对象身份 只有名称 两个")
    file = tmp_path / "rows.ndjson"
    file.write_bytes(orjson.dumps({"topic": "identity.changed", "key": PERSON, "value": row}))
    result = replay_file(file, Settings.model_construct())
    (person,) = result.persons.values()
    assert {found.identity for found in person.recognitions} == {"脱贫不稳定人口", "低保对象"}
