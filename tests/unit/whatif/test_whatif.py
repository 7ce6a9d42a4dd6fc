"""The same facts under two laws: equal to two replays, equal however it is split, and nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from schemas.money import fen_of
from schemas.replay import ReplayResult
from schemas.whatif import WhatIf
from tests.unit.replay.replay_files import ROOT, export_of, tuodi
from tests.unit.whatif.drafts import class_3, copy
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption
from workers.replay.run import replay_file
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan
from workers.whatif.report import bins, page, summary
from workers.whatif.run import what_if

SETTINGS = Settings.model_construct()
SHIPPED = build_adoption()


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("facts") / "year.ndjson"
    write(Plan(11, 7_000, 2023, "522701", False, True, 60), file)
    return file


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_3(tmp_path_factory.mktemp("draft") / "books")


@pytest.fixture(scope="module")
def found(facts: Path, draft: Path) -> WhatIf:
    return what_if(facts, SETTINGS, SHIPPED, build_adoption(draft), parts=1)


def layers_of(result: ReplayResult) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (person, setl_id): bill.layers
        for person, state in result.persons.items()
        for setl_id, bill in state.settlements.items()
    }


def test_every_bill_is_as_two_replays_say(facts: Path, draft: Path, found: WhatIf) -> None:
    today, later = layers_of(replay_file(facts, SETTINGS)), layers_of(replay_file(facts, SETTINGS, rulebooks=draft))
    differ = {key for key, layers in today.items() if layers != later[key]}
    assert differ
    told = {
        (person.person_key, bill.setl_id): bill
        for person in found.people
        for bill in person.bills
        if bill.delta != "0.00"
    }
    assert set(told) == differ
    for key, bill in told.items():
        assert bill.layers_before == today[key]
        assert bill.layers_after == later[key]
    sums = [sum(fen_of(text) for layers in side.values() for text in layers.values()) for side in (today, later)]
    assert [fen_of(found.total.before), fen_of(found.total.after)] == sums


def test_the_sums_by_layer_class_and_fund_are_the_total(found: WhatIf) -> None:
    for rows in (found.layers, found.classes, found.funds):
        assert sum(fen_of(row.before) for row in rows) == fen_of(found.total.before)
        assert sum(fen_of(row.after) for row in rows) == fen_of(found.total.after)
    changed = {row.group for row in found.classes if row.delta != "0.00"}
    assert changed == {"class_3"}
    assert sum(fen_of(each.delta) for each in found.people) == fen_of(found.total.delta)


def test_who_owes_is_told_and_money_moves_as_posted(found: WhatIf) -> None:
    assert found.persons.lose > 0
    assert found.persons.gain > 0
    assert found.persons.owe == sum(each.recover != "0.00" for each in found.people) > 0
    assert sum(fen_of(each.recover) for each in found.people) == fen_of(found.recover)
    assert fen_of(found.pay_more) - fen_of(found.recover) == fen_of(found.total.delta)


@pytest.mark.parametrize("parts", [2, 3])
def test_the_answer_does_not_depend_on_the_split(facts: Path, draft: Path, found: WhatIf, parts: int) -> None:
    again = what_if(facts, SETTINGS, SHIPPED, build_adoption(draft), parts=parts)
    assert again.model_dump_json() == found.model_dump_json()


@pytest.mark.parametrize("parts", [1, 2])
def test_an_exported_journal_says_the_same(facts: Path, draft: Path, found: WhatIf, tmp_path: Path, parts: int) -> None:
    exported = export_of(facts, tmp_path / "journal.ndjson", adopt=True)
    answer = what_if(exported, SETTINGS, SHIPPED, build_adoption(draft), parts=parts)
    same = {"facts": found.facts}
    assert answer.model_copy(update=same) == found


def test_persons_who_move_from_key_to_key_are_never_apart(facts: Path, draft: Path, tmp_path: Path) -> None:
    lines = facts.read_bytes().splitlines(keepends=True)
    keys = [json.loads(line)["key"] for line in lines if b"settlement.final" in line]
    other = next(key for key in keys if key != keys[0])
    order = {
        "topic": "office.ordered", "key": keys[0],
        "value": {"type": "office.ordered", "version": 1, "region": "520000", "psn_no": keys[0], "order_id": "O-1",
                  "kind": "person_merged", "to_psn_no": other, "serial": 1, "author": "a", "second_signer": "b",
                  "document": "d", "ordered_on": "2023-12-30"},
    }  # fmt: skip
    file = tmp_path / "merged.ndjson"
    file.write_bytes(b"".join([*lines, json.dumps(order).encode(), b"\n"]))
    answers = [what_if(file, SETTINGS, SHIPPED, build_adoption(draft), parts=parts) for parts in (1, 3)]
    assert answers[0] == answers[1]
    assert answers[0].facts.rejected == 0


def test_an_export_with_a_later_adoption_is_not_torn_apart(facts: Path, draft: Path, tmp_path: Path) -> None:
    lines = facts.read_bytes().splitlines(keepends=True)
    adopted = {"topic": "rulebook.adopted", "value": {"body": build_adoption(draft).decode()}}
    shipped = {"topic": "rulebook.adopted", "value": {"shipped": True}}
    file = tmp_path / "twice.ndjson"
    plain = [line for line in lines if b'"rulebook.adopted"' not in line]
    file.write_bytes(b"".join([json.dumps(shipped).encode(), b"\n", *plain, json.dumps(adopted).encode(), b"\n"]))
    exported = export_of(file, tmp_path / "journal.ndjson")
    again = build_adoption(class_3(tmp_path / "again", "70%", "1200.00"))
    answers = [what_if(exported, SETTINGS, None, again, parts=parts) for parts in (1, 2)]
    assert answers[0] == answers[1]
    assert answers[0].today.hash == load_adoption(build_adoption(draft)).hash
    assert answers[0].persons.changed > 0
    with pytest.raises(Usage, match="was in force before"):
        what_if(exported, SETTINGS, None, SHIPPED, parts=1)


def test_the_same_law_changes_nothing(facts: Path) -> None:
    answer = what_if(facts, SETTINGS, SHIPPED, SHIPPED, parts=1)
    assert (answer.people, answer.changes, answer.total.delta, answer.persons.owe) == ([], [], "0.00", 0)
    assert answer.total.before != "0.00"


def test_a_draft_without_a_measure_says_so_and_holds_its_bills(facts: Path, tmp_path: Path) -> None:
    folder = copy(tmp_path / "books")
    for file in (folder / "qiannan").iterdir():
        file.unlink()
    answer = what_if(facts, SETTINGS, SHIPPED, build_adoption(folder), parts=1)
    assert answer.dropped_measures == ["QN"]
    assert answer.total.after == "0.00"
    assert {row.now for row in answer.moves} == {"held/no_instrument"}
    assert "草案没有办法 QN" in summary(answer)


def test_the_answer_is_of_its_schema(found: WhatIf) -> None:
    schema = json.loads((ROOT / "schemas/generated/whatif-result.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(found.model_dump_json()))


def test_the_report_holds_everything_it_needs_and_the_same_bytes(found: WhatIf) -> None:
    html = page(found)
    assert html == page(WhatIf.model_validate_json(found.model_dump_json()))
    assert "<script" not in html
    assert html.count("<svg") == 3
    outside = [word for word in ("src=", "href=", "@import", "url(") if word in html]
    assert outside == []
    assert found.recover in html
    named = found.model_copy(update={"facts": found.facts.model_copy(update={"file": "<b>x</b>"})})
    assert "<b>x</b>" not in page(named)


def test_bins_hold_everybody_who_changed_once() -> None:
    deltas = [-1_000_001, -1_000_000, -1, 0, 1, 99, 10_000, 999_999, 1_000_000]
    counts = bins(deltas)
    assert sum(count for _, count, _ in counts) == len(deltas) - 1
    assert sum(count for _, count, less in counts if less) == 3


def test_the_command_answers_and_loads_nothing_of_the_broker(facts: Path, draft: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['tuodi', 'whatif', *sys.argv[1:]]\n"
        "from workers.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.stderr.write('loaded: %s' % sorted({'aiokafka', 'faust', 'mode'} & set(sys.modules)))"
    )
    words = [str(facts), "--draft", str(draft), "--html", str(tmp_path / "r.html"), "--json", "--parts", "1"]
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, timeout=100)
    assert done.stderr.endswith(b"loaded: []"), done.stderr[-500:]
    assert WhatIf.model_validate_json(done.stdout).persons.owe > 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_asked_wrongly_is_two_and_a_law_with_an_error_is_one(facts: Path, tmp_path: Path) -> None:
    assert tuodi("whatif", str(tmp_path / "none.ndjson")).returncode == 2
    with pytest.raises(Usage, match="no rulebook"):
        build_adoption(tmp_path)
    folder = copy(tmp_path / "books")
    (folder / "qiannan/2022-26.toml").write_text("[instrument\n", encoding="utf-8")
    done = tuodi("whatif", str(facts), "--draft", str(folder))
    assert done.returncode == 1
    assert b"2022-26.toml:1" in done.stderr
