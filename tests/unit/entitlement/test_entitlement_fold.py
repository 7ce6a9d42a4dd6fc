"""Status, adoption, late facts, years, limits, and the price of an append (design §4)."""

from __future__ import annotations

import time

import pytest

from tests.unit.entitlement.small_law import REGION, SmallLaw, World, final, identity, tilt_application
from workers.entitlement.law import InForce
from workers.entitlement.records import Arrival, Cancel, Order, Revision
from workers.entitlement.turn import outcome_id


@pytest.fixture
def world() -> World:
    world = World()
    world.say(identity())
    return world


def test_before_the_first_adoption_bills_are_held_and_then_decided_in_their_order() -> None:
    world = World(adopted=False)
    world.say(identity())
    held = world.say(final("S1", 4_000_00))
    assert (held.code, held.reason, held.decisions) == ("held", "not_adopted", [])
    world.say(final("S2", 1_000_00))
    swept = world.adopt(SmallLaw())
    assert [(d.bill[1], d.delta["ordinary"]) for d in swept.decisions] == [("S1", 2_800_00), ("S2", 200_00)]
    assert {p.payee for d in swept.decisions for p in d.postings} == {"hospital"}
    assert world.adopt(world.law).decisions == []


def test_a_bill_behind_unswept_ones_never_takes_their_cap() -> None:
    world = World(adopted=False)
    world.say(identity())
    world.say(final("S1", 4_000_00))
    world.in_force = World().in_force
    outcome = world.say(final("S2", 1_000_00))
    assert [(d.bill[1], d.delta["ordinary"]) for d in outcome.decisions] == [("S1", 2_800_00), ("S2", 200_00)]
    assert outcome.decision_ids == [d.decision_id for d in outcome.decisions]


def test_what_has_no_effect_on_its_bill_yet_settles_an_unswept_person_is_applied(world: World) -> None:
    world.say(final("S1"))
    world.say(final("S2"))
    world.say(Cancel(REGION, "S2", "C1"))
    world.in_force = InForce(SmallLaw(80), 2)
    outcome = world.say(Cancel(REGION, "S2", "C2"))
    assert (outcome.code, [d.bill[1] for d in outcome.decisions]) == ("applied", ["S1"])


def test_a_bill_cancelled_before_adoption_is_decided_once_its_measure_is_known() -> None:
    world = World(adopted=False)
    world.say(final("S1"))
    outcome = world.say(Cancel(REGION, "S1", "C1"))
    assert (outcome.code, outcome.status, outcome.decisions) == ("applied", "reversed", [])
    (decision,) = world.adopt(SmallLaw()).decisions
    assert (decision.status, decision.measure, decision.postings) == ("reversed", "QN", ())


def test_a_new_rule_posts_differences_to_person_and_recovery(world: World) -> None:
    world.say(final("S1"))
    better = world.adopt(SmallLaw(80))
    assert [(p.payee, p.kind, p.amount) for p in better.decisions[0].postings] == [("person", "adjust", 100_00)]
    worse = world.adopt(SmallLaw(60))
    assert [(p.payee, p.kind, p.amount) for p in worse.decisions[0].postings] == [("recovery", "adjust", -200_00)]


def test_no_instrument_for_the_place_is_held_without_a_measure(world: World) -> None:
    outcome = world.say(final("S1", county="440703"))
    assert (outcome.code, outcome.reason, world.bill("S1").measure) == ("held", "no_instrument", None)
    assert world.say(Cancel(REGION, "S1", "C1")).decisions == []


def test_a_late_identity_pays_the_person(world: World) -> None:
    world = World()
    refused = world.say(final("S1"))
    assert (refused.code, refused.status, refused.reason) == ("decided", "decided", "no_identity")
    late = world.say(identity())
    assert (late.code, len(late.decisions)) == ("applied", 1)
    assert [(p.payee, p.amount) for p in late.decisions[0].postings] == [("person", 700_00)]
    assert late.decisions[0].supersedes == refused.decision_ids[0]


def test_a_withdrawn_identity_restores_what_was_decided_without_it(world: World) -> None:
    world = World()
    world.say(identity(name="低保边缘家庭人口", source_id="I2"))
    world.say(final("S1"))
    before = (world.bill("S1").layers, world.year())
    assert before == ({"ordinary": 630_00, "tilt": 0}, {"ordinary_used": 630_00, "deductible_used": 100_00})
    world.say(identity(1))
    assert world.bill("S1").layers["ordinary"] == 700_00
    world.say(identity(2, withdrawn=True))
    assert (world.bill("S1").layers, world.year()) == before


