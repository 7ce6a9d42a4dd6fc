"""Adoption and re-decision in slices (records.md §6)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.unit.ledger.ledger_world import LedgerWorld
from workers.errors import Stop

KEYS = [f"{n:064x}" for n in range(5)]


@pytest.fixture
def world() -> LedgerWorld:
    """Five persons with a bill each, nothing adopted."""
    world = LedgerWorld(slice_persons_max=2)
    for key in KEYS:
        world.identity(key)
        assert world.final("S1", person=key)["reason"] == "not_adopted"
    return world


def test_held_bills_are_decided_by_slices_each_written_by_the_one_before(world: LedgerWorld) -> None:
    answer = world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    assert answer["outcome"] == "applied"
    assert world.of("assistance.decided") == []
    assert world.run_derived() == 3
    decided = world.of("assistance.decided")
    assert [decision["person_key"] for decision in decided] == KEYS
    assert {decision["cause"]["type"] for decision in decided} == {"sweep.sliced"}
    assert world.state()[("!sweep", f"sha256:{sha256(b'70').hexdigest()}")].endswith(b'"done":true}')


def test_a_slice_with_many_bills_ends_early(world: LedgerWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.ledger.sweeps.SLICE_BILLS_MAX", 1)
    world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    assert world.run_derived() == 5
    assert [decision["person_key"] for decision in world.of("assistance.decided")] == KEYS


def test_an_adoption_is_idempotent_by_hash(world: LedgerWorld) -> None:
    world.adopt(70)
    before = world.state()
    assert world.adopt(70)["outcome"] == "repeat"
    assert world.state() == before
    world.adopt(80)
    assert world.adopt(70)["outcome"] == "repeat"
    assert b'"number":2' in world.state()[("!adopted", "")]


def test_a_second_adoption_posts_differences(world: LedgerWorld) -> None:
    world.adopt(70)
    world.adopt(80)
    newest = world.of("assistance.decided")[-1]
    assert (newest["sequence"], newest["delta"]["ordinary"]) == (2, "100.00")
    assert newest["postings"] == [{"layer": "ordinary", "payee": "person", "kind": "adjust", "amount": "100.00"}]
    assert newest["receipt"]["rulebook"] == f"sha256:{sha256(b'80').hexdigest()}"


def test_a_newer_adoption_ends_a_running_sweep(world: LedgerWorld) -> None:
    world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    world.adopt(80)
    assert {decision["layers"]["ordinary"] for decision in world.of("assistance.decided")} == {"800.00"}
    assert len(world.of("assistance.decided")) == len(KEYS)
    assert "no_effect" in [answer["outcome"] for answer in world.of("journal.answered")]


def test_a_slice_that_is_not_the_next_one_is_stale(world: LedgerWorld) -> None:
    world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    first = world.journal[0]
    world.run_derived()
    before = world.state()
    assert world.fold_one(first._replace(offset=9_999))["outcome"] == "stale"
    assert world.state() == before


def test_bytes_that_do_not_have_the_hash_stop(world: LedgerWorld) -> None:
    with pytest.raises(Stop, match="hash"):
        world.say("rulebook.adopted", person=None, hash="0" * 64, instrument="QN", body="70")


def test_a_rulebook_this_release_cannot_read_stops(world: LedgerWorld) -> None:
    body = "not a number"
    with pytest.raises(Stop, match="cannot be loaded"):
        world.say("rulebook.adopted", person=None, hash=sha256(body.encode()).hexdigest(), instrument="QN", body=body)


def test_a_dropped_adoption_never_was(world: LedgerWorld) -> None:
    world.commit_each = False
    world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    assert world.final("S2", person=KEYS[0])["outcome"] == "decided"
    world.drop()
    assert world.final("S2", person=KEYS[0])["reason"] == "not_adopted"


def test_the_law_in_force_survives_a_restart(world: LedgerWorld) -> None:
    world.adopt(70)
    again = LedgerWorld(store=world.store)
    assert again.final("S2", person=KEYS[0])["layers"]["ordinary"] == "700.00"


def test_a_bill_of_an_unswept_person_settles_that_person_first(world: LedgerWorld) -> None:
    world.say("rulebook.adopted", person=None, hash=sha256(b"70").hexdigest(), instrument="QN", body="70")
    answer = world.final("S2", "4000.00", person=KEYS[4])
    assert [decision["bill"]["setl_id"] for decision in world.of("assistance.decided")] == ["S1", "S2"]
    assert answer["layers"]["ordinary"] == "2300.00"
    world.run_derived()
    assert len([d for d in world.of("assistance.decided") if d["person_key"] == KEYS[4]]) == 2
