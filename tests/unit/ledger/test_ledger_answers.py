"""One answer to every type of journal record, and the same bytes on every replay (records.md §4)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.codec import JOURNAL_MODELS, type_of
from tests.unit.ledger.ledger_world import OTHER, PERSON, REGION, LedgerWorld
from workers.journal.record import canonical_json

ORDER = {"author": "E1", "second_signer": "E2", "document": "D1", "ordered_on": "2023-06-01"}
OPENING = {
    "balance_id": "QN-2023",
    "revision": 1,
    "measure": "QN",
    "year": 2023,
    "opened_on": "2023-07-01",
    "author": "E1",
    "second_signer": "E2",
    "document": "D1",
}
MOVE = {"from_key": OTHER, "kind": "merge", "serial": 1, "returns": False}
NOTHING = '{"known":{},"tasks":{},"parked":[],"orders":{},"absorbed":{},"arrival":null,"matters":{}}'
OURS = {"person.transferred", "bill.moved", "person.moved"}
EVERY_TYPE: dict[str, tuple[str, dict[str, Any], bool]] = {
    "settlement.cancel": ("parked", {"setl_id": "S9", "own_id": "C1"}, True),
    "settlement.reverse": ("parked", {"setl_id": "S9", "reversal_id": "V1"}, True),
    "settlement.reinstate": ("parked", {"setl_id": "S9", "cancel_own_id": "C1", "own_id": "R1"}, True),
    "checkup.recorded": (
        "applied",
        {
            "checkup_id": "K1",
            "revision": 1,
            "performed_on": "2023-05-01",
            "amount": "10.00",
            "chronic_management": True,
            "institution_code": "H1",
        },
        True,
    ),
    "identity.snapshot_closed": (
        "applied",
        {"region": REGION, "source_id": "L1", "county": "522701", "list_month": "2023-05", "count": 3},
        False,
    ),
    "application.filed": (
        "applied",
        {"application_id": "A1", "revision": 1, "kind": "tilt", "applied_on": "2023-05-01"},
        True,
    ),
    "enrolment.changed": (
        "applied",
        {
            "enrolment_id": "E1",
            "revision": 1,
            "insutype": "390",
            "county": "522701",
            "registered_on": "2023-01-01",
            "supplementary": False,
        },
        True,
    ),
    "premium.paid": (
        "applied",
        {
            "payment_id": "P1",
            "revision": 1,
            "coverage_year": 2023,
            "paid_on": "2023-01-01",
            "standard": "350.00",
            "kind": "basic",
            "county": "522701",
        },
        True,
    ),
    "person.described": ("applied", {"source_id": "D1", "revision": 1, "born_on": "1990-01-01", "rural": True}, True),
    "admission.registered": (
        "applied",
        {
            "admission_id": "N1",
            "revision": 1,
            "admitted_on": "2023-05-01",
            "county": "522701",
            "place": "in_city",
            "designated": True,
            "primary_care_first": True,
            "referral": "filed",
            "institution_code": "H1",
            "supplementary": False,
        },
        True,
    ),
    "office.ordered": (
        "no_effect",
        {"order_id": "O1", "kind": "task_closed", "task_id": "unknown", **ORDER},
        True,
    ),
    "journal.opened": ("applied", {"incarnation": "J1"}, False),
    "day.closed": ("applied", {"date": "2023-05-06"}, False),
    "day.sliced": ("applied", {"date": "2023-05-06", "after_key": ""}, False),
    "sweep.sliced": ("stale", {"adoption": "0" * 64, "after_key": ""}, False),
    "sweep.counted": ("applied", {"adoption": "0" * 64, "of": 3, "persons": 0, "amount": "0.00"}, False),
    "recoveries.ruled": ("applied", {"adoption": "0" * 64, "approval": "each", "after_key": ""}, False),
    "year.closed": ("applied", {"region": REGION, "year": 2020, "order_id": "O1", "after_key": ""}, False),
    "mode.switched": (
        "applied",
        {"region": REGION, "mode": "shadow", "counted_by": "settled_on", "order_id": "O1", "after_key": ""},
        False,
    ),
    "balance.opened": ("applied", {**OPENING, "used": {"ordinary_used": "5.00"}, "paid": "5.00"}, True),
    "person.transferred": ("applied", {"to_key": OTHER, "kind": "merge", "serial": 1}, True),
    "bill.moved": ("applied", {**MOVE, "name": "bill|520000|S1", "state": "{}"}, True),
    "person.moved": ("applied", {**MOVE, "bills": 0, "state": NOTHING}, True),
}
ELSEWHERE = {"settlement.final", "identity.changed", "rulebook.adopted"}
"""Types that the other tests of this folder are about."""


@pytest.mark.parametrize("type_", sorted(EVERY_TYPE))
def test_every_type_has_exactly_one_answer(type_: str) -> None:
    outcome, fields, of_a_person = EVERY_TYPE[type_]
    world = LedgerWorld()
    if type_ in OURS:
        record = world._record(PERSON.encode(), _ours(type_, fields), [])
        answer = world.fold_one(record)
    else:
        answer = world.say(type_, person=PERSON if of_a_person else None, **fields)
    assert answer["outcome"] == outcome
    assert answer["person_key"] == (PERSON if of_a_person else None)


def _ours(type_: str, fields: dict[str, Any]) -> bytes:
    return canonical_json({"type": type_, "version": 1, "person_key": PERSON, **fields})


def test_the_table_above_knows_every_type_of_the_journal() -> None:
    assert set(EVERY_TYPE) | ELSEWHERE == {type_of(model) for model in JOURNAL_MODELS}


def test_an_order_about_no_person_has_no_effect() -> None:
    fields = {"region": REGION, "order_id": "O1", "kind": "year_closed", "year": 2023, **ORDER}
    assert LedgerWorld().say("office.ordered", person=None, **fields)["outcome"] == "no_effect"


def test_an_order_ends_a_conflict_on_the_wire() -> None:
    world = LedgerWorld()
    world.adopt()
    world.identity()
    world.final("S1", "1000.00")
    conflict = world.final("S1", "900.00")
    (task,) = world.of("task.opened")
    assert (conflict["outcome"], conflict["tasks"]) == ("conflict", [task["task_id"]])
    answer = world.say(
        "office.ordered",
        order_id="O1",
        kind="conflict_resolved",
        setl_id="S1",
        keep_digest=task["facts"]["rival"],
        task_id=task["task_id"],
        **ORDER,
    )
    assert (answer["outcome"], answer["layers"]["ordinary"]) == ("applied", "630.00")
    assert world.of("task.closed")[0]["because"] == "order"


def test_a_moved_record_keeps_its_arrival() -> None:
    world = LedgerWorld()
    world.adopt()
    world.identity()
    world.final("S1", "4000.00")
    moved = world.history[-1]
    early = moved._replace(
        offset=900,
        value=moved.value.replace(b'"S1"', b'"S0"'),
        headers=[("arrival", b"1,0,0")],  # type: ignore[union-attr]
    )
    assert world.fold_one(early)["layers"]["ordinary"] == "2800.00"
    assert world.of("assistance.decided")[-1]["delta"]["ordinary"] == "-2600.00"


def test_replay_gives_the_same_bytes() -> None:
    """State and outputs of a second fold over the same journal, restarted and with every batch dropped once."""
    world = _history()
    again = LedgerWorld(slice_persons_max=2)
    for number, record in enumerate(world.history):
        again.commit_each = False
        again.fold_one(record)
        again.drop()
        if number % 7 == 0:
            emitted, written = again.emitted, again.written
            again = LedgerWorld(store=again.store, slice_persons_max=2)
            again.emitted, again.written = emitted, written
        again.commit_each = True
        again.fold_one(record)
    assert again.state() == world.state()
    assert again.emitted == world.emitted
    assert again.written == world.written


def _history() -> LedgerWorld:
    world = LedgerWorld(slice_persons_max=2)
    for person in (PERSON, OTHER, "c" * 64):
        world.identity(person)
        world.final("S1", "4000.00", person)
        world.final("S2", "1000.00", person)
    world.adopt(70)
    world.say("settlement.cancel", setl_id="S1", own_id="C1")
    world.say("settlement.cancel", setl_id="S9", own_id="C9")
    world.final("S1", "5000.00", OTHER)
    world.say("day.closed", person=None, date="2023-05-31")
    world.adopt(80)
    world.say("settlement.reinstate", setl_id="S1", cancel_own_id="C1", own_id="R1")
    world.identity(revision=2, removed_on="2023-05-01")
    world.say("day.closed", person=None, date="2023-07-30")
    world.final("S9", "100.00")
    world.run_derived()
    return world
