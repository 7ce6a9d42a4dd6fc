"""Premium subsidies of Qiannan: who, how much, once, held without a window; QN-1.2a–e, N2, T1–T3, QN-6b."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.unit.matters.matter_world import MatterWorld

WINDOW = {"QN": {"collection_window_last_day": {"2023": "2022-12-31", "2024": "2024-02-29"}}}


@pytest.fixture
def world() -> MatterWorld:
    return MatterWorld(WINDOW)


@pytest.mark.parametrize(
    ("name", "fen"),
    [
        ("特困人员", 350_00), ("孤儿", 350_00), ("低保对象", 175_00), ("脱贫不稳定人口", 175_00),
        ("因病致贫重病患者", 0), ("肇事肇祸的精神障碍患者", 350_00), ("二十世纪六十年代初精减退职老职工", 350_00),
    ],
)  # fmt: skip
def test_the_class_gives_the_share(world: MatterWorld, name: str, fen: int) -> None:
    world.say(world.identity(name, "2022-10-01"), world.premium("2022-11-08"))
    assert world.subsidy() == ("decided", "assisted" if fen else "no_premium_subsidy", fen)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"born_on": "1962-11-08"}, ("decided", "assisted", 105_00)),  # 60 on the day itself
        ({"born_on": "1962-11-09", "severe_disability": False}, ("decided", "no_premium_subsidy", 0)),
        ({"born_on": "2004-11-09"}, ("decided", "assisted", 105_00)),  # the last day below 18
        ({"born_on": "2004-11-08", "severe_disability": False}, ("decided", "no_premium_subsidy", 0)),
        ({"born_on": "1980-01-01", "severe_disability": True}, ("decided", "assisted", 105_00)),
        ({"born_on": "1980-01-01"}, ("held", "fact_missing", 0)),
        ({}, ("held", "fact_missing", 0)),
    ],
)
def test_class_3_only_for_old_young_and_severely_disabled(
    world: MatterWorld, facts: dict[str, Any], expected: tuple[str, str, int]
) -> None:
    world.say(world.identity("低保边缘家庭人口", "2022-10-01"), world.premium("2022-11-08"))
    world.say(world.described(**facts))
    assert world.subsidy() == expected


def test_window_recognition_and_payment(world: MatterWorld) -> None:
    world.say(world.identity("低保对象", "2022-12-31"), world.premium("2022-11-08"))
    assert world.subsidy() == ("decided", "assisted", 175_00)  # recognised on the last day
    late = MatterWorld(WINDOW)
    late.say(late.identity("低保对象", "2023-01-01"), late.premium("2022-11-08"))
    assert late.subsidy() == ("decided", "no_premium_subsidy", 0)
    behind = MatterWorld(WINDOW)
    behind.say(behind.identity("低保对象", "2022-01-01"), behind.premium("2023-01-01"))
    assert behind.subsidy() == ("decided", "paid_after_window", 0)


def test_without_the_window_held_and_decided_when_it_is_adopted() -> None:
    world = MatterWorld()
    world.say(world.identity("低保对象", "2022-10-01"), world.premium("2022-11-08"))
    assert world.subsidy() == ("held", "figure_missing", 0)
    assert not [decision for outcome in world.outcomes for decision in outcome.decisions]
    (decision,) = world.adopt(WINDOW).decisions
    assert decision.subject == ("premium", "520000", "Y1")
    assert (decision.layers, decision.figures["base"], decision.postings[0].amount) == (
        {"premium": 175_00}, 350_00, 175_00,
    )  # fmt: skip


def test_the_highest_identity_on_the_payment_date_and_no_second_subsidy(world: MatterWorld) -> None:
    world.say(world.identity("低保对象", "2022-10-01"), world.identity("特困人员", "2022-10-01", source="I2"))
    world.say(world.premium("2022-11-08"), world.premium("2022-11-09", payment_id="Y2"))
    assert world.subsidy() == ("decided", "assisted", 350_00)
    assert world.subsidy("Y2") == ("decided", "already_subsidised", 0)
    upgraded = MatterWorld(WINDOW)
    upgraded.say(upgraded.identity("低保对象", "2022-10-01"), upgraded.premium("2022-11-08"))
    upgraded.say(upgraded.identity("特困人员", "2022-12-01", source="I2"))
    assert upgraded.subsidy() == ("decided", "assisted", 175_00)


def test_a_worker_only_in_resident_insurance(world: MatterWorld) -> None:
    world.say(world.identity("深度困难职工", "2022-10-01"), world.premium("2022-11-08", insutype=None))
    assert world.subsidy() == ("held", "fact_missing", 0)
    world.say(world.premium("2022-11-08", revision=2))
    assert world.subsidy() == ("decided", "assisted", 175_00)
    world.say(world.premium("2022-11-08", revision=3, insutype="310"))
    assert world.subsidy() == ("decided", "no_premium_subsidy", 0)


def test_a_late_removal_is_a_recovery_and_a_withdrawn_payment_is_taken_back(world: MatterWorld) -> None:
    world.say(world.identity("低保对象", "2022-10-01"), world.premium("2022-11-08"))
    ended = world.say(world.identity("低保对象", "2022-10-01", 2, removed_on="2022-11-01")).decisions[0]
    assert [(each.payee, each.kind, each.amount) for each in ended.postings] == [("recovery", "adjust", -175_00)]
    world.say(world.identity("低保对象", "2022-10-01", 3))
    gone = world.say(world.premium("2022-11-08", revision=2, withdrawn=True)).decisions[0]
    assert (gone.status, gone.reason, gone.layers) == ("reversed", "withdrawn", {"premium": 0})
    paid = sum(posting.amount for outcome in world.outcomes for each in outcome.decisions for posting in each.postings)
    assert paid == 0


def test_nobody_known_to_the_law_gets_no_decision(world: MatterWorld) -> None:
    outcome = world.say(world.premium("2022-11-08"))
    assert (outcome.code, outcome.decisions, world.subsidy()[0]) == ("applied", [], "no_decision")


def test_what_stands_does_not_depend_on_the_order(world: MatterWorld) -> None:
    records = [
        world.identity("低保边缘家庭人口", "2022-10-01"),
        world.identity("因病致贫重病患者", "2022-09-01", source="I2"),
        world.identity("低保对象", "2022-12-20", source="I3"),
        world.premium("2022-11-08"),
        world.described(born_on="1990-01-01"),
    ]
    ends = []
    for order in permutations(records):
        each = MatterWorld(WINDOW)
        each.say(*order)
        ends.append(each.standing())
    assert all(end == ends[0] for end in ends)
