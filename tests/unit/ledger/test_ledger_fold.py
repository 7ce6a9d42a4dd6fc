"""The fold of one journal partition: decode, decide, publish, answer once."""

from __future__ import annotations

import pytest

from tests.unit.ledger.ledger_world import OTHER, PERSON, LedgerWorld
from workers.entitlement.turn import outcome_id
from workers.errors import Stop
from workers.log.port import Record


@pytest.fixture
def world() -> LedgerWorld:
    world = LedgerWorld()
    world.adopt()
    world.identity()
    return world


def test_a_bill_is_decided_published_and_answered(world: LedgerWorld) -> None:
    answer = world.final("S1")
    (decision,) = world.of("assistance.decided")
    assert answer["outcome"] == "decided"
    assert answer["decision_ids"] == [decision["decision_id"]] == [outcome_id(PERSON, "assistance.decided", 1)]
    assert answer["layers"] == decision["layers"] == {"ordinary": "700.00", "tilt": "0.00"}
    assert decision["cause"]["type"] == "settlement.final"
    assert (decision["cause"]["partition"], decision["cause"]["offset"]) == (3, answer["offset"])
    assert decision["receipt"]["rulebook"].startswith("sha256:")
    assert decision["figures"]["own_share"] == "300.00"
    assert decision["postings"] == [{"layer": "ordinary", "payee": "hospital", "kind": "settle", "amount": "700.00"}]
    (accumulated,) = world.of("person.accumulated")
    assert accumulated["counters"] == {"ordinary_used": "700.00"}
    assert accumulated["sequence"] == 1
    topic, key, _, headers = world.emitted[-2]
    assert (topic, key) == ("medassist.person.accumulated.v1", f"{PERSON}|2023|QN".encode())
    assert headers["ce_causationid"] == b"e1"


def test_the_changelog_holds_facts_known_bill_and_year(world: LedgerWorld) -> None:
    world.final("S1")
    names = {name for group, name in world.state() if group == PERSON}
    assert names == {"facts", "known", "bill|520000|S1", "year|2023|QN"}


def test_a_repeat_writes_nothing_but_its_answer_and_arrival(world: LedgerWorld) -> None:
    first = world.final("S1")
    before = world.state()
    again = world.final("S1")
    assert again["outcome"] == "repeat"
    assert (again["decision_ids"], again["layers"]) == (first["decision_ids"], first["layers"])
    changed = {key for key, raw in world.state().items() if before.get(key) != raw}
    assert changed == {(PERSON, "facts")}
    assert len(world.of("assistance.decided")) == 1


def test_an_unknown_type_stops(world: LedgerWorld) -> None:
    with pytest.raises(Stop, match="does not know"):
        world.say("settlement.imagined")


def test_an_unknown_version_stops(world: LedgerWorld) -> None:
    raw = b'{"person_key":"%b","type":"settlement.cancel","version":2}' % PERSON.encode()
    with pytest.raises(Stop, match="does not know"):
        world.fold_one(Record("medassist.journal.v1", 3, 99, 1_800_000_000_000, PERSON.encode(), raw, []))


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"type":"settlement.final"}', b"\xff", None])
def test_what_cannot_be_read_stops(world: LedgerWorld, raw: bytes | None) -> None:
    with pytest.raises(Stop, match="offset 99"):
        world.fold_one(Record("medassist.journal.v1", 3, 99, 1_800_000_000_000, PERSON.encode(), raw, []))


def test_a_broken_field_stops_without_naming_its_value(world: LedgerWorld) -> None:
    with pytest.raises(Stop, match="in_scope_personal") as caught:
        world.final("S1", "secret-440601199001011234")
    assert "4406" not in str(caught.value)


def test_a_record_under_a_foreign_key_stops(world: LedgerWorld) -> None:
    record = world.history[-1]
    with pytest.raises(Stop, match="another key"):
        world.fold_one(record._replace(key=OTHER.encode(), offset=99))


def test_a_record_of_another_partition_stops(world: LedgerWorld) -> None:
    with pytest.raises(Stop, match="partition 3"):
        world.fold_one(world.history[-1]._replace(partition=4))


def test_counts_are_taken_once_and_only_of_what_was_committed(world: LedgerWorld) -> None:
    world.fold.take_counts()
    world.commit_each = False
    world.final("S1")
    world.drop()
    assert world.fold.take_counts() == ({}, {}, {})
    world.final("S1")
    world.commit()
    assert world.fold.take_counts() == ({"decided": 1}, {("QN", "ordinary", "assisted"): 1}, {})
    assert world.fold.take_counts() == ({}, {}, {})


@pytest.mark.parametrize("version", [b"2", b"10", b'"1"', b"1.0"])
def test_a_version_that_only_looks_known_stops(world: LedgerWorld, version: bytes) -> None:
    """The type is peeked; the model proves it."""
    raw = b'{"own_id":"C1","person_key":"%b","region":"520000","setl_id":"S1","type":"settlement.cancel","version":%b}'
    record = Record(
        "medassist.journal.v1", 3, 99, 1_800_000_000_000, PERSON.encode(), raw % (PERSON.encode(), version), []
    )
    with pytest.raises(Stop, match="offset 99"):
        world.fold_one(record)


def test_what_was_read_ahead_of_a_dropped_batch_is_forgotten(world: LedgerWorld) -> None:
    """The same offset may hold another record for the next life of the fold; only what is given counts."""
    first, second = world.history[-1], world.history[-2]
    world.fold.ahead([first._replace(offset=99)])
    world.fold.dropped()
    world.fold_one(second._replace(offset=99))
    assert world.of("journal.answered")[-1]["person_key"] is None


def test_a_record_that_cannot_be_read_stops_ahead(world: LedgerWorld) -> None:
    with pytest.raises(Stop, match="offset 99"):
        world.fold.ahead([world.history[-1], world.history[-1]._replace(value=b"{", offset=99)])
