"""The whole audit in its order: state, ledger, numbered topics, dead letters, feeds, rest, metrics.

Partition after partition, so that the memory is that of the largest partition's bills plus a bit per feed record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.audit.account import Books
from workers.audit.feeds import FeedMarks, Published, audit_dead_letters, audit_feeds
from workers.audit.findings import Findings
from workers.audit.ledger import LedgerPartition
from workers.audit.metrics import audit_metrics, read_metrics
from workers.audit.moves import Crossings
from workers.audit.reader import Seen
from workers.audit.rest import audit_open_transactions, audit_sequences
from workers.audit.source import AuditError, Source
from workers.audit.state import Replay, compare, read_cap_table, read_state
from workers.progress import ProgressLine


@dataclass
class Plan:
    """What to compare the log with; each file is optional. `prefix` is the first word of the topic names."""

    prefix: str = "medassist"
    published: Path | None = None
    reader: Path | None = None
    replay: Path | None = None
    metrics: tuple[str, ...] = ()  # files or URLs of Prometheus text, one per worker
    seed: str | None = None


@dataclass
class Result:
    findings: Findings
    inputs: int = 0
    journal: int = 0
    answers: int = 0
    decisions: int = 0
    dead_letters: int = 0
    first_record_ms: int = 0
    seed: str | None = None
    skipped: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The last line: all accounted, or how much is wrong."""
        counted = f"{self.inputs} inputs, {self.decisions} decisions, {self.dead_letters} dead letters"
        tail = f"{counted}, seed {self.seed or '-'}"
        if self.findings.clean:
            return f"ALL ACCOUNTED {tail}"
        return f"NOT ACCOUNTED {sum(self.findings.counts.values())} findings in {tail}"

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.findings.clean,
            "inputs": self.inputs,
            "journal": self.journal,
            "answers": self.answers,
            "decisions": self.decisions,
            "dead_letters": self.dead_letters,
            "seed": self.seed,
            "skipped": self.skipped,
            "counts": dict(self.findings.counts),
            "findings": [finding._asdict() for finding in self.findings.listed],
        }


async def run_audit(source: Source, plan: Plan) -> Result:
    """All checks; the source stays open. AuditError where something cannot be read at all."""
    findings, owners = Findings(), set[bytes]()
    result = Result(findings, seed=plan.seed)
    marks = FeedMarks(findings, plan.prefix)
    seen = Seen(plan.reader, plan.prefix) if plan.reader else None
    replay = Replay(plan.replay) if plan.replay else None
    crossings = Crossings(findings)
    published = Published(plan.published, plan.prefix) if plan.published else None
    partitions, progress = await source.partitions("journal"), ProgressLine("audit, partitions")
    if partitions == 0:
        raise AuditError("there is no journal; is the topic prefix right?")
    for partition in range(partitions):
        books = Books(partition, findings, owners)
        await _partition(source, books, marks, seen, replay, crossings, result)
        progress(partition + 1, partitions)
    progress.end()
    crossings.end()
    if replay is not None:
        replay.left_over(findings)
    result.dead_letters = await audit_dead_letters(source, marks, findings)
    feeds = await audit_feeds(source, marks, published, findings)
    result.inputs = feeds or result.journal
    await audit_open_transactions(source, findings)
    if plan.metrics:
        log = {"answers": result.answers, "accepted": marks.accepted_records}
        log["dead_letters"] = marks.dead_letter_records
        audit_metrics(await read_metrics(plan.metrics), log, result.first_record_ms, findings)
    chosen = {"--feed": published, "--reader": seen, "--replay": replay, "--metrics": plan.metrics}
    result.skipped = [name for name, given in chosen.items() if not given]
    return result


async def _partition(
    source: Source,
    books: Books,
    marks: FeedMarks,
    seen: Seen | None,
    replay: Replay | None,
    crossings: Crossings,
    result: Result,
) -> None:
    findings, partition = books.findings, books.partition
    state = await read_state(source, partition, findings)
    books.origins = state.origins
    kept_from = (await source.ends("journal.answered", partition)).begin
    ledger = LedgerPartition(
        source, books, state.position, answers_kept_from=kept_from, marks=marks, seen=seen, crossings=crossings
    )
    counts = await ledger.run()
    ledger.moves.settle(state.bills)
    where, end = f"ledger-changelog[{partition}]", (await source.ends("journal", partition)).high
    findings.unless(state.position <= end, "A1", where, f"the position is {state.position}, the journal ends at {end}")
    same = counts.incarnation in (None, state.incarnation)
    findings.unless(same, "A1", where, "the position counts in another journal than this one")
    result.journal += counts.journal
    result.answers += counts.answers
    result.decisions += counts.decisions
    firsts = [ms for ms in (result.first_record_ms, counts.first_ms) if ms]
    result.first_record_ms = min(firsts, default=0)
    compare(books, state, await read_cap_table(source, partition, findings))
    if replay is not None:
        replay.compare(books, state)
    balanced = books.moved_in == books.moved_out
    what = f"bills stand at {books.moved_in} fen, postings moved {books.moved_out}"
    findings.unless(balanced, "A10", f"assistance.decided[{partition}]", what)
    await audit_sequences(source, partition, state.sequences, findings)
