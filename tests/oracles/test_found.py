"""What the oracles found by chance, each at its smallest: it stays found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.oracles.compare import PROFILE, differences, replayed
from tests.oracles.histories import Line, Writer

FIGURES = Path(__file__).with_name("figures.json")
BILL: dict[str, Any] = dict(
    setl_id="S1.X", county="522701", care_type="inpatient", in_scope_personal="1000.00", designated=True,
    discharged_on="2023-03-01", settled_on="2023-03-01", referral="not_required", place="in_county",
)  # fmt: skip


@pytest.fixture
def qiannan() -> Writer:
    return Writer(PROFILE["qiannan"], "1", "X")


def standing(lines: list[Line], kind: str) -> list[dict[str, Any]]:
    """Flags of a kind that are up, after both programs agreed on all the rest."""
    assert differences({"X": lines}, FIGURES).wrong == []
    (person,) = replayed(lines, FIGURES)["persons"].values()
    return [flag for flag in person["flags"] if flag["kind"] == kind and flag["standing"]]


def open_tasks(lines: list[Line]) -> list[str]:
    assert differences({"X": lines}, FIGURES).wrong == []
    return [task["kind"] for task in replayed(lines, FIGURES)["tasks"] if task["state"] == "open"]


def test_a_parked_reversal_by_message_number_ends_a_contradiction(qiannan: Writer) -> None:
    first = qiannan.event("settlement.final", **BILL, msgid="M1.X")
    other = qiannan.event("settlement.final", **{**BILL, "place": "out_of_province"}, msgid="M2.X")
    parked = qiannan.event("settlement.reverse", reversal_id="V1.X", msgid="M3.X")
    again = qiannan.event("settlement.final", **BILL, msgid="M3.X")
    assert open_tasks([first, other]) == ["conflict"]
    assert open_tasks([first, other, parked, again]) == []


def test_two_reversals_of_one_id_are_two_tasks(qiannan: Writer) -> None:
    by_message = qiannan.event("settlement.reverse", reversal_id="V1.X", msgid="M1.X")
    by_cancel = qiannan.event("settlement.reverse", reversal_id="V1.X", own_id="C1.X")
    days = [{"topic": "day.closed", "value": {"date": day}} for day in ("2023-03-01", "2023-05-01", "2023-06-01")]
    bill = qiannan.event("settlement.final", **BILL, msgid="M1.X")
    other = qiannan.event("settlement.final", **{**BILL, "setl_id": "S2.X"}, msgid="M2.X")
    assert open_tasks([other, by_message, by_cancel, *days]) == ["cancel_without_bill"] * 2
    assert open_tasks([other, by_message, by_cancel, *days, bill]) == ["cancel_without_bill"]


def test_every_identity_of_one_source_is_announced(qiannan: Writer) -> None:
    common = dict(source_id="I1.X", revision=1, recognised_on="2023-01-16")
    lines = [qiannan.event("identity.changed", **common, identity=name) for name in ("低保对象", "边缘易致贫人口")]
    assert len(standing(lines, "tax_list")) == 2


def test_an_enrolment_that_ends_before_it_begins_insures_nobody() -> None:
    heshan = Writer(PROFILE["heshan"], "1", "X")
    identity = heshan.event(
        "identity.changed", source_id="I1.X", revision=1, identity="孤儿", recognised_on="2020-10-01"
    )
    enrolled = dict(enrolment_id="E1.X", revision=1, insutype="390", county="440784", supplementary=False)
    enrolment = heshan.event(
        "enrolment.changed", **enrolled, registered_on="2021-06-30", last_day="2020-12-30", paid_on="2021-06-30"
    )
    (flag,) = standing([identity, enrolment], "not_enrolled")
    assert (flag["first_day"], flag.get("last_day")) == ("2020-10-01", None)


def test_nothing_is_waited_for_once_the_year_is_subsidised() -> None:
    """LZ-A16: once a coverage year, whatever a missing amount would bring."""
    lanzhou = Writer(PROFILE["lanzhou"], "1", "X")
    orphan = dict(source_id="I1.X", revision=1, identity="孤儿", recognised_on="2024-11-01", removed_on="2024-12-01")
    poor = dict(source_id="I2.X", revision=1, identity="农村返贫致贫人口", recognised_on="2024-12-01")
    paid = dict(revision=1, coverage_year=2025, standard="400.00", insutype="390", kind="basic", county="620102")
    lines = [lanzhou.event("identity.changed", **each) for each in (orphan, poor)]
    lines += [
        lanzhou.event("premium.paid", **paid, payment_id=f"P{n}.X", paid_on=day)
        for n, day in enumerate(("2024-11-20", "2024-12-20"), 1)
    ]
    assert differences({"X": lines}, FIGURES).wrong == []
    (person,) = replayed(lines, FIGURES)["persons"].values()
    assert [each["reason"] for each in person["premium"].values()] == ["assisted", "already_subsidised"]


def test_a_dated_figure_is_there_for_the_years_of_its_dates(tmp_path: Path) -> None:
    """LZ-A8: an alert for a year of which no step of the phase-out is loaded."""
    file = tmp_path / "figures.json"
    file.write_text('{"LZ": {"phase_out": {"2023-07-01": "50%"}}}', encoding="utf-8")
    lines: list[Line] = [{"topic": "day.closed", "value": {"date": day}} for day in ("2023-12-31", "2024-12-31")]
    assert differences({"": lines}, file).wrong == []
    told = [alert["year"] for alert in replayed(lines, file)["alerts"] if "渐退" in str(alert["details"])]
    assert told == [2024]
