"""A closed year: bills shrink to what must stay for ever, nobody's money moves, and what comes later is a person's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.replay.replay_files import defaults
from tests.unit.replay.two_numbers import ADOPTION, REGION, SIGNED, Numbers, bill, identity
from workers.errors import TuodiError
from workers.journal.export import line_of
from workers.log.port import Record
from workers.replay.derived import Sent
from workers.replay.lines import Line
from workers.replay.recompute import recompute, shown


class Closing(Numbers):
    def close_day(self, date: str) -> None:
        self.run([Line(self.said, "day.closed", None, orjson.dumps({"date": date}), (), None)], ADOPTION)

    def close_year(self, year: int = 2023, order_id: str = "Y1", **changes: Any) -> str:
        """The answer of partition 0 to the order."""
        body = {"type": "office.ordered", "version": 1, "region": REGION, "order_id": order_id, "kind": "year_closed"}
        value = body | {"year": year, **SIGNED, "ordered_on": "2026-01-02"} | changes
        before = len(self.values["journal.answered"])
        self.run([Line(self.said, "office.ordered", order_id.encode(), orjson.dumps(value), (), None)], ADOPTION)
        return str(self.values["journal.answered"][before]["outcome"])

    def names(self, psn_no: str) -> set[str]:
        key = self.key(psn_no)
        return {name for partition in self.partitions for name, _ in partition.store.names(key)}


class Kept(Closing):
    """Keeps the journal."""

    def __init__(self) -> None:
        self.folded: list[Record] = []
        super().__init__()

    def _fold(self, partition: Any, record: Record) -> list[Sent]:
        self.folded.append(record)
        return super()._fold(partition, record)


@pytest.fixture
def numbers() -> Closing:
    """One bill of 2023, one of 2024, one of 2023 that is held."""
    made = Closing()
    made.say("A", **identity())
    made.say("A", **bill("S1", "45000.00", in_scope="90000.00"))
    made.say("A", **bill("S2", day="2024-02-01"))
    held = {name: value for name, value in bill("S3").items() if name != "designated"}
    made.say("A", **held)
    made.close_day("2025-12-31")
    return made


def test_nothing_moves_and_the_bill_is_small(numbers: Closing) -> None:
    before, decisions = numbers.amounts("A"), len(numbers.values["assistance.decided"])
    assert numbers.close_year() == "applied"
    assert numbers.amounts("A") == before
    assert len(numbers.values["assistance.decided"]) == decisions
    assert {"closed|522700|S1", "bill|522700|S2", "bill|522700|S3"} <= numbers.names("A")
    assert "bill|522700|S1" not in numbers.names("A")
    (raw,) = (dict(p.store.names(numbers.key("A"))).get("closed|522700|S1") for p in numbers.partitions
              if dict(p.store.names(numbers.key("A"))))  # fmt: skip
    assert raw is not None
    assert "facts" not in orjson.loads(raw)
    assert numbers.close_year() == "repeat"


@pytest.mark.parametrize(
    ("day", "changes"),
    [("2025-12-30", {}), (None, {}), ("2025-12-31", {"second_signer": "E1"}), ("2025-12-31", {"year": 2024})],
)
def test_a_year_closes_24_months_after_its_end_by_two_officers(day: str | None, changes: dict[str, Any]) -> None:
    made = Closing()
    if day is not None:
        made.close_day(day)
    year = changes.pop("year", 2023)
    expected = "no_effect"
    assert made.close_year(year, **changes) == expected
    made.close_day("2026-12-31")
    assert made.close_year(year, "Y2") == "applied"


def test_the_limit_stays_used_whatever_is_decided_again(numbers: Closing) -> None:
    numbers.close_year()
    held = bill("S3", "9000.00")
    numbers.say("A", **(held | {"in_scope_personal": "1000.00"}))  # the fact that was missing: held before, decided now
    assert numbers.amounts("A")["S1"][2] == {"ordinary": "45000.00"}
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "45000.00"
    assert numbers.amounts("A")["S3"][:2] == ("needs_person", "year_closed")
    decision = {"amounts": {"ordinary": "1000.00"}}
    assert numbers.order("needs_person", "A", setl_id="S3", decision=decision)["outcome"] == "applied"
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "46000.00"


def test_what_comes_later_for_a_closed_bill_is_a_task(numbers: Closing) -> None:
    numbers.close_year()
    again = bill("S1", "45000.00", in_scope="90000.00")
    answer = numbers.say("A", **again)
    assert (answer["outcome"], answer["layers"]["ordinary"]) == ("repeat", "45000.00")
    assert numbers.say("A", **(again | {"in_scope_personal": "9.00"}))["outcome"] == "needs_person"
    cancel = {"type": "settlement.cancel", "setl_id": "S1", "own_id": "C1"}
    assert numbers.say("A", **cancel)["outcome"] == "needs_person"
    (task,) = (task for task in numbers.values["task.opened"] if task["kind"] == "closed_year")
    assert task["facts"] == {"came": "bill", "year": 2023}
    assert numbers.amounts("A")["S1"] == ("decided", "assisted", {"ordinary": "45000.00"})


def test_a_new_bill_for_a_closed_year_is_left_to_a_person(numbers: Closing) -> None:
    numbers.close_year()
    answer = numbers.say("A", **bill("S9"))
    assert (answer["outcome"], answer["reason"]) == ("needs_person", "year_closed")
    assert numbers.say("A", **bill("S10", day="2024-05-05"))["outcome"] == "decided"


def test_a_fact_that_speaks_of_the_closed_year_is_a_task(numbers: Closing) -> None:
    numbers.close_year()
    numbers.say("A", **identity(revision=2, removed_on="2025-06-01"))
    assert [task["kind"] for task in numbers.values["task.opened"] if task["kind"] == "closed_year"] == []
    numbers.say("A", **identity(revision=3, removed_on="2023-02-01"))
    assert [task["facts"]["came"] for task in numbers.values["task.opened"] if task["kind"] == "closed_year"] == [
        "fact"
    ]
    assert numbers.amounts("A")["S1"] == ("decided", "assisted", {"ordinary": "45000.00"})
    assert numbers.amounts("A")["S2"][1] == "identity_ended"


def test_a_cold_recompute_says_what_the_closed_bill_would_get(tmp_path: Path) -> None:
    """The identity ended before the stay: recomputed, the bill of the closed year gets nothing."""
    made = Kept()
    made.say("A", **identity())
    made.say("A", **bill("S1"))
    made.merge("A", "B")
    made.say("A", **bill("S2"))
    made.close_day("2025-12-31")
    made.close_year()
    made.say("B", **identity(revision=2, removed_on="2023-02-01"))
    assert made.amounts("B")["S1"] == ("decided", "assisted", {"ordinary": "1000.00"})
    journal = tmp_path / "journal.ndjson"
    journal.write_bytes(b"".join(sorted(map(line_of, made.folded))))
    found = recompute(journal, defaults(partitions=3), made.key("A"))
    assert found[made.key("A")].forwarded_to == made.key("B")
    bills = found[made.key("B")].settlements
    assert {name: each.reason for name, each in bills.items()} == {"S1": "identity_ended", "S2": "identity_ended"}
    assert "identity_ended" in shown(found)
    with pytest.raises(TuodiError, match="no record of this person"):
        recompute(journal, defaults(partitions=3), made.key("Z"))


def test_closed_bills_move_with_their_person(numbers: Closing) -> None:
    numbers.close_year()
    numbers.merge("A", "B")
    assert numbers.amounts("B")["2023|QN|"]["ordinary_used"] == "45000.00"
    assert numbers.say("A", **bill("S1", "45000.00", in_scope="90000.00"))["outcome"] == "repeat"
    numbers.split("B", "A", ["S1", "S2", "S3"], [])
    assert numbers.amounts("A")["2023|QN|"]["ordinary_used"] == "45000.00"
    assert "2023|QN|" not in numbers.amounts("B")
