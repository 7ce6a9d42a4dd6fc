"""The impact of an adoption on the live journal: read as it is committed, told, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.topics import full_name
from tests.unit.intake.bills import memory_log, settings
from tests.unit.replay.replay_files import CASE, Recording, defaults
from tests.unit.whatif.drafts import class_3
from workers.errors import Retry, Usage
from workers.log.memory import MemoryLog
from workers.policy.adoption import build_adoption
from workers.replay.lines import read_lines
from workers.rulebook import adopting
from workers.whatif.run import what_if

JOURNAL = full_name("journal")


async def live() -> MemoryLog:
    """A journal as the workers would have written it for the sample case."""
    log, engine = memory_log(), Recording(defaults())
    engine.run(read_lines(CASE, "medassist"), build_adoption())
    producer = await log.producer(client_id="test")
    for record in engine.folded:
        producer.append(JOURNAL, record.partition, record.key, record.value, record.headers)
    await producer.flush(deadline_ms=1_000)
    return log


async def test_the_live_journal_is_read_and_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = await live()
    before = len(log.records(JOURNAL))
    monkeypatch.setattr(adopting, "KafkaLog", lambda bootstrap: log)
    await adopting.export_live(settings(), tmp_path / "journal.ndjson")
    draft = adopting.prepare(class_3(tmp_path / "books"), None)
    answer = what_if(tmp_path / "journal.ndjson", defaults(), None, draft.data, parts=1)
    assert (answer.persons.owe, answer.facts.bills) == (1, 2)
    assert answer.today.hash != answer.draft.hash == draft.hash.removeprefix("sha256:")
    assert len(log.records(JOURNAL)) == before


async def test_a_broker_that_does_not_answer_is_told_with_what_to_do(tmp_path: Path) -> None:
    gone = settings(bootstrap="127.0.0.1:1")
    with pytest.raises(Retry, match=r"127\.0\.0\.1:1 cannot be read .*--facts FILE"):
        await adopting.export_live(gone, tmp_path / "journal.ndjson")


async def test_going_back_to_an_earlier_law_is_refused_and_the_law_in_force_may_be_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = memory_log()
    monkeypatch.setattr(adopting, "KafkaLog", lambda bootstrap: log)
    first, second = adopting.prepare(None, None), adopting.prepare(class_3(tmp_path / "books"), None)
    for adoption in (first, second, second):
        await adopting._write(settings(), adoption)
    before = len(log.records(JOURNAL))
    with pytest.raises(Usage, match="give its rulebook a new `revision`"):
        await adopting._write(settings(), first)
    assert len(log.records(JOURNAL)) == before
