"""The progress line: silent for two seconds, rewritten on a terminal, whole lines elsewhere."""

from __future__ import annotations

import io

import pytest

from workers import progress
from workers.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of these tests: its last entry is now."""
    passed = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: passed[-1])
    return passed


def test_a_short_task_says_nothing(seconds: list[float]) -> None:
    out = Terminal()
    line = ProgressLine("read", out=out)
    for done in range(1, 100):
        seconds.append(seconds[-1] + 0.02)
        line(done, 100)
    line.end()
    assert out.getvalue() == ""


def test_a_terminal_has_one_line_written_anew_every_second(seconds: list[float]) -> None:
    out = Terminal()
    line = ProgressLine("read", out=out)
    for done in range(1_000, 5_000, 500):  # every half second
        seconds.append(seconds[-1] + 0.5)
        line(done, 10_000)
    line.end()
    told = out.getvalue().split("\r")[1:]
    assert [each.strip() for each in told] == [
        "read: 2,500 of 10,000, 6 s left",
        "read: 3,500 of 10,000, 6 s left",
        "read: 4,500 of 10,000, 5 s left",
    ]
    assert out.getvalue().endswith("\n")


def test_elsewhere_every_report_is_a_line_and_they_are_rare(seconds: list[float]) -> None:
    out = io.StringIO()
    line = ProgressLine("read", out=out)
    for done in range(1, 31):
        seconds.append(seconds[-1] + 1)
        line(done)
    line.end()
    assert out.getvalue() == "read: 2\nread: 12\nread: 22\n"


def test_what_was_done_before_counts_but_not_for_the_estimate(seconds: list[float]) -> None:
    out = io.StringIO()
    line = ProgressLine("lines", start=900, out=out)
    seconds.append(seconds[-1] + 10)
    line(950, 1_000)
    assert out.getvalue() == "lines: 950 of 1,000, 10 s left\n"


def test_items_pass_through_as_they_are(seconds: list[float]) -> None:
    out = io.StringIO()
    passed = []
    for item in ProgressLine("bills", out=out).over("abc"):
        seconds.append(seconds[-1] + 2)
        passed.append(item)
    assert passed == ["a", "b", "c"]
    assert out.getvalue() == "bills: 1\n"
