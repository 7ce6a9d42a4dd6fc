"""One replay from file to result."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from schemas.money import fen_of, text_of
from schemas.replay import ReplayResult
from schemas.topics import full_name
from workers.errors import Usage
from workers.policy.adoption import build_adoption
from workers.progress import ProgressLine
from workers.replay.engine import Emitted, Engine, Keep
from workers.replay.lines import Line, adopts_by_itself, read_lines
from workers.replay.report import Collector, result_of
from workers.replay.traces import TraceWriter
from workers.settings import Settings


def replay_file(
    file: Path,
    settings: Settings,
    *,
    figures: Path | None = None,
    rulebooks: Path | None = None,
    decisions: Path | None = None,
    traces: Path | None = None,
    adopt: bool = True,
    progress: ProgressLine | None = None,
    name: str | None = None,
) -> ReplayResult:
    """Replay a file; Usage where it cannot be read, Stop where the ledger would have stopped.

    `name` stands for the file in messages, where it is a copy of something else.
    """
    collector = Collector(settings.topic_prefix)
    with ExitStack() as stack:
        out = stack.enter_context(decisions.open("wb")) if decisions is not None else None
        keep: list[Keep] = [collector]
        engine = Engine(settings, dev_keys=settings.person_key_file is None, keep=lambda e: _each(keep, e))
        if out is not None:
            keep.append(_writer(out, full_name("assistance.decided", settings.topic_prefix)))
        if traces is not None:
            keep.append(TraceWriter(stack.enter_context(traces.open("wb")), engine))
        law = build_adoption(rulebooks, figures)
        if adopt and not adopts_by_itself(file):
            engine.adopt(law)
        lines: Iterable[Line] = read_lines(file, settings.topic_prefix, name)
        if progress is not None:
            with file.open("rb") as counted:
                lines = progress.over(lines, sum(1 for _ in counted))
        engine.run(lines, law)
    return result_of(engine, collector)


@contextmanager
def replayable(file: Path, standard_input: BinaryIO) -> Iterator[Path]:
    """The file itself; for `-` a temporary copy of standard input, since a file is read more than once."""
    if str(file) != "-":
        if not file.is_file():
            raise Usage(f"{file} is not a file; name a file of replay lines, or - for standard input")
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="tuodi-replay-", suffix=".ndjson") as copy:
        shutil.copyfileobj(standard_input, copy)
        copy.flush()
        yield Path(copy.name)


def _writer(out: BinaryIO, decided: str) -> Keep:
    def keep(emitted: Emitted) -> None:
        if emitted.topic == decided:
            out.write(emitted.value + b"\n")

    return keep


def _each(keep: Iterable[Keep], emitted: Emitted) -> None:
    for each in keep:
        each(emitted)


def summary(result: ReplayResult) -> str:
    """A page for people."""
    granted: dict[str, int] = {}
    for person in result.persons.values():
        for bill in person.settlements.values():
            for layer, amount in bill.layers.items():
                granted[layer] = granted.get(layer, 0) + fen_of(amount)
    lines = [f"{name}: {n}" for name, n in result.counts.items()]
    lines += [f"persons: {len(result.persons)}", f"tasks open: {sum(task['state'] == 'open' for task in result.tasks)}"]
    lines += [f"held: {len(result.held)}", f"rejected: {len(result.rejected)}"]
    return "\n".join(lines + [f"granted, layer {layer}: {text_of(fen)}" for layer, fen in sorted(granted.items())])
