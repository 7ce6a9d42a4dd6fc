"""Tests that may not meet do not: with a broker together, others by their file, as the scheduler really deals them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.side_by_side import BROKER, group_of

ROOT = Path(__file__).resolve().parents[2]


def test_a_broker_is_one_group_and_a_file_another() -> None:
    assert group_of("tests/broker/test_a.py::test_x[1]") == group_of("tests/chaos/test_b.py::test_y") == BROKER
    assert group_of("tests/unit/log/test_c.py::test_x[a::b]") == "tests/unit/log/test_c.py"


def test_a_file_is_not_torn_apart_where_two_processes_run(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_xdist_make_scheduler\n")
    body = "import pytest\n\n@pytest.mark.parametrize('n', range(10))\ndef test_n(n: int) -> None:\n    assert n >= 0\n"
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(body)
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    ran = re.findall(r"\[(gw\d)\].* PASSED .*(test_one|test_two)\.py::", done.stdout)
    assert len(ran) == 20, done.stdout + done.stderr
    assert len(set(ran)) == 2, sorted(set(ran))
