"""The one command as its users meet it: its list, its help, and what it says when something is wrong."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from workers.cli import _register_all, app
from workers.cli_help import GROUPS, REST
from workers.errors import Usage
from workers.settings import Settings, settings

ROOT = Path(__file__).resolve().parents[2]


def tuodi(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUODI_")}
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *words], cwd=ROOT, env=kept | (environment or {}), capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
    )  # fmt: skip


def test_every_grouped_command_exists_and_each_stands_once() -> None:
    _register_all()
    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) <= set(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_list_begins_with_what_a_newcomer_runs_first() -> None:
    _register_all()
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).output
    headings = [shown.index(heading) for heading in GROUPS]
    assert headings == sorted(headings)
    assert shown.index("│ demo ") < shown.index("│ simulate ")
    assert REST not in shown or shown.index(REST) > headings[-1]


def test_a_paragraph_of_a_help_fills_the_terminal() -> None:
    _register_all()
    shown = CliRunner().invoke(app, ["worker", "--help"], env={"COLUMNS": "400"}).output
    [paragraph] = [line for line in shown.splitlines() if "Settings come from" in line]
    assert "2 asked wrongly" in paragraph


def test_a_wrong_setting_is_named_with_its_meaning_and_without_its_value() -> None:
    done = tuodi("explain", "X", environment={"TUODI_PARTITIONS": "secret-looking"})
    assert done.returncode == 2
    assert "TUODI_PARTITIONS: " in done.stderr
    assert "one-way door" in done.stderr
    assert "secret-looking" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def fresh() -> object:
    settings.cache_clear()
    yield None
    settings.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_a_misspelt_setting_does_not_leave_its_default_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUODI_PARTITONS", "24")
    with pytest.raises(Usage, match="TUODI_PARTITONS is no setting; did you mean TUODI_PARTITIONS"):
        settings()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", ["TUODI_DEV_KEYS", "TUODI_GATE_PEOPLE", "TUODI_TEST_BOOTSTRAP", "TUODI_SIM_SEED"])
def test_names_that_are_read_elsewhere_stop_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    assert isinstance(settings(), Settings)


@pytest.mark.usefixtures("fresh")
def test_a_file_of_settings_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUODI_ENV_FILE", str(tmp_path / "none.env"))
    with pytest.raises(Usage, match="which is no file"):
        settings()


def test_a_folder_that_is_not_there_is_told_in_one_line() -> None:
    done = tuodi("simulate", "--persons", "2", "--out", "/dev/null/none/year.ndjson")
    assert done.returncode == 1
    assert done.stderr.startswith("tuodi: /dev/null/none/year.ndjson")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("words", [("explain", "X"), ("tasks",), ("order", "list"), ("shadow", "status")])
@pytest.mark.parametrize("kind", ["rubbish", "another database"])
def test_a_file_that_is_no_read_model_is_told(words: tuple[str, ...], kind: str, tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    if kind == "rubbish":
        file.write_bytes(b"not a database at all, really not" * 100)
    else:
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE other (n)")
        connection.close()
    done = tuodi(*words, "--database", str(file))
    assert done.returncode == 2
    assert str(file) in done.stderr
    assert "read model" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_is_away_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    done = tuodi("export", "--out", str(tmp_path / "journal.ndjson"), environment={"TUODI_BOOTSTRAP": "127.0.0.1:1"})
    assert done.returncode == 1
    assert "no broker answers" in done.stderr
    assert "TUODI_BOOTSTRAP" in done.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = {"TUODI_HTTP_PORT": port, "TUODI_BOOTSTRAP": "127.0.0.1:1", "TUODI_DATA_DIR": str(tmp_path)}
        done = tuodi("worker", "--instance", "a", "--dev-keys", environment=environment)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "<traceback object" not in done.stderr


@pytest.mark.parametrize(
    "role", [("worker", "--dev-keys"), ("gateway", "--dev-keys", "--open-door", "H1:520000"), ("history",)]
)
def test_a_name_that_kafka_would_not_take_is_asked_wrongly(role: tuple[str, ...]) -> None:
    done = tuodi(*role, "--instance", "a b/c", environment={"TUODI_BOOTSTRAP": "127.0.0.1:1"})
    assert done.returncode == 2
    assert "--instance is a letter or digit" in done.stderr


def test_a_folder_that_cannot_be_written_is_told_with_its_setting() -> None:
    environment = {"TUODI_DATA_DIR": "/dev/null/none", "TUODI_BOOTSTRAP": "127.0.0.1:1"}
    done = tuodi("worker", "--instance", "a", "--dev-keys", environment=environment)
    assert done.returncode == 1
    assert "/dev/null/none/worker-a.port cannot be written" in done.stderr
    assert "TUODI_DATA_DIR" in done.stderr


def test_text_logs_have_no_colours_where_nobody_looks_at_them(tmp_path: Path) -> None:
    environment = {"TUODI_BOOTSTRAP": "127.0.0.1:1", "TUODI_DATA_DIR": str(tmp_path)}
    done = tuodi("worker", "--instance", "a", "--dev-keys", "--log-format", "text", environment=environment)
    assert done.returncode == 1
    assert "\x1b[" not in done.stderr
