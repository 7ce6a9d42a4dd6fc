"""A replay is the ledger without a broker: the same bytes each time, exports byte for byte, partitions alike."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.codec import FEED_MODELS, type_of
from schemas.money import fen_of
from tests.unit.replay.replay_files import (
    CASE,
    JOURNAL,
    REPLAY,
    ROOT,
    defaults,
    export_of,
    lines_of,
    write,
)
from workers.errors import Stop
from workers.replay.run import replay_file, summary
from workers.simulate.output import write as simulate
from workers.simulate.year import Plan

ADOPT = {"topic": "rulebook.adopted", "value": {"shipped": True}}


def answer(file: Path, **how: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(replay_file(file, defaults(), **how).model_dump_json())
    return found


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small dense county year: cancels, reversals, conflicts, completions, sweeps, days."""
    file = tmp_path_factory.mktemp("year") / "year.ndjson"
    simulate(Plan(3, 400, 2023, "522701", False, True), file)
    return file


def test_the_samples_show_every_event_and_none_is_refused() -> None:
    shown = {line["value"].get("type", line["topic"]) for line in lines_of(REPLAY)}
    every = {type_of(model) for models in FEED_MODELS.values() for model in models}
    assert shown == every | {"rulebook.adopted", "day.closed"}
    for file in (REPLAY, CASE, JOURNAL):
        assert answer(file)["rejected"] == []


