"""Money back that an adoption brings: one word on all above the bounds, one each below (docs/adr/0006)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.outputs.person import TaskClosed, TaskOpened
from tests.unit.ledger.bulk_world import Partitions

KEYS = [f"{n:064x}" for n in range(7)]
SIGNED = {"author": "U1", "second_signer": "U2", "document": "黔南医保〔2023〕5号", "ordered_on": "2023-07-01"}


def county(**limits: Any) -> tuple[Partitions, str]:
    """Seven persons with 700.00 each, then an adoption that leaves them 600.00."""
    world = Partitions(slice_persons_max=2, **limits)
    world.adopt(70)
    for key in KEYS:
        world.assisted(key)
    return world, world.adopt(60)


def order(world: Partitions, adoption: str | None, order_id: str = "O1", **says: Any) -> str:
    fields = {"region": "520000", "kind": "recovery", "approval": "approved", **SIGNED, **says}
    if adoption is not None:
        fields["adoption"] = adoption
    return world.say("office.ordered", order_id=order_id, **fields)


def test_above_the_bound_of_persons_one_task_opens_for_the_adoption() -> None:
    world, adoption = county(recovery_persons_max=6)
    (task,) = world.of("task.opened")
    TaskOpened.model_validate_json(_json(task))
    assert (task["kind"], task["person_key"]) == ("recoveries", adoption.removeprefix("sha256:"))
    assert (task["facts"]["persons"], task["facts"]["amount"]) == (7, "700.00")
    taken = [posting for decision in world.of("assistance.decided")[7:] for posting in decision["postings"]]
    assert [(p["payee"], p["amount"], p["pending"]) for p in taken] == [("recovery", "-100.00", True)] * 7
    assert [world.ordered(key) for key in KEYS] == [{"held": 2}] * 7


def test_above_the_bound_of_money_too() -> None:
    world, _ = county(recovery_yuan_max="699.99")
    assert [task["kind"] for task in world.of("task.opened")] == ["recoveries"]
    world, _ = county(recovery_yuan_max="700.00")
    assert [task["kind"] for task in world.of("task.opened")] == ["recovery"] * 7


def test_below_the_bounds_each_recovery_has_a_task_of_its_own() -> None:
    world, adoption = county(recovery_persons_max=7)
    tasks = world.of("task.opened")
    assert [(task["kind"], task["facts"]["amount"]) for task in tasks] == [("recovery", "100.00")] * 7
    assert {task["person_key"] for task in tasks} == set(KEYS)
    assert order(world, adoption) == "stale"


@pytest.mark.parametrize("approval", ["approved", "waived", "refused"])
def test_one_order_rules_on_all_of_them(approval: str) -> None:
    world, adoption = county(recovery_persons_max=3)
    (task,) = world.of("task.opened")
    decided = len(world.of("assistance.decided"))
    assert order(world, adoption, task_id=task["task_id"], approval=approval) == "applied"
    (closed,) = world.of("task.closed")
    TaskClosed.model_validate_json(_json(closed))
    assert (closed["task_id"], closed["because"], closed["order_id"]) == (task["task_id"], "order", "O1")
    assert [world.ordered(key) for key in KEYS] == [{approval: {"ordinary": 100_00}}] * 7
    assert len(world.of("assistance.decided")) == decided
    assert order(world, adoption, task_id=task["task_id"], approval=approval) == "repeat"
    assert order(world, adoption, "O2") == "stale"


def test_a_wrong_order_releases_nothing() -> None:
    world, adoption = county(recovery_persons_max=3)
    assert order(world, adoption, second_signer="U1") == "no_effect"
    assert order(world, adoption, task_id="another") == "no_effect"
    assert order(world, "sha256:" + "0" * 64) == "no_effect"
    assert order(world, None, decision_id="a" * 32) == "no_effect"
    assert [world.ordered(key) for key in KEYS] == [{"held": 2}] * 7


def test_a_person_whose_recovery_became_another_is_ruled_on_alone() -> None:
    world, adoption = county(recovery_persons_max=3)
    body = {"source_id": "I1", "identity": "低保对象", "revision": 2, "recognised_on": "2023-01-01"}
    world.say("identity.changed", KEYS[0], removed_on="2023-04-01", withdrawn=False, **body)
    alone = world.of("task.opened")[-1]
    assert (alone["kind"], alone["facts"]["amount"], world.ordered(KEYS[0])) == ("recovery", "700.00", {})
    assert order(world, adoption) == "applied"
    assert (world.ordered(KEYS[0]), world.ordered(KEYS[1])) == ({}, {"approved": {"ordinary": 100_00}})


def test_the_first_adoption_and_one_that_only_gives_count_nothing_or_rule_nothing() -> None:
    world = Partitions()
    world.adopt(60)
    assert "sweep.counted" not in world.seen
    world.assisted(KEYS[0])
    world.adopt(70)
    assert (world.seen.count("sweep.counted"), "recoveries.ruled" in world.seen) == (3, False)
    assert world.of("task.opened") == []


def test_a_count_that_comes_again_is_not_added_twice() -> None:
    world, adoption = county(recovery_persons_max=3)
    again = {"adoption": adoption, "of": 1, "persons": 5, "amount": "500.00"}
    assert world.say("sweep.counted", **again) == "stale"
    assert world.say("recoveries.ruled", adoption=adoption, approval="approved", after_key=KEYS[3]) == "stale"


def _json(value: dict[str, Any]) -> str:
    import json

    return json.dumps(value)
