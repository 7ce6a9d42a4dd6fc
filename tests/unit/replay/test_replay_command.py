"""`tuodi replay` and `tuodi person-key` as they are called: exit codes, what goes where, the same keys from both."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.replay.replay_files import CASE, REPLAY, ROOT, export_of, lines_of, tuodi, write


def test_json_goes_to_stdout_the_warning_to_stderr(tmp_path: Path) -> None:
    done = tuodi("replay", str(CASE), "--json", "--decisions", str(tmp_path / "d.ndjson"))
    assert done.returncode == 0
    assert b"DEVELOPMENT KEYS IN USE" in done.stderr
    (person,) = json.loads(done.stdout)["persons"].values()
    assert person["settlements"]["S-22"]["layers"]["ordinary"] == "2400.00"
    decisions = [json.loads(line) for line in (tmp_path / "d.ndjson").read_bytes().splitlines()]
    assert [each["sequence"] for each in decisions] == list(range(1, len(decisions) + 1))


def test_standard_input_gives_the_same_bytes_as_the_file() -> None:
    piped = tuodi("replay", "-", "--json", stdin=REPLAY.read_bytes())
    assert piped.returncode == 0
    assert piped.stdout == tuodi("replay", str(REPLAY), "--json").stdout
    assert piped.stdout.startswith(b'{\n  "persons"')


def test_asked_wrongly_is_two(tmp_path: Path) -> None:
    bad = tuodi("replay", "-", stdin=b'{"topic":"day.closed","value":{"date":"2023-01-01"}}\nnope\n')
    assert (bad.returncode, bad.stdout) == (2, b"")
    assert b"tuodi: -:2: not a JSON object" in bad.stderr
    assert tuodi("replay", str(tmp_path / "none.ndjson")).returncode == 2


def test_a_ledger_that_stops_is_one(tmp_path: Path) -> None:
    exported = export_of(CASE, tmp_path / "journal.ndjson")
    lines = lines_of(exported)
    twice = tuodi("replay", str(write(tmp_path / "twice.ndjson", [*lines, lines[-1]])))
    assert twice.returncode == 1
    assert b"comes twice or out of order" in twice.stderr
    assert b"Traceback" not in twice.stderr


def test_an_unknown_figure_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "figures.toml").write_text('[QN]\nheight = "3"\n', encoding="utf-8")
    done = tuodi("replay", str(CASE), "--figures", str(tmp_path / "figures.toml"))
    assert done.returncode in (1, 2)
    assert b"QN.height is not an outside figure of any adopted rulebook" in done.stderr


def test_person_key_and_replay_agree_without_a_key_file_and_with_one(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("ab" * 32, encoding="ascii")
    keys = []
    for environment in ({}, {"TUODI_PERSON_KEY_FILE": str(key_file)}):
        made = tuodi("person-key", "P-2001", "--region", "520000", **environment)
        assert made.returncode == 0
        assert (b"DEVELOPMENT KEYS IN USE" in made.stderr) == (not environment)
        replayed = tuodi("replay", str(CASE), "--json", **environment)
        assert list(json.loads(replayed.stdout)["persons"]) == [made.stdout.decode().strip()]
        keys.append(made.stdout)
    assert keys[0] != keys[1]
    assert keys[0].strip() in (ROOT / "docs/replay.md").read_bytes()
    typed = tuodi("person-key", "-", "--region", "520000", stdin=b"P-2001\n")
    assert typed.stdout == keys[0]


def test_person_key_wants_a_region_of_six_digits() -> None:
    assert tuodi("person-key", "P-2001", "--region", "52").returncode == 2


def test_replay_loads_nothing_of_the_broker_or_the_workers() -> None:
    import subprocess
    import sys

    code = (
        "import sys; sys.argv = ['tuodi', 'replay', sys.argv[1], '--json']\n"
        "from workers.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'aiokafka', 'faust', 'mode', 'prometheus_client', 'structlog', 'starlette', 'uvicorn', 'yaml'}\n"
        "sys.stderr.write('loaded: %s' % sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(CASE)], cwd=ROOT, capture_output=True, timeout=60)
    assert done.stderr.endswith(b"loaded: []"), done.stderr[-500:]
