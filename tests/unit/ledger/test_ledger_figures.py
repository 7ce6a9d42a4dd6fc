"""Orders `figures`: the law of every partition gets them, once, whatever comes in between (X-A9, HS-A1, JY-A11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from workers.journal.record import canonical_json
from workers.ledger.fold import LedgerFold
from workers.log.port import Headers, Record
from workers.policy.adoption import adoption_record_fields, build_adoption, load_adoption
from workers.policy.law import Law
from workers.runtime.overlay import Overlay
from workers.runtime.store import MemoryStore
from workers.settings import Settings

ALLOWANCE = {
    "allowance_rate": "85%", "allowance_deductible": "0.00", "allowance_cap": "50000.00",
    "care_types": "inpatient,chronic_outpatient",
}  # fmt: skip
Said = tuple[int, dict[str, Any]]


class Two:
    """Two partitions; what the ledger writes into the journal waits in `sent` until a test lets it arrive."""

    def __init__(self) -> None:
        self.settings = Settings(partitions=2)
        self.stores = [MemoryStore(), MemoryStore()]
        self.folds = [LedgerFold(number, self.settings, load_adoption) for number in (0, 1)]
        self.sent: list[Said] = []
        self.offset = 0

    def say(self, partition: int, value: dict[str, Any]) -> str:
        """Fold one record; its outcome."""
        self.offset += 1
        answers: list[str] = []

        def emit(
            topic: str, key: bytes | None, raw: bytes | None, headers: Headers = (), *, partition: int | None = None
        ) -> None:
            body = orjson.loads(raw or b"{}")
            if topic.endswith("journal.v1"):
                self.sent.append((at if partition is None else partition, body))
            elif body.get("type") == "journal.answered":
                answers.append(body["outcome"])

        at, raw = partition, canonical_json({"version": 1, **value})
        key = f"!{value['type']}".encode()
        record = Record("medassist.journal.v1", at, self.offset, self.offset, key, raw, [("ce_id", b"e")])
        view = Overlay(self.stores[at])
        self.folds[at].process(record, self.offset, view, emit)
        self.stores[at].merge(view.writes)
        self.folds[at].committed()
        return answers[0]

    def adopt(self, **figures: dict[str, Any]) -> None:
        fields = adoption_record_fields(build_adoption(None, figures))
        for partition in (0, 1):
            self.say(partition, {"type": "rulebook.adopted", **fields})

    def order(self, order_id: str = "O-1", **more: Any) -> str:
        """An order with the figures of the allowance of Heshan, or with others."""
        figures = [{"name": name, "value": text, "first_day": "2020-01-01"} for name, text in ALLOWANCE.items()]
        value = {
            "type": "office.ordered", "region": "440000", "order_id": order_id, "kind": "figures", "author": "U1",
            "second_signer": "U2", "document": "D1", "ordered_on": "2021-04-01", "figures": figures,
        }  # fmt: skip
        return self.say(0, value | more)

    def arrive(self, partitions: Sequence[int] = (0, 1)) -> list[str]:
        """All that waits for these partitions, and what follows from it; the outcomes of adoptions."""
        found = []
        while due := next((each for each in self.sent if each[0] in partitions), None):
            self.sent.remove(due)
            outcome = self.say(due[0], {name: part for name, part in due[1].items() if name != "version"})
            found += [outcome] if due[1]["type"] == "rulebook.adopted" else []
        return found

    def law(self, partition: int) -> Law:
        law = self.folds[partition]._adoptions.standing(Overlay(self.stores[partition])).in_force
        assert law is not None
        assert isinstance(law.law, Law)
        return law.law

    def figures(self, partition: int, measure: str = "HS") -> dict[str, Any]:
        return self.law(partition).measures[measure][0].context.figures


@pytest.fixture
def two() -> Two:
    found = Two()
    found.adopt()
    found.arrive()
    return found


def test_every_partition_gets_the_figures_of_an_order(two: Two) -> None:
    assert two.order() == "applied"
    assert two.arrive() == ["applied", "applied"]
    assert two.figures(0) == two.figures(1)
    assert two.figures(0)["care_types"] == ("inpatient", "chronic_outpatient")
    assert two.law(0).hash == two.law(1).hash


@pytest.mark.parametrize(
    "wrong",
    [
        {"second_signer": "U1"},
        {"figures": [{"name": "nobody_knows_it", "value": "1.00", "first_day": "2020-01-01"}]},
        {"figures": [{"name": "referral_own_burden", "value": "1.00", "first_day": "2020-01-01"}], "region": "990000"},
        {"figures": [{"name": "hs.allowance_rate", "value": "eighty", "first_day": "2020-01-01"}]},
        {"figures": [{"name": "hs.allowance_rate", "value": "80%", "first_day": "2021-01-01"}]},
        {"figures": [{"name": "hs.illness_rate", "value": "1%", "first_day": "2020-01-01", "last_day": "2021-12-31"}]},
    ],
    ids=["one signer", "unknown", "no such platform", "not of its unit", "begins in between", "ends in between"],
)  # fmt: skip
def test_what_the_law_cannot_hold_has_no_effect(two: Two, wrong: dict[str, Any]) -> None:
    before = two.law(0).hash
    assert two.order(**wrong) == "no_effect"
    assert two.arrive() == []
    assert two.law(0).hash == before


def test_the_same_order_again_is_a_repeat_and_another_under_its_number_a_conflict(two: Two) -> None:
    two.order()
    two.arrive()
    assert two.order() == "repeat"
    assert two.order(document="D2") == "conflict"
    assert two.order("O-2") == "no_effect"
    assert two.arrive() == []


def test_a_figure_by_year_grows_and_an_order_can_bring_a_former_value_back(two: Two) -> None:
    for number, (value, year) in enumerate((("180.00", 2021), ("200.00", 2022), ("190.00", 2022), ("200.00", 2022))):
        figure = {"name": "hs.premium_fixed", "value": value, "first_day": f"{year}-01-01"}
        assert two.order(f"O-{number}", figures=[figure]) == "applied"
        two.arrive()
    assert two.figures(1)["premium_fixed"] == {2021: 18_000, 2022: 20_000}


def test_a_law_that_comes_in_between_ends_the_same_everywhere(two: Two) -> None:
    """Partition 0 reads order, adoption, figures; partition 1 figures, adoption: both end with all of it."""
    two.order()
    two.arrive([1])
    two.adopt(LZ={"referral_own_burden": "7000.00"})
    assert "stale" in two.arrive([0])
    two.arrive()
    assert two.law(0).hash == two.law(1).hash
    assert two.figures(1)["allowance_cap"] == 5_000_000
    assert two.figures(1, "LZ")["referral_own_burden"] == 700_000


def test_a_new_law_that_states_the_figure_itself_is_the_later_word(two: Two) -> None:
    two.order()
    two.arrive()
    two.adopt(HS={"allowance_cap": "40000.00"})
    two.arrive()
    assert two.figures(0)["allowance_cap"] == two.figures(1)["allowance_cap"] == 4_000_000
    assert two.figures(1)["allowance_deductible"] == 0
