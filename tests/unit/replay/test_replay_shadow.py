"""A region in shadow decides everything and pays nothing; after the switch nothing is paid twice, nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.replay.test_replay_closed_years import Kept
from tests.unit.replay.two_numbers import ADOPTION, REGION, SIGNED, bill, identity
from workers.journal.export import line_of
from workers.replay.lines import Line, read_lines

SWITCH = {"mode": "live", "first_day": "2023-06-01"}
FIRST = {"mode": "shadow"}


class Shadow(Kept):
    def switch(self, order_id: str, **says: Any) -> str:
        """The answer of partition 0 to an order about the region's mode."""
        body = {"type": "office.ordered", "version": 1, "region": REGION, "order_id": order_id, "kind": "region_mode"}
        value = body | {**SIGNED} | says
        before = len(self.values["journal.answered"])
        self.run([Line(self.said, "office.ordered", order_id.encode(), orjson.dumps(value), (), None)], ADOPTION)
        return str(self.values["journal.answered"][before]["outcome"])

    def released(self, psn_no: str, setl_id: str, order_id: str = "R1", **says: Any) -> str:
        event = {"type": "office.ordered", "order_id": order_id, "kind": "shadow_bill", "setl_id": setl_id, **SIGNED}
        return str(self.say(psn_no, **(event | {"approval": "approved"} | says))["outcome"])

    def open_tasks(self, kind: str) -> list[dict[str, Any]]:
        closed = {task["task_id"] for task in self.values["task.closed"]}
        return [t for t in self.values["task.opened"] if t["kind"] == kind and t["task_id"] not in closed]

    def posted(self, setl_id: str) -> dict[str, str]:
        """Net postings of a bill by payee, yuan, zeros left out."""
        nets: dict[str, float] = {}
        for each in self.collector.postings:
            if each.setl_id == setl_id:
                nets[each.payee] = nets.get(each.payee, 0) + float(each.amount)
        return {payee: f"{net:.2f}" for payee, net in nets.items() if round(net, 2)}


@pytest.fixture
def shadow() -> Shadow:
    """In shadow from the beginning; one bill of 特困人员 (100 %) on which the platform paid 600.00 of 1,000.00."""
    made = Shadow()
    made.close_day("2023-04-30")
    assert made.switch("M1", **FIRST) == "applied"
    made.say("A", **identity())
    made.say("A", **bill("S1", assistance_paid_upstream="600.00"))
    return made


def test_everything_is_decided_and_nothing_is_payable(shadow: Shadow) -> None:
    decision = shadow.values["assistance.decided"][-1]
    assert (decision["layers"]["ordinary"], decision["mode"]) == ("1000.00", "shadow")
    assert decision["payable"] == {"ordinary": "0.00", "tilt": "0.00"}
    assert decision["paid_upstream"] == {"stated": "600.00", "counted": "600.00", "beyond": "0.00"}
    assert shadow.posted("S1") == {"upstream": "600.00", "shadow": "400.00"}
    assert decision["steps"][-1] == ["shadow", "not_payable", [40000]]
    answer = shadow.values["journal.answered"][-1]
    assert (answer["mode"], answer["payable"]["ordinary"]) == ("shadow", "0.00")
    assert shadow.values["person.accumulated"][-1]["counters"]["ordinary_used"] == "1000.00"
    assert shadow.values["task.opened"] == []


def test_no_payee_of_money_appears_in_shadow_whatever_happens(shadow: Shadow) -> None:
    shadow.say("A", **identity(revision=2, removed_on="2023-02-01"))
    shadow.say("A", **identity(revision=3))
    shadow.say("A", type="settlement.cancel", setl_id="S1", own_id="C1")
    shadow.say("A", type="settlement.reinstate", setl_id="S1", cancel_own_id="C1", own_id="R1")
    assert {posting.payee for posting in shadow.collector.postings} == {"upstream", "shadow"}
    assert shadow.posted("S1") == {"upstream": "600.00", "shadow": "400.00"}
    assert shadow.values["task.opened"] == []


