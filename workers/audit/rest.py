"""What is looked at once the ledger has been read: other numbered topics (A3), open transactions (A7)."""

from __future__ import annotations

from collections.abc import Mapping

from workers.audit.decode import Unreadable, obj
from workers.audit.feeds import FEEDS
from workers.audit.findings import Findings
from workers.audit.source import Source

NUMBERED = ("entitlement.flagged", "task.opened", "task.closed", "alert.raised")
OURS = (
    *FEEDS,
    *(f"{feed}.dlq" for feed in FEEDS),
    "journal",
    "journal.answered",
    "ledger-changelog",
    "assistance.decided",
    "person.accumulated",
    *NUMBERED,
)


async def audit_sequences(
    source: Source, partition: int, state: Mapping[str, Mapping[str, int]], findings: Findings
) -> None:
    """Per person and topic the sequence has no gap and ends where the state says (`state`: person, topic, sequence).

    The first one kept may be later than 1 where retention has cut.

    The lists worker publishes at least once: its tasks (cause `list.line`, sequence 1) may stand twice, byte by byte.
    """
    for topic in NUMBERED:
        last: dict[str, int] = {}
        of_lists: dict[str, bytes | None] = {}
        begin = (await source.ends(topic, partition)).begin if await source.partitions(topic) > partition else 0
        async for record in source.read(topic, partition):
            where = f"{topic}[{partition}]@{record.offset}"
            try:
                body = obj(record.value)
            except Unreadable as error:
                findings.add("A0", where, str(error))
                continue
            person, sequence = str(body.get("person_key")), body.get("sequence")
            if not isinstance(sequence, int):
                continue
            if _of_lists(body):
                same = of_lists.setdefault(person, record.value) == record.value
                findings.unless(same and sequence == 1, "A3", where, "a task of a list was published with two contents")
                continue
            due = last.get(person, sequence - 1 if begin > 0 else 0) + 1
            findings.unless(sequence == due, "A3", where, f"sequence {sequence} where {due} was due")
            last[person] = sequence
        for person, sequences in state.items() if begin == 0 else ():
            have, said = last.get(person, 0), sequences.get(topic, 0)
            where = f"{topic}, person {person[:12]}… [{partition}]"
            findings.unless(have == said, "A3", where, f"{have} records, the state counts {said}")


def _of_lists(body: dict[str, object]) -> bool:
    cause = body.get("cause")
    return isinstance(cause, dict) and cause.get("type") == "list.line"


async def audit_open_transactions(source: Source, findings: Findings) -> None:
    """At rest the last stable offset of each partition is its high watermark (A7)."""
    for topic in OURS:
        for partition in range(await source.partitions(topic)):
            ends = await source.ends(topic, partition)
            where = f"{topic}[{partition}]"
            findings.unless(
                ends.stable == ends.high, "A7", where, f"stable at {ends.stable}, high watermark {ends.high}"
            )
