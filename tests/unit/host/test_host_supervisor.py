"""The supervisor on real processes: dies and starts anew, passes signals on, gives up, never leaves an orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE_S = 20.0
SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from workers.errors import Usage
from workers.host import supervisor

supervisor.PAUSE_MIN_S = 0.01
supervisor.SHORT_LIVES_MAX = 6
lives = Path(sys.argv[2])

def waits():
    with lives.open("a") as out:
        out.write(f"{os.getpid()}\\n")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        time.sleep(0.05)

def crashes():
    with lives.open("a") as out:
        out.write(f"{os.getpid()}\\n")
    raise ValueError("a value that no log may show: 522701199001011234")

def asked_wrongly():
    raise Usage("no key file")

raise SystemExit(supervisor.Supervisor(globals()[sys.argv[1]]).run())
"""


class Supervised:
    """A supervisor in a process of its own and the pids of its children, oldest first."""

    def __init__(self, folder: Path, work: str) -> None:
        self._lives = folder / "lives"
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, work, str(self._lives)], stderr=subprocess.PIPE, text=True
        )

    def lives(self) -> list[int]:
        return [int(line) for line in self._lives.read_text().split()] if self._lives.exists() else []

    def life(self, number: int) -> int:
        """Pid of the child of this number, from 1, once it runs."""
        _until(lambda: len(self.lives()) >= number)
        return self.lives()[number - 1]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Supervised]]:
    started: list[Supervised] = []

    def begin(work: str) -> Supervised:
        started.append(Supervised(tmp_path, work))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.wait()
        assert each.process.stderr is not None
        each.process.stderr.close()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_killed_child_is_followed_by_another_one(start: Callable[[str], Supervised]) -> None:
    supervised = start("waits")
    first = supervised.life(1)
    os.kill(first, signal.SIGKILL)
    second = supervised.life(2)
    assert second != first
    assert not _alive(first)
    assert supervised.process.poll() is None


def test_sigterm_goes_to_the_child_and_its_clean_end_is_ours(start: Callable[[str], Supervised]) -> None:
    supervised = start("waits")
    child = supervised.life(1)
    supervised.process.terminate()
    assert supervised.process.wait(DEADLINE_S) == 0
    assert not _alive(child)
    assert len(supervised.lives()) == 1


def test_short_lives_in_a_row_end_with_1_and_no_value_in_the_log(start: Callable[[str], Supervised]) -> None:
    supervised = start("crashes")
    _, told = supervised.process.communicate(timeout=DEADLINE_S)
    assert supervised.process.returncode == 1
    assert len(supervised.lives()) == 6
    assert "ValueError" in told
    assert "522701199001011234" not in told


def test_what_was_asked_wrongly_is_not_tried_again(start: Callable[[str], Supervised]) -> None:
    supervised = start("asked_wrongly")
    _, told = supervised.process.communicate(timeout=DEADLINE_S)
    assert supervised.process.returncode == 2
    assert told == "tuodi: no key file\n"


def test_a_child_does_not_survive_its_parent(start: Callable[[str], Supervised]) -> None:
    supervised = start("waits")
    child = supervised.life(1)
    supervised.process.kill()
    _until(lambda: not _alive(child))
    assert supervised.lives() == [child]