def test_later_bills_are_payable_and_those_of_before_stay_with_the_platform(shadow: Shadow) -> None:
    assert shadow.switch("M2", **SWITCH) == "applied"
    shadow.close_day("2023-06-05")
    shadow.say("A", **bill("S2", day="2023-06-01"))
    shadow.say("A", **bill("S3", day="2023-05-31"))
    assert shadow.posted("S2") == {"hospital": "1000.00"}
    assert shadow.posted("S1") == {"upstream": "600.00", "shadow": "400.00"}
    assert shadow.posted("S3") == {"shadow": "1000.00"}
    assert shadow.person("A").settlements["S2"].mode is None
    assert shadow.person("A").settlements["S1"].mode == "shadow"
    # a late bill of before that nobody has paid is not lost: an officer is asked
    (task,) = shadow.open_tasks("shadow_changed")
    assert (task["bill"]["setl_id"], task["facts"]["would_pay"]) == ("S3", "1000.00")


def test_a_correction_over_the_switch_pays_only_by_an_officers_word(shadow: Shadow) -> None:
    shadow.say("B", **bill("T1", assistance_paid_upstream="0.00"))  # no identity known: 0.00 on both sides
    shadow.switch("M2", **SWITCH)
    shadow.close_day("2023-06-05")
    shadow.say("B", **identity(source_id="I2"))
    assert shadow.posted("T1") == {"shadow": "1000.00"}
    (task,) = shadow.open_tasks("shadow_changed")
    assert (task["facts"]["was"], task["facts"]["would_pay"]) == ("0.00", "1000.00")
    assert shadow.released("B", "T1", task_id=task["task_id"]) == "applied"
    assert shadow.posted("T1") == {"person": "1000.00"}
    assert shadow.open_tasks("shadow_changed") == []
    last = shadow.values["assistance.decided"][-1]
    assert (last.get("mode"), last["delta"]["ordinary"]) == (None, "0.00")
    assert shadow.released("B", "T1", "R2") == "no_effect"
    shadow.say("B", **identity(source_id="I2", revision=2, withdrawn=True))
    assert shadow.posted("T1") == {"person": "1000.00", "recovery": "-1000.00"}


def test_what_is_left_with_the_platform_asks_again_only_when_it_changes(shadow: Shadow) -> None:
    shadow.switch("M2", **SWITCH)
    shadow.close_day("2023-06-05")
    shadow.say("A", **bill("S3", day="2023-05-31"))
    (task,) = shadow.open_tasks("shadow_changed")
    assert shadow.released("A", "S3", approval="refused", decision_id=task["facts"]["decision_id"]) == "applied"
    assert shadow.open_tasks("shadow_changed") == []
    shadow.say("A", **bill("S4", day="2023-06-02"))
    assert shadow.open_tasks("shadow_changed") == []
    shadow.say("A", **identity(revision=2, removed_on="2023-03-20"))
    shadow.say("A", **identity(revision=3))
    assert shadow.open_tasks("shadow_changed") == []  # both stand again at what was left with the platform
    shadow.say("A", **identity("低保对象", "I3"))
    shadow.say("A", **identity(revision=4, removed_on="2023-03-20"))
    assert {task["bill"]["setl_id"] for task in shadow.open_tasks("shadow_changed")} == {"S1", "S3"}


def test_a_region_in_shadow_releases_nothing(shadow: Shadow) -> None:
    assert shadow.released("A", "S1") == "no_effect"
    assert shadow.posted("S1") == {"upstream": "600.00", "shadow": "400.00"}


def test_the_switch_comes_before_its_first_day_and_from_two_officers(shadow: Shadow) -> None:
    shadow.close_day("2023-06-01")
    assert shadow.switch("M2", **SWITCH) == "no_effect"
    assert shadow.switch("M3", mode="live", first_day="2023-06-02") == "no_effect"  # that day is open already
    assert shadow.switch("M4", mode="live", first_day="2023-06-03", second_signer="E1") == "no_effect"
    assert shadow.switch("M5", mode="live", first_day="2023-06-03") == "applied"
    assert shadow.switch("M5", mode="live", first_day="2023-06-03") == "repeat"
    assert shadow.switch("M5", mode="live", first_day="2023-06-04") == "conflict"


def test_without_a_clock_no_region_begins_to_pay() -> None:
    assert Shadow().switch("M2", **SWITCH) == "no_effect"


def test_a_county_of_a_region_may_go_first(shadow: Shadow) -> None:
    assert shadow.switch("M2", **SWITCH, county="522702") == "applied"
    shadow.say("A", **bill("S2", day="2023-06-02"))
    shadow.say("A", **bill("S3", day="2023-06-02", county="522702"))
    assert (shadow.posted("S2"), shadow.posted("S3")) == ({"shadow": "1000.00"}, {"hospital": "1000.00"})


