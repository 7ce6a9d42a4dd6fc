"""Premiums and check-ups over the switch of a region: nothing is paid twice, nothing is lost without a task."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.money import text_of
from tests.unit.replay.test_replay_shadow import Shadow, assert_replayed
from tests.unit.replay.two_numbers import SIGNED
from workers.entitlement.shadow_grants import released_now, told

REGION = "440000"
SWITCH = {"mode": "live", "first_day": "2023-06-01", "region": REGION}
PREMIUM: dict[str, Any] = dict(
    type="premium.paid", region=REGION, payment_id="P1", revision=1, coverage_year=2024, paid_on="2023-05-20",
    standard="320.00", kind="basic", insutype="390", county="445202",
)  # fmt: skip
ORPHAN: dict[str, Any] = dict(
    type="identity.changed", region=REGION, source_id="I1", revision=1, identity="孤儿", recognised_on="2023-01-01"
)


class Grants(Shadow):
    def ruled(self, psn_no: str, order_id: str, decision_id: str, **says: Any) -> str:
        body = {"type": "office.ordered", "order_id": order_id, "kind": "shadow_bill", "region": REGION, **SIGNED}
        return str(self.say(psn_no, **(body | {"decision_id": decision_id, "approval": "approved"} | says))["outcome"])

    def net(self) -> dict[str, str]:
        """What each payee has of all grants, zeros left out."""
        found: Counter[str] = Counter()
        for each in self.collector.postings:
            assert each.subject is not None
            found[each.payee] += int(each.amount.replace(".", ""))
        return {payee: text_of(amount) for payee, amount in found.items() if amount}

    def task(self) -> dict[str, Any]:
        (task,) = self.open_tasks("shadow_changed")
        assert "bill" not in task
        facts: dict[str, Any] = task["facts"]
        return facts

    def live(self) -> None:
        assert self.switch("M2", **SWITCH) == "applied"
        self.close_day("2023-06-05")

    def last(self) -> dict[str, Any]:
        return self.values["assistance.decided"][-1]


@pytest.fixture
def grants() -> Grants:
    """In shadow from the beginning; a contribution of an orphan (JY-7.1a: all of it), left with the platform."""
    made = Grants()
    made.close_day("2023-04-30")
    assert made.switch("M1", mode="shadow", region=REGION) == "applied"
    made.say("A", **ORPHAN)
    made.say("A", **PREMIUM)
    return made


def test_what_stays_as_it_was_is_the_platforms(grants: Grants) -> None:
    assert grants.net() == {"shadow": "320.00"}
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "330.00"})  # still in shadow: nobody is asked
    grants.live()
    grants.say("A", **ORPHAN | {"revision": 2, "county": "445202"})
    assert (grants.net(), grants.open_tasks("shadow_changed")) == ({"shadow": "330.00"}, [])


def test_what_changes_after_the_switch_asks_and_pays_what_was_not_left_with_the_platform(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "380.00"})
    assert grants.net() == {"shadow": "380.00"}
    facts = grants.task()
    told = {name: facts[name] for name in ("subject", "subject_id", "was", "would_pay")}
    assert told == {"subject": "premium", "subject_id": "P1", "was": "320.00", "would_pay": "380.00"}
    assert grants.ruled("A", "R1", facts["decision_id"]) == "applied"
    assert grants.net() == {"upstream": "320.00", "person": "60.00"}
    last = grants.last()
    assert (last.get("mode"), last["delta"]["premium"], last["payable"]) == (None, "0.00", {"premium": "60.00"})
    assert last["paid_upstream"] == {"stated": "320.00", "counted": "320.00", "beyond": "0.00"}
    assert last["steps"]
    assert grants.open_tasks("shadow_changed") == []
    assert grants.ruled("A", "R2", last["decision_id"]) == "no_effect"
    assert grants.ruled("A", "R3", facts["decision_id"]) == "stale"


def test_money_back_is_never_more_than_we_paid(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "380.00"})
    assert grants.ruled("A", "R1", grants.task()["decision_id"]) == "applied"
    grants.say("A", **PREMIUM | {"revision": 3, "standard": "350.00"})
    assert grants.net() == {"upstream": "320.00", "person": "60.00", "recovery": "-30.00"}
    grants.say("A", **ORPHAN | {"revision": 2, "withdrawn": True})
    assert grants.net() == {"person": "60.00", "recovery": "-60.00"}
    grants.say("A", **ORPHAN | {"revision": 3})
    assert grants.net() == {"upstream": "320.00", "person": "60.00", "recovery": "-30.00"}
    assert grants.last()["payable"] == {"premium": "30.00"}


def test_one_that_stays_with_the_platform_asks_again_only_when_it_changes(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "380.00"})
    assert grants.ruled("A", "R1", grants.task()["decision_id"], approval="refused") == "applied"
    assert (grants.net(), grants.open_tasks("shadow_changed")) == ({"shadow": "380.00"}, [])
    grants.say("A", **ORPHAN | {"revision": 2, "withdrawn": True})
    grants.say("A", **ORPHAN | {"revision": 3})
    assert grants.open_tasks("shadow_changed") == []
    grants.say("A", **PREMIUM | {"revision": 3, "standard": "320.00"})
    assert grants.task()["was"] == "380.00"


def test_a_late_contribution_of_before_is_not_lost_and_the_officer_may_say_what_we_pay(grants: Grants) -> None:
    grants.live()
    grants.say("B", **ORPHAN)
    grants.say("B", **PREMIUM | {"payment_id": "P2"})
    facts = grants.task()
    assert (facts["was"], facts["would_pay"], facts["subject_id"]) == ("0.00", "320.00", "P2")
    too_much, nothing = ({"amounts": {"premium": amount}} for amount in ("320.01", "0.00"))
    assert grants.ruled("B", "R1", facts["decision_id"], decision=too_much) == "no_effect"
    assert grants.ruled("B", "R2", facts["decision_id"], decision=nothing) == "no_effect"
    assert grants.ruled("B", "R3", facts["decision_id"], second_signer="E1") == "no_effect"
    assert grants.ruled("B", "R4", facts["decision_id"], decision={"amounts": {"premium": "100.00"}}) == "applied"
    assert grants.net() == {"shadow": "320.00", "upstream": "220.00", "person": "100.00"}


def test_what_is_less_than_was_left_is_nothing_to_pay(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "280.00"})
    facts = grants.task()
    assert grants.ruled("A", "R1", facts["decision_id"]) == "no_effect"
    assert grants.ruled("A", "R2", facts["decision_id"], approval="refused") == "applied"
    assert grants.net() == {"shadow": "280.00"}


def test_a_grant_that_is_gone_asks_nobody(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "380.00"})
    grants.say("A", **PREMIUM | {"revision": 3, "standard": "380.00", "withdrawn": True})
    assert (grants.net(), grants.open_tasks("shadow_changed")) == ({}, [])


def test_an_order_between_an_adoption_and_its_sweep_pays_what_the_officer_saw() -> None:
    """The word is carried out on the amounts of the decision it names; what a new law changes follows it."""
    entry: dict[str, Any] = {"layers": {"premium": 200_00}, "shadow": True, "release": {"premium": 320_00 - 60_00}}
    moved = [(each.payee, each.amount) for each in released_now(entry, {"premium": 320_00})]
    assert moved == [("shadow", -320_00), ("upstream", 260_00), ("person", 60_00)]
    assert told(entry, entry["layers"]) == {"premium": 200_00}


@pytest.mark.parametrize("approval", ["waived", "refused"])
def test_what_was_left_with_the_person_is_set_off_once_and_the_rest_is_paid(approval: str) -> None:
    """320.00 stay with the person who has no right to them; 400.00 fall due later: 80.00 are still to be paid."""
    made = Grants()
    made.say("A", **ORPHAN)
    made.say("A", **PREMIUM)
    made.say("A", **ORPHAN | {"revision": 2, "withdrawn": True})
    (task,) = made.open_tasks("recovery")
    assert made.ruled("A", "R1", task["facts"]["decision_id"], kind="recovery", approval=approval) == "applied"
    made.say("A", **PREMIUM | {"revision": 2, "standard": "400.00"})
    made.say("A", **ORPHAN | {"revision": 3})
    assert made.net() == {"person": "400.00"}


def test_in_a_region_in_shadow_nothing_is_released(grants: Grants) -> None:
    assert grants.ruled("A", "R1", grants.last()["decision_id"]) == "no_effect"
    assert grants.net() == {"shadow": "320.00"}


def test_later_contributions_are_payable(grants: Grants) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"payment_id": "P2", "coverage_year": 2025, "paid_on": "2023-06-01"})
    assert grants.net() == {"shadow": "320.00", "person": "320.00"}


def test_one_that_a_late_clock_let_through_is_asked_about_at_the_switch(grants: Grants) -> None:
    grants.say("B", **ORPHAN)
    grants.say("B", **PREMIUM | {"paid_on": "2023-06-01"})  # the clock stands at the end of April
    assert grants.net() == {"shadow": "640.00"}
    assert grants.switch("M2", **SWITCH) == "applied"
    facts = grants.task()
    assert (facts["was"], facts["would_pay"]) == ("0.00", "320.00")
    grants.close_day("2023-06-05")
    assert grants.ruled("B", "R1", facts["decision_id"]) == "applied"
    assert grants.net() == {"shadow": "320.00", "person": "320.00"}


def test_a_replay_of_the_journal_makes_the_same_of_it(grants: Grants, tmp_path: Path) -> None:
    grants.live()
    grants.say("A", **PREMIUM | {"revision": 2, "standard": "380.00"})
    grants.ruled("A", "R1", grants.task()["decision_id"])
    assert_replayed(grants, tmp_path / "journal.ndjson")