def test_an_application_reopens_bills(world: World) -> None:
    world.say(final("S1", 5_000_00))
    outcome = world.say(tilt_application())
    assert [(p.layer, p.payee, p.amount) for p in outcome.decisions[0].postings] == [("tilt", "person", 250_00)]


def test_facts_the_law_does_not_read_ask_no_law(world: World) -> None:
    world.say(final("S1"))
    asked = world.law.asked
    paid = {"region": "520000", "payment_id": "P1", "coverage_year": 2023, "paid_on": "2022-11-08", "kind": "basic"}
    paid |= {"standard": "400.00", "county": "522701"}
    world.say(Revision("others", "premium.paid|520000|P1", 1, paid))
    world.say(identity(2, list_month="2023-05"))
    assert world.law.asked == asked


def test_years_have_counters_of_their_own(world: World) -> None:
    world.say(final("S1", 5_000_00, discharged_on="2023-12-31"))
    outcome = world.say(final("S2", 5_000_00, discharged_on="2024-01-01"))
    assert outcome.layers == {"ordinary": 3_000_00, "tilt": 0}
    assert (world.year(2023), world.year(2024)) == ({"ordinary_used": 3_000_00}, {"ordinary_used": 3_000_00})


def test_a_record_below_the_last_arrival_takes_its_own_place(world: World) -> None:
    world.say(final("S1", 4_000_00))
    late = world.say(final("S0", 4_000_00), Arrival(1, 0, 0))
    assert late.layers == {"ordinary": 2_800_00, "tilt": 0}
    assert world.bill("S1").layers["ordinary"] == 200_00
    assert world.facts().arrival == (1_002, 0, 2)


def test_a_bill_that_loses_a_fact_gives_its_money_back(world: World) -> None:
    world.say(final("S1"))
    rival = world.say(final("S1", county="440703")).opened[0]
    order = Order("O1", "conflict_resolved", rival.task_id, REGION, "S1", str(rival.facts["rival"]), None, {})
    outcome = world.say(order)
    (decision,) = outcome.decisions
    assert (decision.status, decision.reason, decision.measure) == ("held", "no_instrument", "QN")
    assert [(p.payee, p.kind, p.amount) for p in decision.postings] == [("hospital", "adjust", -700_00)]
    assert (world.bill("S1").status, world.year()) == ("held", {})


def test_a_bill_that_needs_a_person_opens_a_task_that_an_order_ends(world: World) -> None:
    outcome = world.say(final("S1", 1_000_00, exclusion="other"))
    assert (outcome.code, outcome.status, outcome.decisions) == ("needs_person", "needs_person", [])
    (task,) = outcome.opened
    too_much = Order("O0", "needs_person", task.task_id, REGION, "S1", None, {"ordinary": 1_000_01}, {"n": 0})
    assert world.say(too_much).code == "no_effect"
    order = Order("O1", "needs_person", task.task_id, REGION, "S1", None, {"ordinary": 300_00}, {"n": 1})
    decided = world.say(order)
    assert (decided.code, decided.status, decided.layers) == ("applied", "decided", {"ordinary": 300_00})
    assert decided.decisions[0].figures["own_share"] == 0
    assert [end.because for end in decided.closed] == ["order"]
    assert world.year() == {"ordinary_used": 300_00}
    assert world.say(order).code == "repeat"
    assert world.say(order._replace(body={"n": 2})).code == "conflict"
    assert world.say(order._replace(order_id="O2", task_id=None)).code == "stale"


def test_a_task_whose_cause_is_gone_closes_itself(world: World) -> None:
    world.say(final("S1", 1_000_00, exclusion="other"))
    outcome = world.say(Cancel(REGION, "S1", "C1"))
    assert [(end.kind, end.because) for end in outcome.closed] == [("needs_person", "cause_gone")]


def test_an_order_closes_a_task_but_never_one_about_a_bill(world: World) -> None:
    task = world.say(final("S1", 1_000_00, exclusion="other")).opened[0]
    assert world.say(Order("O1", "task_closed", task.task_id, body={})).code == "no_effect"
    limit = world.say(identity(1, removed_on="2023-04-01")).opened[0]
    assert world.say(Order("O2", "task_closed", limit.task_id, body={})).code == "applied"
    assert list(world.facts().tasks) == [task.task_id]


