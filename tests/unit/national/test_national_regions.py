"""The five regions: the platform's shape and our own give the same money, by each region's own words and switches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.money import fen_of
from schemas.national.load import load_national
from schemas.replay import ReplayResult
from tests.unit.national.national_samples import PERSON, value_of
from workers.intake.verdict import Accepted, judge
from workers.replay.run import replay_file
from workers.settings import Settings

PROFILES = load_national().profiles
PAID = {"jieyang", "lanzhou", "qiannan"}
"""Heshan waits for a figure of the city; Dongtou's measure pays beyond a supplementary insurance only."""
Line = dict[str, Any]
MONTHS = {"dongtou": "2022-03"}
"""A month in which the region's measure is in force; else March 2026."""


def platform_lines(region: str) -> list[Line]:
    """An identity, an inpatient and a chronic bill, and the cancel of a third, as this region's platform says them."""
    profile = PROFILES[region]
    month = MONTHS.get(region, "2026-03")
    county = sorted(profile.divisions)[-1] if len(profile.divisions) == 1 else sorted(profile.divisions)[1]
    code = next(iter(profile.dictionary.tables["mat_idet_code"]))
    row = value_of("救助对象身份 一行") | {"insu_admdvs": county, "mat_idet_code": code, "endtime": None}
    lines = [{"topic": "identity.changed", "key": PERSON, "value": row | {"begntime": "2021-01-01 00:00:00"}}]
    for name, setl_id in (
        ("2304 住院结算 整笔交易", "S1"),
        ("2207A 门诊慢特病结算", "S2"),
        ("2304 住院结算 整笔交易", "S3"),
    ):
        lines.append(_line(_settled(value_of(name), county, setl_id, month)))
    cancel = value_of("2305 住院结算撤销") | {"insuplc_admdvs": county, "inf_time": f"{month}-06 12:00:00"}
    cancel["input"]["data"]["setl_id"] = "S3"
    cancel["output"]["setlinfo"] |= {"setl_id": "C3", "setl_time": f"{month}-06 11:30:00"}
    return [*lines, _line(cancel)]


def _settled(message: Line, county: str, setl_id: str, month: str) -> Line:
    message |= {"insuplc_admdvs": county, "mdtrtarea_admvs": county, "inf_time": f"{month}-06 12:00:00"}
    info = message["output"]["setlinfo"]
    info |= {
        "setl_id": setl_id,
        "setl_time": f"{month}-06 11:00:00",
        "enddate": f"{month}-06",
        "begndate": f"{month}-01",
        "year": month[:4],
    }
    return message | {"msgid": f"M{setl_id}"}


def _line(value: Line) -> Line:
    return {"topic": "settlement.reported", "key": PERSON, "value": value}


def own_lines(lines: list[Line]) -> list[Line]:
    """The same in our own form."""
    own = []
    for line in lines:
        verdict = judge(line["topic"], PERSON.encode(), orjson.dumps(line["value"]))
        assert isinstance(verdict, Accepted), verdict
        own.append(line | {"value": orjson.loads(orjson.dumps(verdict.event))})
    return own


def replayed(tmp_path: Path, lines: list[Line]) -> ReplayResult:
    file = tmp_path / "region.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return replay_file(file, Settings.model_construct())


@pytest.mark.parametrize("region", PROFILES)
def test_both_shapes_give_the_same_money(tmp_path: Path, region: str) -> None:
    lines = platform_lines(region)
    national, own = (replayed(tmp_path, shape) for shape in (lines, own_lines(lines)))
    assert national.rejected == []
    (person,), (other,) = national.persons.values(), own.persons.values()
    assert person == other
    bills = person.settlements
    assert {bill.region for bill in bills.values()} == {PROFILES[region].platform}
    assert bills["S3"].status == "reversed"
    assert all(bills[name].status in ("decided", "held") for name in ("S1", "S2")), bills
    assert (sum(fen_of(amount) for amount in bills["S1"].layers.values()) > 0) is (region in PAID)


@pytest.mark.parametrize("region", PROFILES)
def test_both_shapes_after_each_other_are_one_bill(tmp_path: Path, region: str) -> None:
    lines = platform_lines(region)
    result = replayed(tmp_path, [*lines, *own_lines(lines)])
    assert "outcome_conflict" not in result.counts
    assert result.counts["outcome_repeat"] == len(lines)
