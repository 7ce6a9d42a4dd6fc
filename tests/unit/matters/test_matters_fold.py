"""What goes out of matters: once, with every change, down at the end, whatever the order."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.unit.matters.matter_world import MatterWorld
from workers.entitlement.records import Order, PersonRecord

FIGURES = {
    "QN": {
        "warning_falling_back": "5000.00", "warning_falling_in": "10000.00", "referral_own_burden": "8000.00",
        "collection_window_last_day": {"2023": "2022-12-31"},
    }
}  # fmt: skip


@pytest.fixture
def world() -> MatterWorld:
    return MatterWorld(FIGURES)


def kinds(world: MatterWorld) -> list[str]:
    return [raised.alert.kind for outcome in world.outcomes for raised in outcome.alerts]


def test_an_alert_is_raised_once_and_only_stops_standing(world: MatterWorld) -> None:
    world.say(world.bill("S1", 10_000_01), world.bill("S2", 1_00), world.cancel("S1"))
    assert kinds(world) == ["falling_in"]
    assert world.standing()[2] == []
    world.say(world.bill("S3", 11_000_00))
    assert kinds(world) == ["falling_in"]
    assert world.standing()[2] == ["falling_in:2023:1000000"]


def test_the_burden_is_kept_for_people_without_an_identity_in_their_facts_alone(world: MatterWorld) -> None:
    world.say(world.bill("S1", 100_00), world.bill("S2", 50_00, "2024-02-01"))
    assert world.facts.burdens == {
        "2023|QN|in_scope_after_all": 100_00, "2024|QN|in_scope_after_all": 50_00,
    }  # fmt: skip
    assert set(world.memory.state) == {"facts", "bill|520000|S1", "bill|520000|S2"}


def test_an_append_reads_no_bill_before(world: MatterWorld) -> None:
    for number in range(20):
        world.say(world.bill(f"S{number}", 900_00))
    scans = world.memory.scans
    world.say(world.bill("S99", 900_00))
    assert world.memory.scans == scans
    assert kinds(world) == ["falling_in"]


def test_a_held_bill_counts_when_it_is_decided(world: MatterWorld) -> None:
    world.say(world.identity("低保对象", "2023-01-01"), world.bill("S1", 20_000_00, insurance_settled=False))
    assert world.facts.burdens == {}
    world.say(world.bill("S1", 20_000_00))
    assert world.facts.burdens == {"2023|QN|in_scope_after_all": 6_000_00}
    assert kinds(world) == ["falling_back"]


def test_a_flag_goes_out_with_each_change_and_down_at_the_end(world: MatterWorld) -> None:
    world.say(world.enrolment("2022-11-01"), world.identity("低保对象", "2023-02-01"))
    world.say(world.identity("低保对象", "2023-02-01", 2, removed_on="2023-09-01"))
    world.say(world.identity("低保对象", "2023-02-01", 3, withdrawn=True))
    sent = [each for outcome in world.outcomes for each in outcome.flags if each.stated["kind"] == "insurer_preference"]
    assert [(each.up, each.stated.get("last_day")) for each in sent] == [
        (True, None), (True, "2023-08-31"), (False, "2023-08-31"),
    ]  # fmt: skip
    sequences = [each.sequence for outcome in world.outcomes for each in outcome.flags]
    assert sequences == list(range(1, len(sequences) + 1))
    assert world.standing()[1] == {}


def test_a_repeat_sends_nothing(world: MatterWorld) -> None:
    records = [world.identity("低保对象", "2023-02-01"), world.admission("2023-03-01"), world.premium("2022-11-08")]
    world.say(*records)
    for record in records:
        outcome = world.say(record)
        assert (outcome.code, outcome.flags, outcome.decisions, outcome.alerts) == ("repeat", [], [], [])


def test_a_task_that_an_officer_closed_is_not_opened_again(world: MatterWorld) -> None:
    world.say(world.bill("S1", 9_000_00, major_disease=True))
    (task_id,) = [task.task_id for outcome in world.outcomes for task in outcome.opened]
    world.say(Order("O1", "task_closed", task_id=task_id, body={}))
    opened = world.say(world.bill("S2", 9_000_00, major_disease=True), world.described(rural=True)).opened
    assert (opened, world.facts.tasks) == ([], {})


def test_a_recognition_closes_the_offer(world: MatterWorld) -> None:
    world.say(world.bill("S1", 9_000_00, major_disease=True))
    closed = world.say(world.identity("低保对象", "2023-02-01")).closed
    assert [(each.kind, each.because) for each in closed] == [("offer", "cause_gone")]


def test_an_adoption_reaches_people_without_bills() -> None:
    world = MatterWorld()
    world.in_force = None
    world.say(world.identity("低保对象", "2022-02-01"), world.admission("2023-03-01"))
    assert world.raised == {}
    outcome = world.adopt()
    assert {flag.stated["kind"] for flag in outcome.flags} == {"deposit_waiver", "tax_list"}
    assert world.adopt().flags == []


def test_what_stands_does_not_depend_on_the_order(world: MatterWorld) -> None:
    records: list[PersonRecord] = [
        world.identity("低保对象", "2023-02-01", removed_on="2023-11-01"),
        world.bill("S1", 20_000_00),
        world.bill("S2", 4_000_00, designated=False, major_disease=True),
        world.enrolment("2022-11-01"),
        world.application("class_recognition", "2023-12-01", county="522701"),
        world.admission("2023-03-01"),
    ]
    ends, burdens = [], []
    for order in permutations(records):
        each = MatterWorld(FIGURES)
        each.say(*order)
        ends.append(each.standing())
        burdens.append(each.facts.burdens)
    assert all(end == ends[0] for end in ends)
    assert all(burden == burdens[0] for burden in burdens)
    assert ends[0][2] == ["falling_back:2023:500000", "referral:2023:800000"]


def test_a_bill_tells_to_which_measure_of_a_province_an_identity_without_a_place_belongs() -> None:
    """Jieyang and Heshan share a province: who is insured in Jieyang is not watched by Heshan (HS-3.3b)."""
    world = MatterWorld(FIGURES, region="440000", home="445202")
    world.say(world.identity("低保对象", "2023-02-01"))
    assert [flag["measure"] for flag in world.standing()[1].values()] == ["HS"]
    world.say(world.bill("S1", 100_00))
    assert world.facts.places == ["445202"]
    assert world.standing()[1] == {}
    world.say(world.cancel("S1"))
    assert [flag["measure"] for flag in world.standing()[1].values()] == ["HS"]


def test_a_platform_of_another_pool_gives_no_matter(world: MatterWorld) -> None:
    world.say(world.identity("低保对象", "2023-02-01", region="445200"))
    assert world.standing()[1] == {}