def test_the_answer_fits_its_schema(year: Path) -> None:
    schema = json.loads((ROOT / "schemas/generated/replay-result.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for file in (REPLAY, CASE, JOURNAL, year):
        found = answer(file)
        validator.validate(found)
        assert not validator.is_valid(found | {"unheard_of": 1})


def test_the_same_file_gives_the_same_bytes(year: Path, tmp_path: Path) -> None:
    made = []
    for n in (1, 2):
        out = tmp_path / f"{n}.ndjson"
        made.append((replay_file(year, defaults(), decisions=out).model_dump_json(), out.read_bytes()))
    assert made[0] == made[1]
    assert made[0][1].count(b"\n") == json.loads(made[0][0])["counts"]["decisions"] > 200


@pytest.mark.parametrize("partitions", [1, 5])
def test_the_number_of_partitions_changes_no_figure(year: Path, partitions: int) -> None:
    twelve = answer(year)
    other = json.loads(replay_file(year, defaults(partitions=partitions)).model_dump_json())
    for part in ("persons", "held", "rejected", "alerts"):
        assert other[part] == twelve[part]
    assert _postings(other) == _postings(twelve)
    assert other["counts"]["decisions"] == twelve["counts"]["decisions"]


def _postings(found: dict[str, Any]) -> list[str]:
    """Ids hold the place of nothing; the order between persons is that of the slices of a partition."""
    return sorted(json.dumps(posting, sort_keys=True) for posting in found["postings"])


def test_postings_sum_to_the_layers_of_every_bill(year: Path) -> None:
    for file in (REPLAY, CASE, year):
        found = answer(file)
        sums: dict[tuple[str, str, str, str], int] = defaultdict(int)
        for each in found["postings"]:
            sums[each["person_key"], each["region"], each["setl_id"], each["layer"]] += fen_of(each["amount"])
        layers = {
            (person, bill["region"], setl_id.rpartition("|")[2], layer): fen_of(amount)
            for person, state in found["persons"].items()
            for setl_id, bill in state["settlements"].items()
            for layer, amount in bill["layers"].items()
        }
        assert {place: fen for place, fen in sums.items() if fen} == {k: v for k, v in layers.items() if v}
        assert any(sums.values())


def test_an_exported_journal_gives_the_decisions_byte_for_byte(year: Path, tmp_path: Path) -> None:
    fed, again = tmp_path / "fed.ndjson", tmp_path / "again.ndjson"
    first = replay_file(year, defaults(), decisions=fed)
    exported = export_of(year, tmp_path / "journal.ndjson")
    second = replay_file(exported, defaults(), decisions=again)
    assert sorted(again.read_bytes().splitlines()) == sorted(fed.read_bytes().splitlines())
    assert second.persons == first.persons
    assert fed.stat().st_size > 100_000


DERIVED = ("sweep.sliced", "day.sliced")


def _with_derived(tmp_path: Path) -> tuple[Path, int]:
    """An export that holds a sweep: bills first, held, then the law. Returns it and the line of a derived record."""
    file = write(tmp_path / "late.ndjson", [*lines_of(CASE)[1:], ADOPT])
    exported = export_of(file, tmp_path / "journal.ndjson")
    for n, line in enumerate(lines_of(exported)):
        if line["headers"].get("derived") == "1":
            return exported, n
    raise AssertionError("the export holds no derived record")


def test_derived_records_are_read_and_must_be_what_the_ledger_would_write(tmp_path: Path) -> None:
    exported, at = _with_derived(tmp_path)
    lines = lines_of(exported)
    assert lines[at]["value"]["type"] in DERIVED
    assert _layers(answer(exported), "S-22") == "2400.00"

    forged = [dict(line) for line in lines]
    forged[at] = forged[at] | {"value": forged[at]["value"] | {"after_key": "f" * 64}}
    with pytest.raises(Stop, match=rf"forged\.ndjson:{at + 1}: .* would not have written it"):
        replay_file(write(tmp_path / "forged.ndjson", forged), defaults())
    unasked = [*lines, lines[at] | {"offset": 10_000}]
    with pytest.raises(Stop, match="would not have written it"):
        replay_file(write(tmp_path / "unasked.ndjson", unasked), defaults())


def test_an_export_in_another_order_stops(tmp_path: Path) -> None:
    exported = export_of(CASE, tmp_path / "journal.ndjson")
    lines = lines_of(exported)
    *_, last_but_one, last = (n for n, line in enumerate(lines) if line["partition"] == 1)
    lines[last_but_one], lines[last] = lines[last], lines[last_but_one]
    with pytest.raises(Stop, match="comes twice or out of order"):
        replay_file(write(tmp_path / "swapped.ndjson", lines), defaults())


def _layers(found: dict[str, Any], setl_id: str) -> str:
    (state,) = found["persons"].values()
    return str(state["settlements"][setl_id]["layers"]["ordinary"])


def test_without_an_adoption_everything_is_held(tmp_path: Path) -> None:
    file = write(tmp_path / "bills.ndjson", lines_of(CASE)[1:-1])
    found = answer(file, adopt=False)
    assert [(each["setl_id"], each["reason"]) for each in found["held"]] == [
        ("S-21", "not_adopted"),
        ("S-22", "not_adopted"),
    ]
    assert found["counts"]["outcome_held"] == 2
    assert found["postings"] == []
    assert answer(file)["held"] == []


def test_an_adoption_later_in_the_file_decides_what_was_held(tmp_path: Path) -> None:
    late = answer(write(tmp_path / "late.ndjson", [*lines_of(CASE)[1:-1], ADOPT]))
    early = answer(write(tmp_path / "early.ndjson", lines_of(CASE)[1:-1]))
    assert late["held"] == []
    assert _layers(late, "S-21") == _layers(early, "S-21") == "1200.00"
    assert late["persons"] == early["persons"]


def test_a_line_that_intake_refuses_is_told_and_nothing_else_changes(tmp_path: Path) -> None:
    bad = {"topic": "settlement.reported", "key": "P-2001", "value": "{broken"}
    found = answer(write(tmp_path / "bad.ndjson", [*lines_of(CASE), bad]))
    assert [(each["line"], each["topic"], each["reason"]) for each in found["rejected"]] == [
        (6, "settlement.reported", "not_json")
    ]
    assert found["persons"] == answer(CASE)["persons"]


MISSING = [
    ("designated", {}, "fact_missing"),
    ("in_scope_personal", {}, "insurance_result_missing"),
    ("referral", {"place": "out_of_province"}, "fact_missing"),
    ("referral_missing_by", {"referral": "missing", "place": "out_of_province"}, "fact_missing"),
    ("emergency_rescue", {"designated": False}, "fact_missing"),
]


@pytest.mark.parametrize(("field", "besides", "reason"), MISSING, ids=[field for field, _, _ in MISSING])
def test_what_the_page_says_of_an_absent_fact_is_so(
    tmp_path: Path, field: str, besides: dict[str, Any], reason: str
) -> None:
    lines = lines_of(CASE)[:3]
    lines[2]["value"] |= besides
    lines[2]["value"].pop(field, None)
    found = answer(write(tmp_path / "absent.ndjson", lines))
    assert [each["reason"] for each in found["held"]] == [reason]


def test_the_page_for_people_counts_what_the_answer_holds() -> None:
    page = summary(replay_file(CASE, defaults())).splitlines()
    assert {"persons: 1", "held: 0", "rejected: 0", "granted, layer ordinary: 2400.00"} <= set(page)