def test_the_day_may_be_that_of_the_settlement(shadow: Shadow) -> None:
    shadow.switch("M2", **SWITCH, counted_by="settled_on")
    shadow.say("A", **bill("S2", day="2023-05-31", settled_on="2023-06-02"))
    shadow.say("A", **bill("S3", day="2023-05-31", settled_on="2023-05-31"))
    assert (shadow.posted("S2"), shadow.posted("S3")) == ({"hospital": "1000.00"}, {"shadow": "1000.00"})


def test_back_into_shadow_stops_what_is_not_decided_yet_and_leaves_what_is(shadow: Shadow) -> None:
    shadow.switch("M2", **SWITCH)
    shadow.say("A", **bill("S2", day="2023-06-02"))
    assert shadow.switch("M3", **FIRST) == "applied"
    shadow.say("A", **bill("S3", day="2023-06-02"))
    assert (shadow.posted("S2"), shadow.posted("S3")) == ({"hospital": "1000.00"}, {"shadow": "1000.00"})
    shadow.say("A", **identity(revision=2, removed_on="2023-05-01"))
    assert shadow.posted("S2") == {"hospital": "1000.00", "recovery": "-1000.00"}


def test_bills_that_a_late_clock_let_through_are_asked_about_at_the_switch(shadow: Shadow) -> None:
    """Nobody may have paid them: the platform stopped at the first day, we had not begun."""
    shadow.say("A", **bill("S2", day="2023-06-01"))
    assert shadow.posted("S2") == {"shadow": "1000.00"}
    assert shadow.switch("M2", **SWITCH) == "applied"
    (task,) = shadow.open_tasks("shadow_changed")
    assert task["bill"]["setl_id"] == "S2"
    assert shadow.open_tasks("upstream_more") == []


def test_a_bill_that_was_held_gets_its_mode_with_its_first_decision(shadow: Shadow) -> None:
    held = {name: value for name, value in bill("S2", day="2023-06-02").items() if name != "designated"}
    shadow.say("A", **held)
    shadow.switch("M2", mode="live", first_day="2023-06-02")
    shadow.say("A", **bill("S2", day="2023-06-02"))
    assert shadow.posted("S2") == {"hospital": "1000.00"}


def test_a_merge_keeps_the_mode_of_each_bill(shadow: Shadow) -> None:
    shadow.switch("M2", **SWITCH)
    shadow.say("B", **identity(source_id="I2"))
    shadow.say("B", **bill("T1", day="2023-06-02"))
    shadow.merge("A", "B")
    assert shadow.posted("S1") == {"upstream": "600.00", "shadow": "400.00"}
    assert shadow.posted("T1") == {"hospital": "1000.00"}


def test_a_replay_of_the_journal_makes_the_same_of_it(shadow: Shadow, tmp_path: Path) -> None:
    """The mode lies in the ledger's state: an export alone says which bills are payable."""
    shadow.switch("M2", **SWITCH)
    shadow.close_day("2023-06-05")
    shadow.say("A", **bill("S2", day="2023-06-02"))
    shadow.say("A", **bill("S3", day="2023-05-31"))
    assert_replayed(shadow, tmp_path / "journal.ndjson")


def assert_replayed(shadow: Shadow, journal: Path) -> None:
    """A replay of the exported journal ends with the same state, byte for byte."""
    journal.write_bytes(b"".join(map(line_of, sorted(shadow.folded, key=lambda each: (each.partition, each.offset)))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shadow, "adopt", lambda *_: None)  # the export holds the adoption
        again = Shadow()
    again.run(read_lines(journal, "medassist"), ADOPTION)
    for one, other in zip(again.partitions, shadow.partitions, strict=True):
        groups = sorted(one.store.groups())
        assert groups == sorted(other.store.groups())
        assert [dict(one.store.names(name)) for name in groups] == [dict(other.store.names(name)) for name in groups]


@pytest.mark.parametrize("says", [{"mode": "live"}, {"mode": "night"}, {}])
def test_an_order_that_says_no_mode_or_no_day_is_refused(says: dict[str, str]) -> None:
    shadow = Shadow()
    body = {"type": "office.ordered", "version": 1, "region": REGION, "order_id": "M1", "kind": "region_mode", **SIGNED}
    line = Line(1, "office.ordered", b"M1", orjson.dumps(body | says), (), None)
    shadow.run([line], ADOPTION)
    assert [refused.reason for refused in shadow.refused] in (["bad_field"], ["unknown_code"])
