"""`tuodi dictionaries import`: a 1901 download becomes the next version of a dictionary; no meaning is guessed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from schemas.national.load import SHIPPED, load_national
from tests.unit.national.national_samples import PERSON, value_of
from workers.errors import Usage
from workers.intake.commands import register
from workers.intake.national.download import Comparison, compare, entries_of
from workers.intake.verdict import Accepted, judge
from workers.settings import settings

QIANNAN = load_national().profiles["qiannan"].dictionary
LINES = [
    {"type": "MAT_IDET_CODE", "value": "52001", "label": "低保对象", "parent_value": "", "vali_flag": "1"},
    {"type": "MAT_IDET_CODE", "value": "52009", "label": "某县自定人员", "vali_flag": "1"},
    {"type": "MED_TYPE", "value": "21", "label": "普通住院", "vali_flag": "1"},
    {"type": "MED_TYPE", "value": "28", "label": "日间手术", "vali_flag": "1"},
    {"type": "MED_TYPE", "value": "99", "label": "停用", "vali_flag": "0"},
    {"type": "insutype", "value": "396", "label": "某险种", "vali_flag": "1"},
    {"type": "DRUG_FORM", "value": "1", "label": "片剂", "vali_flag": "1"},
]


def compared(lines: list[dict[str, Any]], meanings: dict[str, dict[str, str]] | None = None) -> Comparison:
    return compare(QIANNAN, entries_of(lines), meanings or {})


def test_a_meaning_follows_from_the_measures_own_words_or_is_said_never_guessed() -> None:
    found = compared(LINES, {"med_type": {"28": "inpatient"}})
    told = {(change.sign, change.field, change.code, change.meaning) for change in found.changes if change.sign != "-"}
    assert told == {
        ("+", "mat_idet_code", "52001", "低保对象"),
        ("?", "mat_idet_code", "52009", None),
        ("+", "med_type", "28", "inpatient"),
        ("+", "insutype", "396", "某险种"),
    }
    assert (found.same, found.unread) == (1, ("DRUG_FORM",))
    gone = {(change.field, change.code) for change in found.changes if change.sign == "-"}
    assert ("med_type", "11") in gone
    assert not any(code.startswith("SIM") for _, code in gone)


@pytest.mark.parametrize("meanings", [{"med_type": {"28": "hotel"}}, {"mat_idet_code": {"52009": "自己想的名称"}}])
def test_a_said_meaning_is_one_of_ours(meanings: dict[str, dict[str, str]]) -> None:
    with pytest.raises(Usage, match="is no meaning of"):
        compared(LINES, meanings)


@pytest.mark.parametrize(
    "line", [{}, {"type": "X", "value": "1 2", "label": "a"}, {"type": "X", "value": "1", "label": "a" * 201}]
)
def test_a_line_that_is_none_is_named(line: dict[str, Any]) -> None:
    with pytest.raises(Usage, match="line 2"):
        entries_of([LINES[0], line])


def run(folder: Path, file: Path, *more: str) -> Result:
    app = typer.Typer()
    register(app)
    environment = {"TUODI_NATIONAL_FOLDER": str(folder)}
    settings.cache_clear()
    asked = ["dictionaries", "import", str(file), "--region", "qiannan", *more]
    try:
        return CliRunner().invoke(app, asked, env=environment)
    finally:
        settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "national", ignore=shutil.ignore_patterns("*.py", "__pycache__")))


def test_the_next_version_is_shown_written_once_and_read_when_the_profile_names_it(
    tmp_path: Path, folder: Path
) -> None:
    file = tmp_path / "1901.json"
    file.write_text(json.dumps({"infcode": 0, "output": {"list": LINES}}), encoding="utf-8")
    target = folder / "dictionaries" / "qiannan-v2.toml"
    shown = run(folder, file, "--dry-run")
    assert (shown.exit_code, target.exists()) == (1, False)
    assert "+ mat_idet_code 52001 低保对象 → 低保对象" in shown.output
    assert run(folder, file).exit_code == 1
    assert target.exists()
    assert isinstance(run(folder, file).exception, Usage)
    profile = folder / "profiles" / "qiannan.toml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("qiannan-v1", "qiannan-v2"), encoding="utf-8")
    load_national.cache_clear()
    row = orjson.dumps(value_of("救助对象身份 一行") | {"mat_idet_code": "52001"})
    verdict = judge("identity.changed", PERSON.encode(), row, national=load_national(folder))
    assert isinstance(verdict, Accepted)
    assert verdict.event["identity"] == "低保对象"
    before = load_national().profiles["qiannan"].dictionary.tables
    after = load_national(folder).profiles["qiannan"].dictionary.tables
    assert all(after[field][code] == meaning for field, codes in before.items() for code, meaning in codes.items())


def test_a_csv_of_the_same_names_will_do_and_other_files_are_asked_back(tmp_path: Path, folder: Path) -> None:
    file = tmp_path / "1901.csv"
    file.write_text("\ufefftype,value,label,vali_flag\nMAT_IDET_CODE,52001,低保对象,1\n", encoding="utf-8")
    told = run(folder, file, "--dry-run", "--json")
    signs = [json.loads(line)["sign"] for line in told.stdout.splitlines()]
    assert (told.exit_code, signs) == (0, ["+"])
    for text in ("{", "[1]", '{"output": {}}', "a,b\n"):
        file.write_text(text, encoding="utf-8")
        assert isinstance(run(folder, file, "--dry-run").exception, Usage), text
