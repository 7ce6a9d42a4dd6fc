"""`python -m bench.lists`: a monthly list of 200,000 lines, the first one and one with 2 % of changes; peak memory.
The first one also as an XLSX file.

Needs no broker. Each round is a process of its own, so that its peak memory is its own. Exit codes: 0 goals met, 1 a
goal missed. `--quick` shows that it works and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from bench.figures import Figure, as_json, text
from bench.machine import Machine
from workers.directory.bring import bring
from workers.directory.certificate import check_character
from workers.directory.database import Directory
from workers.directory.keys import DirectoryKeys
from workers.lists.database import CURRENT, Lists
from workers.lists.order import order_of
from workers.lists.take import Way, take
from workers.settings import Settings
from workers.sheets.rows import Digest

LINES, QUICK_LINES = 200_000, 4_000
SECONDS_MAX = 20.0
WORKBOOK_SECONDS_MAX = 60.0
"""A workbook is XML in a ZIP, read cell by cell: most of it is the parser's."""
MEMORY_RATIO_MAX = 1.15
"""Peak memory of twice the lines against once: constant memory, and what allocators do by the way."""
CHANGED_PERCENT = 2
REGION, COUNTY = "520000", "522701"


def card(number: int) -> str:
    """A well-formed number of nobody: place 999999."""
    day = f"{1940 + number // 28_000 % 80}{1 + number // 2_000 % 12:02d}{1 + number % 28:02d}"
    seventeen = f"999999{day}{number // 28 % 1000:03d}"
    return seventeen + check_character(seventeen)


def write_mapping(file: Path, people: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write("证件类型,证件号码,人员编号\n")
        out.writelines(f"01,{card(n)},52000000{n:012d}\n" for n in range(people))


def write_list(file: Path, people: range, moved: int) -> None:
    """A list of these people; of the first `moved` another day is stated."""
    digest = Digest()
    with file.open("w", encoding="utf-8") as out:
        out.write("证件类型,证件号码,救助身份,认定日期\n")
        for count, n in enumerate(people):
            day = f"20{10 + n % 13}-{1 + n % 12:02d}-{1 + n % 27:02d}" if count >= moved else "2023-06-01"
            row = f"01|{card(n)}|农村低保对象|{day}"
            digest.add(row)
            out.write(row.replace("|", ",") + "\n")
        out.write(f"#END,{digest.count},{digest.hex()}\n")


def write_workbook(file: Path, people: int) -> None:
    """The first list as an office program writes it: one sheet, every cell a text."""
    digest, book = Digest(), Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["证件类型", "证件号码", "救助身份", "认定日期"])
    for n in range(people):
        cells = ["01", card(n), "农村低保对象", f"20{10 + n % 13}-{1 + n % 12:02d}-{1 + n % 27:02d}"]
        digest.add("|".join(cells))
        sheet.append(cells)
    sheet.append(["#END", str(digest.count), digest.hex()])
    book.save(file)


def child_of_workbook(folder: Path, people: int) -> dict[str, float]:
    """One round of the first list as XLSX."""
    settings = Settings.model_construct()
    write_mapping(folder / "m.csv", people)
    write_workbook(folder / "first.xlsx", people)
    with (
        Directory(folder / "d.sqlite", DirectoryKeys(b"k" * 32, 1)) as directory,
        Lists(folder / "l.sqlite") as lists,
    ):
        bring(directory, folder / "m.csv", REGION, dry_run=False, progress=_no_progress)
        order = order_of(settings, source="civil_affairs", kind="subsistence", county=COUNTY, period="202403")
        way = Way(False, False, 0, _no_progress, _no_progress)
        began = time.monotonic()
        taken = take(lists, directory, settings, order, folder / "first.xlsx", way)
        seconds = time.monotonic() - began
        assert (taken.state, taken.unresolved, taken.added) == (CURRENT, 0, people), taken.note
    return {"workbook": seconds}


def child(folder: Path, lines: int) -> dict[str, float]:
    """One round: mapping, first list, second list; seconds, and the peak of memory of this process in MB."""
    settings = Settings.model_construct()
    third = lines * CHANGED_PERCENT // 300  # of the changes a third joins, a third leaves, a third changes
    write_mapping(folder / "m.csv", lines + third)
    write_list(folder / "first.csv", range(lines), 0)
    write_list(folder / "second.csv", range(third, lines + third), third)
    seconds: dict[str, float] = {}
    began = time.monotonic()
    with (
        Directory(folder / "d.sqlite", DirectoryKeys(b"k" * 32, 1)) as directory,
        Lists(folder / "l.sqlite") as lists,
    ):
        brought = bring(directory, folder / "m.csv", REGION, dry_run=False, progress=_no_progress)
        assert brought.new == lines + third
        seconds["import"] = time.monotonic() - began
        for name, period, changes in (("first", "202403", (lines, 0, 0)), ("second", "202404", (third,) * 3)):
            order = order_of(settings, source="civil_affairs", kind="subsistence", county=COUNTY, period=period)
            began = time.monotonic()
            way = Way(False, False, 0, _no_progress, _no_progress)
            taken = take(lists, directory, settings, order, folder / f"{name}.csv", way)
            seconds[name] = time.monotonic() - began
            assert (taken.state, taken.unresolved) == (CURRENT, 0), taken.note
            assert (taken.added, taken.changed, taken.ended) == changes, "a difference that is wrong measures nothing"
    return {**seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _no_progress(done: int, total: int) -> None:
    assert done <= total


def _round(lines: int, *, workbook: bool = False) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="tuodi-bench-") as folder:
        command = [sys.executable, "-m", "bench.lists", "--child", folder, "--lines", str(lines)]
        command += ["--workbook"] if workbook else []
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=280)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(lines: int, rounds: int) -> list[Figure]:
    whole = [_round(lines) for _ in range(rounds)]
    half = [_round(lines // 2) for _ in range(rounds)]
    books = tuple(_round(lines, workbook=True)["workbook"] for _ in range(rounds))
    note = f"{lines:,} lines"

    def of(name: str) -> tuple[float, ...]:
        return tuple(each[name] for each in whole)

    ratio = tuple(one["peak_mb"] / other["peak_mb"] for one, other in zip(whole, half, strict=True))
    return [
        Figure("first list, differenced", "s", of("first"), SECONDS_MAX, note),
        Figure("first list as XLSX", "s", books, WORKBOOK_SECONDS_MAX, note),
        Figure(f"next month, {CHANGED_PERCENT} % changed", "s", of("second"), SECONDS_MAX, note),
        Figure("peak memory ÷ that of half the lines", "ratio", ratio, MEMORY_RATIO_MAX, note),
        Figure("peak memory", "MB", of("peak_mb"), None, note),
        Figure("import of the directory", "s", of("import"), None, note),
    ]


def main() -> int:
    """Measure, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few lines, one round: shows that it works, judges nothing"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--workbook", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        one = child_of_workbook if options.workbook else child
        sys.stdout.write(json.dumps(one(options.child, options.lines)))
        return 0
    machine = Machine()
    lines, rounds = (QUICK_LINES, 1) if options.quick else (options.lines, options.rounds)
    figures = measure(lines, rounds)
    about = [machine.text(), f"{rounds} rounds" + (", quick" if options.quick else "")]
    sys.stdout.write((json.dumps(as_json(figures, about)) if options.json else text(figures, about)) + "\n")
    return 1 if not options.quick and any(each.missed for each in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
