"""docs/gates.md names tests and files that exist, and every property."""

from __future__ import annotations

import re
from pathlib import Path

from workers.gates.register import is_test

PAGE = Path("docs/gates.md").read_text(encoding="utf-8")


def test_every_property_names_a_test_that_exists() -> None:
    rows = dict(re.findall(r"^\| (P\d+) \| .* \| (.*) \|$", PAGE, re.MULTILINE))
    assert set(rows) == {f"P{number}" for number in range(1, 16)}
    for number, cell in rows.items():
        for named in re.findall(r"`([^`]+)`", cell):
            path = Path(named.partition("::")[0])
            assert path.is_file(), f"{number}: {path}"
            assert "::" not in named or is_test(named, Path.cwd()), f"{number}: {named}"


def test_every_gate_names_files_that_exist() -> None:
    gates = re.findall(r"^\| G\d \| .* \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(gates) == 8
    for named in re.findall(r"`(workers/[^`]+)`", " ".join(gates)):
        assert Path(named).is_file(), named
