"""A trial says what a settle would say, from committed state, and leaves no trace."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from schemas.outputs.quote import QuoteAnswered, QuoteRequested
from tests.unit.ledger.ledger_world import PERSON, REGION, LedgerWorld, bill_body, load
from workers.entitlement.alias import ALIAS, Alias
from workers.ledger import quotes
from workers.ledger.quotes import Quoter, SentOn, Unanswerable, quote_bytes
from workers.runtime.position import Position

AT = Position("4a7c9e10-1f2b-4c3d-8e5f-60718293a4b5", 10_000, 1_700_000_010_000)


def asked(setl_id: str, own_payment: str = "1000.00", person: str = PERSON, **fields: Any) -> QuoteRequested:
    value = {
        "type": "quote.requested", "version": 1, "quote_id": "Q1", "person_key": person, "region": REGION,
        "bill": bill_body(setl_id, own_payment) | fields, "asked_at": "2023-05-06T12:00:00+08:00",
    }  # fmt: skip
    return QuoteRequested.model_validate_json(quote_bytes(value))


def quote(world: LedgerWorld, request: QuoteRequested) -> dict[str, Any]:
    value = Quoter(world.settings, load).answer(request, 3, world.store, AT)
    assert not isinstance(value, SentOn)
    QuoteAnswered.model_validate_json(quote_bytes(value))
    return value


def test_a_trial_says_what_the_settle_then_decides() -> None:
    """Over random histories: the answer to the trial is the state of the bill once it is settled."""
    dice = random.Random(5)
    world = LedgerWorld()
    world.adopt()
    for number in range(60):
        person = dice.choice(["a" * 64, "b" * 64])
        if dice.random() < 0.2:
            world.identity(person, revision=number + 1, recognised_on=f"2023-0{dice.randint(1, 9)}-01")
            continue
        amount = f"{dice.randint(1, 90_000) / 100:.2f}"
        told = quote(world, asked(f"S{number}", amount, person))
        before = world.state()
        settled = world.final(f"S{number}", amount, person)
        decided = world.of("assistance.decided")[-1]
        assert (told["status"], told["reason"], told["layers"]) == (
            settled["status"], settled["reason"], settled["layers"],
        )  # fmt: skip
        if settled["decision_ids"]:
            assert told["figures"] == decided["figures"]
            assert orjson.loads(orjson.dumps(told["steps"])) == decided["steps"]
            assert told["receipt"] == decided["receipt"]
        assert world.state() != before


def test_a_trial_leaves_no_trace() -> None:
    world = LedgerWorld()
    world.adopt()
    world.identity()
    world.final("S1")
    before, emitted = world.state(), len(world.emitted)
    first = quote(world, asked("S2"))
    assert quote(world, asked("S2")) == first
    assert (world.state(), len(world.emitted)) == (before, emitted)
    assert first["position"] == {"incarnation": AT.incarnation, "partition": 3, "offset": AT.offset}


def test_a_trial_sees_what_is_committed_and_not_the_open_batch() -> None:
    world = LedgerWorld()
    world.adopt()
    alone = quote(world, asked("S2"))
    world.commit_each = False
    world.identity()
    assert quote(world, asked("S2")) == alone
    world.commit()
    assert quote(world, asked("S2"))["reason"] != alone["reason"]


def test_before_an_adoption_the_answer_is_held() -> None:
    told = quote(LedgerWorld(), asked("S1"))
    assert (told["status"], told["reason"], told["layers"]) == ("held", "not_adopted", {})
    assert told["receipt"]["rulebook"] is None


def test_a_bill_that_is_stored_already_is_told_as_it_stands() -> None:
    world = LedgerWorld()
    world.adopt()
    world.identity()
    settled = world.final("S1")
    told = quote(world, asked("S1"))
    assert (told["status"], told["layers"]) == (settled["status"], settled["layers"])


def test_a_person_with_another_key_is_asked_for_there() -> None:
    world = LedgerWorld()
    world.store.put(PERSON, ALIAS, Alias(to="c" * 64).pack())
    assert Quoter(world.settings, load).answer(asked("S1"), 3, world.store, AT) == SentOn("c" * 64)


def test_a_person_with_very_many_bills_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    world = LedgerWorld()
    world.adopt()
    for number in range(3):
        world.final(f"S{number}")
    monkeypatch.setattr(quotes, "BILLS_MAX", 2)
    with pytest.raises(Unanswerable, match="too_many_bills"):
        Quoter(world.settings, load).answer(asked("S9"), 3, world.store, AT)
