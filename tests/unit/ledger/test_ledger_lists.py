"""Orders `county_list`: whom a county puts among its own people, and what it does not assist (JY-3.1f, 8.1e, A11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.oracles.compare import PROFILE
from tests.oracles.histories import Line, Writer
from workers.replay.run import replay_file
from workers.settings import Settings

WRITER = Writer(PROFILE["jieyang"], "1", "X")
NAME = "麻风病康复人员"
HERE, ELSEWHERE = "445202", "445281"


def identity(**more: Any) -> Line:
    facts = dict(source_id="I1.X", revision=1, identity=NAME, recognised_on="2020-10-01", county=HERE)
    return WRITER.event("identity.changed", **facts | more)


def bill(number: int, day: str, **more: Any) -> Line:
    facts: dict[str, Any] = dict(
        setl_id=f"S{number}.X", msgid=f"M{number}.X", county=HERE, care_type="inpatient", admitted_on=day,
        discharged_on=day, settled_on=day, insured=True, insutype="390", insurance_settled=True, designated=True,
        place="in_county", referral="not_required", in_scope_personal="1000.00", disease_code="Z41.1",
    )  # fmt: skip
    return WRITER.event("settlement.final", **facts | more)


def order(number: int, day: str, entries: list[str], kind: str = "identities", **more: Any) -> Line:
    signed = {"author": "U1", "second_signer": "U2", "document": "D1", "ordered_on": day}
    says = {"order_id": f"O-{number}", "kind": "county_list", "county": HERE, "list_kind": kind, "entries": entries}
    value = {"type": "office.ordered", "version": 1, "region": "440000", **says, **signed, **more}
    return {"topic": "office.ordered", "key": f"O-{number}", "value": value}


def replayed(tmp_path: Path, *lines: Line) -> dict[str, Any]:
    file = tmp_path / "lines.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    found: dict[str, Any] = orjson.loads(replay_file(file, Settings()).model_dump_json())
    assert found["rejected"] == []
    return found


def reasons(found: dict[str, Any]) -> dict[str, str]:
    (person,) = found["persons"].values()
    return {name: bill["reason"] for name, bill in person["settlements"].items()}


def test_people_on_the_list_are_assisted_from_its_day_until_the_next_list(tmp_path: Path) -> None:
    days = ("2020-12-31", "2021-01-01", "2021-12-31", "2022-01-01")
    bills = [bill(number, day) for number, day in enumerate(days)]
    lists = [order(1, "2021-01-01", [NAME]), order(2, "2022-01-01", ["其他"])]
    for lines in ([identity(), *bills, *lists], [*lists, *bills, identity()]):
        told = reasons(replayed(tmp_path, *lines))
        assert list(told.values()) == ["no_identity", "assisted", "assisted", "identity_ended"]


def test_the_list_of_another_county_names_nobody_here_and_no_place_waits(tmp_path: Path) -> None:
    lists = order(1, "2021-01-01", [NAME])
    away = replayed(tmp_path, lists, identity(county=ELSEWHERE), bill(1, "2021-03-01"))
    assert reasons(away) == {"S1.X": "no_identity"}
    nowhere = replayed(tmp_path, lists, identity(county=None), bill(1, "2021-03-01"))
    assert reasons(nowhere) == {"S1.X": "fact_missing"}


@pytest.mark.parametrize(("entry", "given"), [(NAME, "0.00"), (f"premium:{NAME}", "320.00")])
def test_a_contribution_is_paid_only_if_the_list_says_so(tmp_path: Path, entry: str, given: str) -> None:
    paid = dict(coverage_year=2022, standard="320.00", insutype="390", kind="basic", county=HERE, paid_on="2021-11-22")
    premium = WRITER.event("premium.paid", payment_id="P1.X", revision=1, **paid)
    found = replayed(tmp_path, order(1, "2021-01-01", [entry]), identity(), premium)
    (person,) = found["persons"].values()
    assert person["premium"]["P1.X"]["layers"] == {"premium": given}


def test_a_listed_diagnosis_is_excluded_from_its_day_on_in_that_county(tmp_path: Path) -> None:
    poor = identity(identity="孤儿")
    bills = [
        bill(1, "2021-04-30"), bill(2, "2021-05-01"), bill(3, "2021-05-01", county=ELSEWHERE),
        bill(4, "2021-05-01", disease_code="I10"), bill(5, "2021-05-01", disease_code=None),
    ]  # fmt: skip
    told = reasons(replayed(tmp_path, poor, *bills, order(1, "2021-05-01", ["Z41"], "exclusions")))
    assert list(told.values()) == ["assisted", "excluded", "assisted", "assisted", "assisted"]


def test_a_name_that_a_list_left_out_is_off_until_one_names_it_again(tmp_path: Path) -> None:
    lists = [order(1, "2021-01-01", [NAME]), order(2, "2022-01-01", ["其他"]), order(3, "2023-01-01", [NAME])]
    bills = [bill(number, day) for number, day in enumerate(("2021-06-01", "2022-06-01", "2023-06-01"))]
    told = reasons(replayed(tmp_path, identity(), *bills, *lists))
    assert list(told.values()) == ["assisted", "identity_ended", "assisted"]


@pytest.mark.parametrize(
    "wrong",
    [{"second_signer": "U1"}, {"county": "522701"}, {"list_kind": "exclusions", "entries": ["整容"]}],
    ids=["one signer", "a measure without such a list", "no diagnosis code"],
)
def test_a_list_that_no_measure_has_a_place_for_has_no_effect(tmp_path: Path, wrong: dict[str, Any]) -> None:
    found = replayed(tmp_path, identity(), bill(1, "2021-03-01"), order(1, "2021-01-01", **{"entries": [NAME]} | wrong))
    assert (reasons(found), found["counts"]["outcome_no_effect"]) == ({"S1.X": "no_identity"}, 1)
