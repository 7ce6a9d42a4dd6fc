"""`python -m bench.whatif`: a what-if of 50,000 bills, and what a bill more costs a person who has many.

Needs no broker. Exit codes: 0 goals met, 1 a goal missed. `--quick` shows that it works and judges nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Figure, as_json, text
from bench.machine import Machine
from workers.journal.keys import person_keys
from workers.journal.record import Source, journal_of
from workers.policy.adoption import SHIPPED, build_adoption
from workers.replay.engine import Engine
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan
from workers.whatif.run import cores, what_if

BILLS_PER_PERSON = 3.4
SECONDS_MAX = 60.0
APPEND_BILLS = 1_000
APPEND_BLOCK = 100
APPEND_RATIO_MAX = 1.25
BILL = {
    "type": "settlement.final", "county": "522701", "care_type": "inpatient", "insured": True, "insutype": "390",
    "insurance_settled": True, "designated": True, "emergency_rescue": False, "place": "in_county",
    "referral": "not_required", "channel": "one_stop", "in_scope_personal": "20.00",
}  # fmt: skip
BOOK, QUESTION, READING = "qiannan/2022-26.toml", "QN-A10", "all_in_scope_payments"


def draft(folder: Path) -> bytes:
    """The shipped law with another reading of one question, which moves the deductibles of two classes."""
    shutil.copytree(SHIPPED, folder)
    head, tail = (folder / BOOK).read_text(encoding="utf-8").split(f'id = "{QUESTION}"', 1)
    before, chosen, after = tail.partition('chosen = "')
    after = after.partition('"')[2]
    (folder / BOOK).write_text(f'{head}id = "{QUESTION}"{before}{chosen}{READING}"{after}', encoding="utf-8")
    return build_adoption(folder)


def measure_whatif(bills: int, rounds: int) -> list[Figure]:
    """Seconds of the whole command's work: laws loaded, facts folded, draft adopted, answer drawn up."""
    settings = Settings.model_construct()
    with tempfile.TemporaryDirectory(prefix="tuodi-bench-") as name:
        folder = Path(name)
        write(Plan(1, int(bills / BILLS_PER_PERSON), 2023, "522701", False, False, 30), folder / "year.ndjson")
        law, other = build_adoption(), draft(folder / "draft")
        seconds, found = [], 0
        for _ in range(rounds):
            began = time.monotonic()
            answer = what_if(folder / "year.ndjson", settings, law, other, progress=sys.stderr)
            seconds.append(time.monotonic() - began)
            found = answer.facts.bills
            assert answer.persons.changed > 0, "a draft that changes nothing measures nothing"
    per = tuple(each / found * 50_000 for each in seconds)
    note = f"{found:,} bills of {answer.persons.seen:,} persons, {answer.facts.lines:,} lines, {cores()} processes"
    return [Figure("what-if, for 50,000 bills", "s", per, SECONDS_MAX, note)]


def measure_append(rounds: int) -> list[Figure]:
    """CPU of the last hundred bills of one person against the first hundred, the whole ledger fold included."""
    pairs = [_append_costs() for _ in range(rounds)]
    ratios = tuple(last / first for first, last in pairs)
    first = tuple(first / 1000 for first, _ in pairs)
    last = tuple(last / 1000 for _, last in pairs)
    name = f"append: bills {APPEND_BILLS - APPEND_BLOCK + 1}–{APPEND_BILLS} ÷ bills 1–{APPEND_BLOCK}"
    return [
        Figure(name, "ratio", ratios, APPEND_RATIO_MAX, "one person, all assisted"),
        Figure("append, first hundred", "µs", first),
        Figure("append, last hundred", "µs", last),
    ]  # fmt: skip


def _append_costs() -> tuple[float, float]:
    """Median nanoseconds of a bill in the first and in the last block."""
    settings = Settings.model_construct()
    engine = Engine(settings, dev_keys=True, keep=lambda emitted: None)
    engine.adopt(build_adoption())
    journal = journal_of(settings, person_keys(settings, dev_keys=True))
    costs = []
    for number, event in enumerate(_events(), start=1):
        record = journal.person_record(event, Source("bench", number))
        began = time.perf_counter_ns()
        engine.append(record, number)
        costs.append(time.perf_counter_ns() - began)
    bills = costs[2:]
    return median(bills[:APPEND_BLOCK]), median(bills[-APPEND_BLOCK:])


def _events() -> Iterator[dict[str, Any]]:
    """An identity, one bill to warm up, then the bills."""
    from workers.intake.verdict import Accepted, judge

    base = {"version": 1, "region": "520000", "psn_no": "P1"}
    identity = {**base, "type": "identity.changed", "source_id": "I1", "identity": "特困人员", "revision": 1,
                "recognised_on": "2023-01-01"}  # fmt: skip
    lines: list[tuple[str, dict[str, object]]] = [("identity.changed", identity)]
    for number in range(APPEND_BILLS + 1):
        day = f"2023-{1 + number % 12:02d}-{1 + number % 28:02d}"
        days = {"admitted_on": day, "discharged_on": day, "settled_on": day}
        lines.append(("settlement.reported", {**base, **BILL, **days, "setl_id": f"S{number}"}))
    for topic, body in lines:
        verdict = judge(topic, b"P1", json.dumps(body).encode(), ())
        assert isinstance(verdict, Accepted), verdict
        yield verdict.event


def main() -> int:
    """Measure, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.whatif", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small round; goals are shown, not judged")
    parser.add_argument("--json", action="store_true", help="the report as one JSON object on standard output")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the median is judged (default 3)")
    given = parser.parse_args()
    machine, rounds = Machine(), 1 if given.quick else max(1, given.rounds)
    figures = [*measure_append(max(3, rounds)), *measure_whatif(3_000 if given.quick else 50_000, rounds)]
    about = [machine.text(), f"{rounds} rounds" + (", quick" if given.quick else "")]
    print(json.dumps(as_json(figures, about), indent=2) if given.json else text(figures, about))
    missed = [figure.name for figure in figures if figure.missed]
    return 1 if missed and not given.quick else 0


if __name__ == "__main__":
    sys.exit(main())
