"""The demonstration without a broker: the same intake and ledger over the log in memory, the same read model."""

from __future__ import annotations

from pathlib import Path

import orjson

from schemas.topics import full_name
from workers.demo.stage import Screen
from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.history.rows import write_rulebook
from workers.journal.adopt import adoption_record_fields
from workers.policy.adoption import build_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import read_lines
from workers.settings import Settings


def run_embedded(directory: Path, file: Path, screen: Screen) -> Path:
    """Run the file and fill a read model; returns the path of the latter."""
    database = directory / "history.sqlite"
    for old in directory.glob("history.sqlite*"):
        old.unlink()
    settings = Settings()
    shorts = {full_name(short, settings.topic_prefix): short for short in WRITERS}
    emitted: dict[str, list[Row]] = {short: [] for short in WRITERS}

    def keep(record: Emitted) -> None:
        short = shorts.get(record.topic)
        if short is not None:
            rows = emitted[short]
            rows.append(Row(len(rows), 0, record.key, record.value))

    law = build_adoption()
    engine = Engine(settings, dev_keys=True, keep=keep)
    engine.run(read_lines(file, settings.topic_prefix), law)
    with Database(database) as model:
        for short, rows in emitted.items():
            model.take(Source(short, 0), rows, WRITERS[short])
        model.take(Source("journal", 0), [_adopted(law)], write_rulebook)
    screen.say(
        f"{len(emitted['journal.answered'])} journal records answered, {len(emitted['assistance.decided'])} decisions"
    )
    return database


def _adopted(law: bytes) -> Row:
    return Row(0, 0, b"!rulebook.adopted", orjson.dumps(adoption_record_fields(law)))
