"""The file as a whole: same bytes, right shapes, exact amounts, right order, nothing shaped like a person's data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from schemas.events import admission, application, enrolment, identity, settlement
from schemas.money import fen_of
from workers.intake.verdict import Accepted, judge
from workers.journal.pii import holds_person_data
from workers.replay.lines import read_lines
from workers.simulate import buckets
from workers.simulate.year import ADOPTION, Plan, simulate

PLAN = Plan(seed=11, persons=1_500)
MODELS: tuple[type[BaseModel], ...] = (
    settlement.SettlementFinal, settlement.SettlementCancel, settlement.SettlementReverse,
    settlement.SettlementReinstate, identity.IdentityChanged, identity.IdentitySnapshotClosed,
    application.ApplicationFiled, enrolment.EnrolmentChanged, enrolment.PremiumPaid, enrolment.PersonDescribed,
    admission.AdmissionRegistered,
)  # fmt: skip
BY_TYPE = {get_args(model.model_fields["type"].annotation)[0]: model for model in MODELS}
NOT_FEEDS = ("day.closed", "rulebook.adopted")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(simulate(PLAN))


@pytest.fixture(scope="module")
def records(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def finals(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [r["value"] for r in records if r["value"]["type"] == "settlement.final"]


def test_same_plan_same_bytes(lines: list[bytes]) -> None:
    assert list(simulate(PLAN)) == lines


def test_other_seed_other_bytes(lines: list[bytes]) -> None:
    assert list(simulate(PLAN._replace(seed=12))) != lines


def test_bytes_are_those_of_every_machine() -> None:
    """Pinned: a change here changes everybody's file and is a change of contract of the simulator."""
    digest = sha256(b"\n".join(simulate(Plan(seed=1, persons=50)))).hexdigest()
    assert digest == "03a7231b692741c973de234be6f855194187fac231dc28d4fef6ffa281afcb99"


def test_a_person_does_not_depend_on_the_size_of_the_county(lines: list[bytes]) -> None:
    small = [line for line in simulate(PLAN._replace(persons=300)) if b'"psn_no"' in line]
    keys = {json.loads(line)["key"] for line in small}
    assert small == [line for line in lines if b'"psn_no"' in line and json.loads(line)["key"] in keys]


def test_spilling_to_disk_changes_nothing(lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "BUDGET_BYTES", 200_000)
    monkeypatch.setattr(buckets.Buckets.__init__, "__defaults__", (200_000,))
    assert list(simulate(PLAN)) == lines


def test_every_value_is_of_the_contract(records: list[dict[str, Any]]) -> None:
    seen = set()
    for record in records:
        value = record["value"]
        if value["type"] in NOT_FEEDS:
            continue
        model = BY_TYPE[value["type"]]
        model.model_validate_json(json.dumps(value))
        assert set(value) <= set(model.model_fields), value["type"]
        assert record["headers"]["ce_type"] == f"medassist.{value['type']}.v1"
        assert record["key"] == value.get("psn_no", value.get("source_id"))
        seen.add(value["type"])
    assert seen == set(BY_TYPE)


@pytest.mark.parametrize("national_size", [False, True])
def test_intake_takes_every_line(tmp_path: Path, national_size: bool) -> None:
    file = tmp_path / "year.ndjson"
    file.write_bytes(
        b"".join(line + b"\n" for line in simulate(PLAN._replace(persons=400, national_size=national_size)))
    )
    feeds = [line for line in read_lines(file, "medassist") if line.topic not in NOT_FEEDS]
    assert len(feeds) > 2_000
    for line in feeds:
        verdict = judge(line.topic, line.key, line.value, line.headers)
        assert isinstance(verdict, Accepted), (line.number, verdict)


def test_nothing_is_shaped_like_a_persons_data(lines: list[bytes]) -> None:
    assert not any(holds_person_data(line) for line in lines)


