"""No result changes unsaid: an example, a bill of the frozen history, a result that is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workers.gates import impact
from workers.gates.impact import changes, first, main, rows_of, stated, statement, unsaid, write
from workers.gates.results import FROZEN

TODAY = impact.today()


def test_the_results_of_today_are_those_that_are_stated() -> None:
    changed, new = changes(stated(), TODAY)
    assert not changed, "\n".join(unsaid())
    assert not new, f"{new[:3]} …: run `make generate` and commit"


def test_there_is_enough_to_look_at() -> None:
    kinds = {key.partition("|")[0] for key in TODAY}
    assert {"case", "bill", "year", "alerts", "tasks"} <= kinds
    assert sum(key.startswith("bill|") for key in TODAY) > 300
    assert sum("ordinary" in value for value in TODAY.values()) > 300


def test_every_statement_gives_its_reason() -> None:
    for path in sorted(impact.STATEMENTS.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        assert any(line.startswith("reason: ") and len(line) > 30 for line in text.splitlines()), path.name
        assert list(rows_of(text)), path.name


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A copy of the first results, and no statements; what today gives is what the test says."""
    frozen, statements = tmp_path / "frozen", tmp_path / "impact"
    frozen.mkdir()
    statements.mkdir()
    write(frozen, dict(TODAY))
    monkeypatch.setattr(impact, "today", lambda: said)
    said = dict(TODAY)
    monkeypatch.setattr(impact, "_said", said, raising=False)
    return frozen, statements


def said_today() -> dict[str, str]:
    return impact._said  # type: ignore[attr-defined,no-any-return]


def test_a_changed_result_is_red_until_it_is_stated(places: tuple[Path, Path]) -> None:
    key = next(key for key, value in TODAY.items() if key.startswith("case|") and value.endswith("ordinary 1000.00"))
    said_today()[key] = TODAY[key].replace("1000.00", "900.00")
    assert main(["--check"], *places) == 1
    assert unsaid(*places)[0] == f"{key}: was {TODAY[key]}, now {said_today()[key]}"
    assert main([], *places) == 1
    assert first(places[0]) == TODAY
    assert main(["--say", "Less for one"], *places) == 0
    (path,) = places[1].glob("*.md")
    text = path.read_text(encoding="utf-8")
    assert path.name == "0001-less-for-one.md"
    assert "Decisions that pay more: 0; less: 1" in text
    assert "-100.00 yuan" in text
    assert main(["--check"], *places) == 0
    said_today()[key] = TODAY[key]
    assert main(["--check"], *places) == 1  # the old result again is a change again


def test_a_result_that_is_gone_is_red_and_may_be_stated(places: tuple[Path, Path]) -> None:
    key = next(key for key in TODAY if key.startswith("bill|"))
    del said_today()[key]
    assert main(["--check"], *places) == 1
    assert main(["--say", "Gone"], *places) == 0
    assert key not in stated(*places)


def test_a_new_result_is_added_by_generate(places: tuple[Path, Path]) -> None:
    said_today()["case|new|x|S1"] = "QN 2023 assisted ordinary 1.00"
    assert main(["--check"], *places) == 1
    assert main([], *places) == 0
    assert main(["--check"], *places) == 0
    assert first(places[0]) == said_today()


def test_a_statement_is_read_back_as_it_was_written() -> None:
    changed = {"case|a/b.md|一|S1": ("QN 2023 assisted ordinary 2.00", "QN 2023 excluded"), "tasks": ("x", "none")}
    assert dict(rows_of(statement("T", changed))) == {key: now for key, (_, now) in changed.items()}


def test_the_frozen_history_is_all_legal(tmp_path: Path) -> None:
    from workers.replay.run import replay_file
    from workers.settings import Settings

    shutil.copytree(FROZEN, tmp_path / "frozen")
    result = replay_file(tmp_path / "frozen" / "history.ndjson", Settings(partitions=1, person_key_file=None))
    assert result.rejected == []
    assert len(result.persons) > 80
