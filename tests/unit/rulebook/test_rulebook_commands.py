"""`tuodi rulebook`: exit codes, messages a clerk can act on, JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.unit.policy.rulebook_files import NAME, SOURCE, TEXT, WORDS
from tests.unit.replay.replay_files import export_of
from tests.unit.whatif.drafts import class_3
from workers.cases.timeline import FOLDER
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption
from workers.rulebook.commands import register


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    register(made)
    return made


def write(folder: Path, text: str) -> Path:
    (folder / "qiannan").mkdir()
    (folder / NAME).write_text(text, encoding="utf-8")
    (folder / SOURCE).write_text(WORDS, encoding="utf-8")
    return folder


def test_check_of_the_shipped_rulebooks_is_zero(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["rulebook", "check"])
    assert result.exit_code == 0
    assert "ok  QN 黔南府办发〔2022〕26号" in result.stdout


def test_check_names_file_line_articles_and_fix_and_fails_with_one(app: typer.Typer, tmp_path: Path) -> None:
    folder = write(tmp_path, TEXT.replace('value = "60%"', 'value = "65%"'))
    result = CliRunner().invoke(app, ["rulebook", "check", str(folder)])
    assert result.exit_code == 1
    assert f"{NAME}:" in result.stderr
    assert "[附件]" in result.stderr
    assert "fix: quote the words that state the figure" in result.stderr
    assert "65% is not in “" in result.stderr
    assert "60%" in result.stderr
    assert "see: tuodi rulebook show QN --article 附件" in result.stderr


def test_check_as_json(app: typer.Typer, tmp_path: Path) -> None:
    good = json.loads(CliRunner().invoke(app, ["rulebook", "check", "--json"]).stdout)
    assert good["ok"] is True
    assert len(good["hash"]) == 64
    folder = write(tmp_path, TEXT.replace('do = "cap_year"', 'do = "cap_moon"'))
    result = CliRunner().invoke(app, ["rulebook", "check", str(folder), "--json"])
    assert result.exit_code == 1
    bad = json.loads(result.stdout)
    assert bad["ok"] is False
    assert bad["findings"][0]["file"] == NAME


def test_show_puts_rules_beside_their_words(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["rulebook", "show", "QN"])
    assert result.exit_code == 0
    assert "起付线 1000.00元   附件“30% 1000元 60% 50000元/人/年”" in result.stdout
    assert "→ merged_cell" in result.stdout
    books = json.loads(CliRunner().invoke(app, ["rulebook", "show", "QN", "--json"]).stdout)
    assert books[0]["group"][2]["rate"]["value"] == "3/5"


def test_show_of_an_unknown_measure_is_a_usage_error(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["rulebook", "show", "ZZ"])
    assert isinstance(result.exception, Usage)
    assert "QN" in str(result.exception)


def test_show_tells_pools_and_figures_of_other_documents(app: typer.Typer) -> None:
    jieyang = CliRunner().invoke(app, ["rulebook", "show", "JY"])
    assert "门诊救助 年度限额 20000.00元" in jieyang.stdout
    heshan = CliRunner().invoke(app, ["rulebook", "show", "HS"])
    assert "另一文件规定的标准：allowance_rate、allowance_deductible、allowance_cap、care_types" in heshan.stdout
    assert "比例、起付线、年度限额同 illness" in heshan.stdout


def test_diff_prints_words_and_json(app: typer.Typer, tmp_path: Path) -> None:
    draft = class_3(tmp_path / "books")
    page = CliRunner().invoke(app, ["rulebook", "diff", "shipped", str(draft)])
    assert page.exit_code == 0
    assert "60% → 65%" in page.stdout
    rows = json.loads(CliRunner().invoke(app, ["rulebook", "diff", "shipped", str(draft), "--json"]).stdout)
    assert {(row["place"], row["since"]) for row in rows} >= {("group.class_3.rate", "2023-01-01")}


def test_copy_makes_a_draft_and_writes_over_nothing(app: typer.Typer, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["rulebook", "copy", str(tmp_path / "draft")])
    assert done.exit_code == 0
    assert CliRunner().invoke(app, ["rulebook", "check", str(tmp_path / "draft")]).exit_code == 0
    again = CliRunner().invoke(app, ["rulebook", "copy", str(tmp_path / "draft")])
    assert isinstance(again.exception, Usage)


def test_coverage_counts_rows_in_the_period_of_the_revision(app: typer.Typer) -> None:
    (period,) = json.loads(CliRunner().invoke(app, ["rulebook", "coverage", "QN", "--json"]).stdout)
    clauses = {each["clause"]: each for each in period["clauses"]}
    assert (period["since"], period["until"]) == ("2023-01-01", "9999-12-31")
    assert clauses["QN-T3"]["state"] == "proved"
    assert "class_3 (group)" in clauses["QN-T3"]["rules"]
    assert clauses["QN-2.3a"]["state"] == "no_rule"
    assert clauses["QN-1.2a"]["rows"] > 0  # rows about contributions and flags count like those of bills
    assert not [each["clause"] for each in period["clauses"] if each["state"] == "unproved"]


def test_coverage_is_red_where_no_row_of_the_period_proves_a_rule(app: typer.Typer, tmp_path: Path) -> None:
    shutil.copytree(FOLDER / "heshan", tmp_path / "cases" / "heshan")
    done = CliRunner().invoke(app, ["rulebook", "coverage", "QN", "--cases", str(tmp_path / "cases")])
    assert done.exit_code == 1
    assert "QN-T3" in done.stdout


FACTS = Path(__file__).resolve().parents[3] / "docs" / "samples" / "case.ndjson"


def test_adopt_dry_run_tells_the_impact_and_needs_no_broker(app: typer.Typer, tmp_path: Path) -> None:
    draft = class_3(tmp_path / "books")
    exported = export_of(FACTS, tmp_path / "journal.ndjson", adopt=True)
    words = ["rulebook", "adopt", "--dry-run", "--rulebooks", str(draft), "--facts", str(exported)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.exception
    assert "would adopt" in done.stdout
    assert "60% → 65%" in done.stdout
    assert "需要退回的" in done.stdout
    impact = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert impact["today"]["hash"] == load_adoption(build_adoption()).hash


def test_a_first_adoption_is_told_against_nothing(app: typer.Typer, tmp_path: Path) -> None:
    lines = [line for line in FACTS.read_bytes().splitlines(keepends=True) if b"rulebook.adopted" not in line]
    facts = tmp_path / "facts.ndjson"
    facts.write_bytes(b"".join(lines))
    exported = export_of(facts, tmp_path / "journal.ndjson")
    words = ["rulebook", "adopt", "--dry-run", "--facts", str(exported), "--json"]
    impact = json.loads(CliRunner().invoke(app, words).stdout)
    assert (impact["today"]["hash"], impact["total"]["before"]) == ("", "0.00")
    assert impact["total"]["after"] != "0.00"
    assert {move["was"] for move in impact["moves"]} == {"held/not_adopted"}


def test_adopt_with_an_error_names_file_and_line_and_facts_want_a_dry_run(app: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "wrong.toml").write_text("[instrument\n")
    result = CliRunner().invoke(app, ["rulebook", "adopt", "--dry-run", "--rulebooks", str(tmp_path / "law")])
    assert "wrong.toml:1" in str(result.exception)
    assert isinstance(CliRunner().invoke(app, ["rulebook", "adopt", "--facts", str(FACTS)]).exception, Usage)