def test_amounts_add_up_to_the_fen(finals: list[dict[str, Any]]) -> None:
    funds = (
        "pool_pay", "critical_illness_pay", "large_amount_pay", "civil_servant_pay", "enterprise_pay", "disabled_pay",
        "other_fund_pay",
    )  # fmt: skip
    whole = 0
    for bill in finals:
        fen = {name: fen_of(field) for name, field in bill.items() if isinstance(field, str) and _is_money(field)}
        parts = ("in_scope", "class_b_first_pay", "over_limit_price_pay", "out_of_scope")
        assert fen["total_fee"] == sum(fen[part] for part in parts)
        if "fund_total" in fen:
            whole += 1
            assert fen["fund_total"] == sum(fen[fund] for fund in funds)
            assert fen["total_fee"] == fen["fund_total"] + fen["person_total"] + fen["hospital_share"]
            assert fen["person_total"] == fen["account_pay"] + fen["cash_pay"]
            assert fen["in_scope_personal"] == fen["in_scope"] - fen["fund_total"]
    assert whole > len(finals) // 3


def _is_money(text: str) -> bool:
    return text[-3:-2] == "." and text.replace(".", "").isdigit()


def test_lines_come_in_order_of_arrival_and_days_close_without_gaps(records: list[dict[str, Any]]) -> None:
    day, closed, resent = "", [], 0
    for record in records[1:]:
        if record["topic"] == "day.closed":
            closed.append(date.fromisoformat(record["value"]["date"]))
            continue
        sent = record["headers"]["ce_time"][:10]
        assert sent <= max(day, sent)
        resent += sent < day  # the same bytes again, after midnight
        day = max(day, sent)
        assert not closed or day > closed[-1].isoformat()
    assert resent < 20
    assert closed[0] == date(2023, 1, 1)
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(closed))
    assert closed[-1] >= date(2023, 12, 31)


def test_days_may_be_closed_less_often_and_nothing_else_changes(lines: list[bytes]) -> None:
    sparse = list(simulate(PLAN._replace(close_every=30)))
    closes = [line for line in lines if b'"topic":"day.closed"' in line]
    kept = [line for line in sparse if b'"topic":"day.closed"' in line]
    assert [line for line in sparse if line not in kept] == [line for line in lines if line not in closes]
    assert kept == [*closes[29:-1:30], closes[-1]]


def test_no_message_speaks_of_a_day_to_come(records: list[dict[str, Any]]) -> None:
    stated = ("settled_on", "discharged_on", "cancelled_on", "applied_on", "paid_on", "registered_on", "recognised_on",
              "removed_on", "died_on", "born_on", "admitted_on")  # fmt: skip
    for record in records:
        for name in stated:
            if name in record["value"]:
                assert record["value"][name] <= record["headers"]["ce_time"][:10], (record["topic"], name)


def test_first_line_adopts_the_shipped_rulebooks(lines: list[bytes]) -> None:
    assert lines[0] == ADOPTION


def test_lists_are_closed_by_their_count(records: list[dict[str, Any]]) -> None:
    closings = [r["value"] for r in records if r["value"]["type"] == "identity.snapshot_closed"]
    rows = [r["value"] for r in records if r["value"]["type"] == "identity.changed"]
    for closing in closings:
        held = [row for row in rows if row["list_month"] == closing["list_month"]]
        assert closing["count"] == sum(row["source_id"].startswith(closing["source_id"]) for row in held)
    assert sum(closing["count"] for closing in closings) == len(rows)


def test_a_chronic_outpatient_has_many_small_bills(finals: list[dict[str, Any]]) -> None:
    dialysis = [bill for bill in finals if bill.get("disease_code") == "N18"]
    persons = {bill["psn_no"] for bill in dialysis}
    assert persons
    assert len(dialysis) / len(persons) > 80
    assert all(fen_of(bill["total_fee"]) < 100_000 for bill in dialysis)


def test_national_size() -> None:
    sizes = [len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()) for value in _national()]
    assert 2_000 <= min(sizes)
    assert max(sizes) <= 3_000


def _national() -> Iterator[dict[str, Any]]:
    for line in simulate(PLAN._replace(national_size=True, persons=200)):
        value = json.loads(line)["value"]
        if value["type"] == "settlement.final" and value["insurance_settled"]:
            yield value
