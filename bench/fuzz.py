"""Damaged messages against intake: each ends as events or one typed refusal, nothing else, in bounded time.

`python -m bench.fuzz --minutes 5 --seed 7`. Exit codes: 0 nothing found, 1 a finding (its seed and number repeat it).
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from bench.mutate import Mutator
from schemas.codec import FEED_MODELS, type_of
from schemas.national.load import load_national
from workers.errors import Reject
from workers.intake.verdict import Accepted, Refused, Verdict, judge
from workers.journal.keys import person_keys
from workers.journal.names import INTAKE_FEEDS
from workers.journal.record import Source, journal_of
from workers.ledger.decode import decode
from workers.log.port import Record
from workers.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CPU_MS_MAX = 50.0
"""CPU time of judging one message. One that is slower is judged again twice: a busy machine is no finding."""
_JOURNAL = journal_of(Settings.model_construct(), person_keys(Settings.model_construct(), dev_keys=True))
_TIMES = (
    b"2023-05-07T00:00:00+08:00", b"0001-01-01T00:00:00+00:00", b"9999-12-31T23:59:59-12:00", b"\xff", b"9" * 50,
)  # fmt: skip
TOLD = frozenset(
    {*(name for models in FEED_MODELS.values() for model in models for name in model.model_fields),
     *load_national().vocabulary.told, *load_national().vocabulary.spelled.values()}
)  # fmt: skip
"""Every name that a refusal may tell; any other would come from the message."""


_TOPICS = {type_of(model): topic for topic, models in FEED_MODELS.items() for model in models}


class Sample(NamedTuple):
    """A message as it should arrive."""

    topic: str
    key: str
    value: dict[str, Any]


class Found(NamedTuple):
    """What is wrong with one message: `number` and the seed repeat it."""

    number: int
    what: str
    message: bytes


class Tally(NamedTuple):
    """How the messages ended, and the slowest CPU time of one in milliseconds."""

    ends: Counter[str]
    slowest_ms: float
    found: Found | None


def samples() -> list[Sample]:
    """Messages of the platform and of our own contract."""
    lines = (ROOT / "tests/samples/national/samples.ndjson").read_text(encoding="utf-8").splitlines()
    national = [Sample(line["topic"], line["key"], line["value"]) for line in map(json.loads, lines)]
    ours = sorted((ROOT / "schemas/generated/released").glob("*.json"))
    taken = [json.loads(file.read_text(encoding="utf-8")) for file in ours]
    own = [Sample(_TOPICS[value["type"]], value["psn_no"], value) for value in taken if "psn_no" in value]
    return national * 2 + [sample for sample in own if sample.topic in INTAKE_FEEDS]


def fuzz(seed: int, seconds: float, *, say_every_s: float | None = None) -> Tally:
    """Judge damaged messages until the time is over or one ends wrongly."""
    rng, ends, slowest = Random(seed), Counter[str](), 0.0
    known = samples()
    mutator = Mutator(rng, [sample.value for sample in known], sorted(TOLD))
    start = said = time.monotonic()
    for number in _numbers():
        now = time.monotonic()
        if now - start > seconds:
            break
        if say_every_s is not None and now - said > say_every_s:
            said = now
            sys.stderr.write(f"fuzz: {number:,} messages, slowest {slowest:.1f} ms\n")
        base = rng.randrange(len(known))
        raw, record = mutator.message(base), _record(rng, known[base])
        verdict, what, spent = _judged(raw, record)
        slowest = max(slowest, spent)
        if what is not None:
            return Tally(ends, slowest, Found(number, what, raw))
        ends["taken" if isinstance(verdict, Accepted) else str(verdict.reason.value) if verdict else "?"] += 1
    return Tally(ends, slowest, None)


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def _record(rng: Random, sample: Sample) -> dict[str, Any]:
    """Where and how a message arrives: mostly as it should."""
    topic: str = sample.topic
    key: bytes | None = sample.key.encode()
    if rng.random() < 0.05:
        topic, key = rng.choice(INTAKE_FEEDS), rng.choice((key, b"", None, b"\xff1"))
    time_header = rng.choice(_TIMES)
    headers = rng.choice(((), (), (), (("ce_time", time_header),)))
    stamp = rng.choice((None, *(1_800_000_000_000,) * 6, 0, -1, 1_800_000_000_000_000, 2**63 - 1))
    return {"topic": topic, "key": key, "headers": headers, "timestamp_ms": stamp}


def _judged(raw: bytes, record: dict[str, Any]) -> tuple[Verdict | None, str | None, float]:
    """The verdict, what is wrong with it, and the CPU milliseconds it took."""
    try:
        verdict, spent = _timed(raw, record)
        for _ in range(2):
            if spent > CPU_MS_MAX:
                spent = min(spent, _timed(raw, record)[1])
        what = f"took {spent:.0f} ms of CPU" if spent > CPU_MS_MAX else _wrong(verdict, record["timestamp_ms"] or 0)
    except Exception as error:  # whatever comes out here is the finding
        return None, f"{type(error).__name__}: {error}", 0.0
    return verdict, what, spent


def _timed(raw: bytes, record: dict[str, Any]) -> tuple[Verdict, float]:
    before = time.thread_time()
    verdict = judge(record["topic"], record["key"], raw, record["headers"], record["timestamp_ms"])
    return verdict, (time.thread_time() - before) * 1000


def _wrong(verdict: object, time_ms: int = 0) -> str | None:
    if isinstance(verdict, Refused):
        if verdict.field is not None and verdict.field not in TOLD:
            return "a refusal tells a name of the message"
        code = verdict.code or "0"
        plain = len(code) <= 6 and code.isascii() and code.isalnum()
        return None if plain else "a refusal tells more than a code"
    if not isinstance(verdict, Accepted):
        return f"ended as {type(verdict).__name__}"
    return _unread(verdict, time_ms)


def _unread(verdict: Accepted, time_ms: int) -> str | None:
    """What was taken is what the ledger reads: a record that it cannot read would stop a partition."""
    try:
        made = _JOURNAL.person_records((verdict.event, *verdict.more), Source("fuzz", time_ms))
    except Reject:
        return None  # above the journal's limit: a dead letter too
    for record in made:
        decode(Record("journal", record.partition, 0, 0, record.key, record.value, record.headers))
    return None


def main() -> int:
    """Run, report, judge."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally = fuzz(options.seed, options.minutes * 60, say_every_s=10.0)
    for end, count in tally.ends.most_common():
        sys.stdout.write(f"{count:>12,} {end}\n")
    sys.stdout.write(f"{sum(tally.ends.values()):>12,} messages, slowest {tally.slowest_ms:.1f} ms of CPU\n")
    if tally.found is None:
        return 0
    found = tally.found
    shown = base64.b64encode(found.message[:20_000]).decode()
    sys.stdout.write(f"FOUND seed {options.seed}, message {found.number}: {found.what}\n{shown}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