def test_an_order_about_an_older_revision_is_stale(world: World) -> None:
    world.say(identity(2))
    task = world.say(identity(2, removed_on="2023-04-01")).opened[0]
    older = Order("O1", "task_closed", task.task_id, body={}, fact_revision=1)
    assert world.say(older).code == "stale"
    assert world.say(older._replace(fact_revision=2)).code == "repeat"  # what was answered never acts later
    assert world.say(older._replace(order_id="O2", fact_revision=2)).code == "applied"


def test_a_corrected_discharge_moves_the_bill_to_the_other_year(world: World) -> None:
    """The amounts are the same, yet the year they belong to is not: the last decision has to say so."""
    world.say(final("S1", discharged_on="2023-12-31"))
    task = world.say(final("S1", discharged_on="2024-01-01")).opened[0]
    outcome = world.say(Order("O1", "conflict_resolved", None, REGION, "S1", str(task.facts["rival"]), None, {}))
    (decision,) = outcome.decisions
    assert (decision.year, decision.benefit_date, decision.delta["ordinary"]) == (2024, "2024-01-01", 0)
    assert (world.year(2023), world.year(2024)) == ({}, {"ordinary_used": 700_00})


def test_orders_of_later_kinds_have_no_effect(world: World) -> None:
    assert world.say(Order("O1", "recovery", body={})).code == "no_effect"


def test_too_many_bills_need_a_person(world: World) -> None:
    world.bounds.bills_per_person_max = 2
    world.say(final("S1"))
    world.say(final("S2"))
    outcome = world.say(final("S3"))
    assert (outcome.code, [task.kind for task in outcome.opened]) == ("needs_person", ["limit"])
    assert (world.facts().bills, world.say(final("S4")).opened, world.say(final("S2")).code) == (2, [], "repeat")


def test_facts_without_end_need_a_person(world: World) -> None:
    setl_ids = [f"S{number:060d}" for number in range(500)]
    codes = []
    for number in range(20):
        body = {"application_id": f"A{number}", "kind": "tilt", "applied_on": "2023-05-01", "setl_ids": setl_ids}
        codes.append(world.say(Revision("applications", f"{REGION}|A{number}", 1, body)).code)
    assert codes[0] == "applied"
    assert codes[-1] == "needs_person"
    assert [task["kind"] for task in world.facts().tasks.values()] == ["limit"]
    assert len(world.memory.state["known"]) < 650_000


def test_tasks_without_end_become_one_about_their_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.entitlement.turn.TASKS_MAX", 2)
    for number in range(4):
        assert world.say(final(f"S{number}", exclusion="other")).code == "needs_person"
    assert [task["kind"] for task in world.facts().tasks.values()] == ["needs_person", "needs_person", "limit"]
    for number in range(4):
        assert world.say(Cancel(REGION, f"S{number}", "C1")).status == "reversed"
    assert [task["kind"] for task in world.facts().tasks.values()] == ["limit"]


def test_sequences_have_no_gap_and_ids_are_theirs(world: World) -> None:
    world.say(final("S1", 4_000_00))
    world.say(final("S2", 1_000_00))
    world.say(Cancel(REGION, "S1", "C1"))
    world.say(identity(2, withdrawn=True))
    decisions = [d for outcome in world.outcomes for d in outcome.decisions]
    assert [d.sequence for d in decisions] == [1, 2, 3, 4, 5]
    assert [d.decision_id for d in decisions] == [outcome_id("a" * 64, "assistance.decided", n) for n in range(1, 6)]
    assert len(decisions[0].decision_id) == 32


def test_an_id_is_the_base32_of_the_hash() -> None:
    from base64 import b32encode
    from hashlib import sha256

    for sequence in range(50):
        digest = sha256(b"key\x00topic\x00%d" % sequence).digest()[:20]
        assert outcome_id("key", "topic", sequence) == b32encode(digest).decode().lower()


def test_an_append_never_looks_at_the_bills_before(world: World) -> None:
    """O(1): no scan of the person's names, one question to the law, and flat time from 1 to 1,000 bills."""
    costs = {}
    for number in range(1, 1_001):
        scans, asked = world.memory.scans, world.law.asked
        started = time.perf_counter()
        world.say(final(f"S{number}", 1_00))
        costs[number] = time.perf_counter() - started
        assert (world.memory.scans, world.law.asked) == (scans, asked + 1)
    early = sorted(costs[n] for n in range(2, 102))[50]
    late = sorted(costs[n] for n in range(901, 1_001))[50]
    assert late < 3 * early
