"""`tuodi rulebook`: exit codes, messages a clerk can act on, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.unit.policy.rulebook_files import NAME, SOURCE, TEXT, WORDS
from workers.errors import Usage
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
