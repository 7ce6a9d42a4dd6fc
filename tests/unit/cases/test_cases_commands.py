"""`tuodi cases`: what a clerk sees, and that nothing is written unasked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from workers.cases.commands import register
from workers.cases.document import read
from workers.cases.timeline import FOLDER, read_all
from workers.errors import Usage

CASE = FOLDER / "qiannan" / "03-三类.md"
RUNNER = CliRunner()


def tuodi(*words: object, fails: int = 0) -> str:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    result = RUNNER.invoke(app, ["cases", *map(str, words)])
    if isinstance(result.exception, Usage):
        assert fails == 2, result.exception
        return str(result.exception)
    assert result.exit_code == fails, (result.output, result.exception)
    return result.output


def copy(tmp_path: Path, change: tuple[str, str] = ("", "")) -> Path:
    path = tmp_path / "qiannan" / CASE.name
    path.parent.mkdir()
    text = CASE.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    return path


def test_all_examples_of_the_project_hold() -> None:
    report = json.loads(tuodi("run", "--json"))
    assert report["ok"]
    assert report["rows"] > 600
    assert report["faults"] == []


def test_a_difference_names_row_values_step_sentence_and_article(tmp_path: Path) -> None:
    wrong = "| 2000.00 | | 600.00 |"
    lines = CASE.read_text(encoding="utf-8").splitlines()
    row = next((line for line in lines if "× 60%" in line and "| 救助 |" in line), wrong)
    cells = row.split("|")
    amount = cells[6].strip()
    path = copy(tmp_path, (row, "|".join([*cells[:6], f" {float(amount) + 1:.2f} ", *cells[7:]])))
    said = tuodi("run", path, fails=1)
    assert f"{path}:{lines.index(row) + 1}" in said
    assert f"应为 {float(amount) + 1:.2f}，算得 {amount}" in said
    assert "从这一步起不同" in said
    assert "依据：" in said
    assert "tuodi rulebook show QN" in said


def test_a_draft_rulebook_is_held_against_the_examples(tmp_path: Path) -> None:
    """Another figure by another reading: the step that differs is the limit, and its words are those of the draft."""
    shutil.copytree(Path("workers/policy/rulebooks/qiannan"), tmp_path / "qiannan")
    book = tmp_path / "qiannan" / "2022-26.toml"
    text = book.read_text(encoding="utf-8")
    assert 'chosen = "half_up"' in text
    book.write_text(text.replace('chosen = "half_up"', 'chosen = "truncate"'), encoding="utf-8")
    said = tuodi("run", FOLDER / "qiannan", "--rulebooks", tmp_path, fails=1)
    assert "救助" in said
    assert "从这一步起不同" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("| 认定 ", "| 认 "), "the event '认' is not known"),
        (("| 救助 |", "| 给钱 |"), "'给钱' is not known"),
        (("× 60%", "mal 60%"), "not a sum"),
        (("2023-02-01", "2023-02-31"), "is no date"),
        (("checked_by: ", "checked: "), "the front matter has no checked_by"),
    ],
)
def test_what_is_not_understood_is_named_with_file_and_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = copy(tmp_path, change)
    said = tuodi("run", path, fails=2)
    assert says in said
    assert f"{path}:" in said


def test_a_new_example_shows_the_article_and_asks_for_the_amounts(tmp_path: Path) -> None:
    out = tmp_path / "qiannan" / "90.md"
    tuodi("new", "QN", "QN-1.3c", "--out", out)
    assert "按照对应类别救助标准降低10个百分点给予救助" in out.read_text(encoding="utf-8")
    assert "应救助, 累计, 理由, 算式 still to be filled in" in tuodi("run", out, fails=2)
    assert "is there already" in tuodi("new", "qiannan", "QN-1.3c", "--out", out, fails=2)
    assert "no rule or class of QN cites 'QN-9'" in tuodi("new", "qiannan", "QN-9", fails=2)
    assert "there is no measure 'paris'" in tuodi("new", "paris", "QN-9", fails=2)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_spreadsheet_brings_every_example_back(tmp_path: Path, kind: str) -> None:
    sheet = tmp_path / f"all.{kind}"
    tuodi("export", sheet)
    tuodi("import", sheet, tmp_path / "back")
    here = {(each.file, each.title): each for each in read_all()}
    back = {(each.file, each.title): each for each in read_all(tmp_path / "back")}
    assert back.keys() == here.keys()
    for key, timeline in back.items():
        other = here[key]
        assert timeline.person._replace(identities=(), applications=(), enrolments=()) == other.person._replace(
            identities=(), applications=(), enrolments=()
        )
        assert [(row.bill, row.ordinary, row.tilt, row.reason, row.sums) for row in timeline.rows] == [
            (row.bill, row.ordinary, row.tilt, row.reason, row.sums) for row in other.rows
        ]
        assert (timeline.readings, timeline.adopted, timeline.clauses) == (other.readings, other.adopted, other.clauses)
    assert "same  " in tuodi("import", sheet, FOLDER, "--dry-run")
    assert "changed" not in tuodi("import", sheet, FOLDER, "--dry-run")


def test_an_import_writes_over_nothing_unasked(tmp_path: Path) -> None:
    path = copy(tmp_path)
    sheet = tmp_path / "one.xlsx"
    tuodi("export", sheet, path)
    path.write_text(path.read_text(encoding="utf-8").replace("2023-02-01", "2023-02-02"), encoding="utf-8")
    before = path.read_bytes()
    assert "would change" in tuodi("import", sheet, tmp_path, fails=2)
    assert tuodi("import", sheet, tmp_path, "--dry-run").startswith("changed")
    assert path.read_bytes() == before
    tuodi("import", sheet, tmp_path, "--replace")
    assert "2023-02-02" not in path.read_text(encoding="utf-8")
    assert read(path).head == read(CASE).head
