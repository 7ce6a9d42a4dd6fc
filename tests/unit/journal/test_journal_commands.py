"""The commands that need no broker, through the command line itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from workers.errors import Usage
from workers.journal import commands
from workers.journal.keys import PersonKeys
from workers.settings import settings

SECRET = bytes(range(32))


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    file = tmp_path / "key"
    file.write_text(SECRET.hex())
    monkeypatch.setenv("TUODI_PERSON_KEY_FILE", str(file))
    settings.cache_clear()
    made = typer.Typer()
    commands.register(made)
    return made


@pytest.fixture(autouse=True)
def _fresh_settings() -> object:
    yield
    settings.cache_clear()


@pytest.mark.parametrize("given", ["argument", "stdin"])
def test_person_key_prints_the_key_and_nothing_else(app: typer.Typer, given: str) -> None:
    argument, stdin = ("P-17", "") if given == "argument" else ("-", "P-17\n")
    result = CliRunner().invoke(app, ["person-key", argument, "--region", "522701"], input=stdin)
    assert result.exit_code == 0
    assert result.stdout == PersonKeys(SECRET, 1).person_key("520000", "P-17") + "\n"


def test_a_region_has_six_digits(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["person-key", "P1", "--region", "52"])
    assert isinstance(result.exception, Usage)


def test_an_export_never_overwrites(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", "--out", str(tmp_path / "key")])
    assert isinstance(result.exception, Usage)
    assert "exists" in str(result.exception)
