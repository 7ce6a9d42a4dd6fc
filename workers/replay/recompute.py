"""A cold recompute: one person's whole history from an exported journal, as if no year had ever been closed.

The person's records, those of other keys of the person, adoptions and days are folded in order of arrival; what the
ledger derived is dropped and written anew, and closings of years are left out. Nothing is written anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import orjson

from schemas.replay import PersonState
from workers.errors import TuodiError
from workers.journal.partition import partition_of
from workers.journal.record import JournalRecord
from workers.replay.engine import Engine
from workers.replay.lines import Line, read_lines
from workers.replay.report import Collector, result_of
from workers.settings import Settings

_OF_ALL = frozenset({"!day.closed", "!rulebook.adopted"})
"""Records of a partition that a recompute needs; an order that closes a year stands under none of these."""


def recompute(journal: Path, settings: Settings, person_key: str) -> dict[str, PersonState]:
    """State of the person and of every other key of the person; TuodiError where the journal knows nobody of them."""
    keys = _keys_of(journal, settings, person_key)
    partitions = {partition_of(key, settings.partitions) for key in keys}
    lines = [line for line in read_lines(journal, settings.topic_prefix) if _needed(line, keys, partitions)]
    if not any((line.key or b"").decode() in keys for line in lines):
        raise TuodiError(f"{journal} holds no record of this person; check the key and the export")
    collector = Collector(settings.topic_prefix)
    engine = Engine(settings, dev_keys=settings.person_key_file is None, keep=collector)
    for line in sorted(lines, key=_arrived):
        partition, _, stamp = line.place or (0, 0, 0)
        engine.append(JournalRecord(partition, line.key or b"", line.value or b"", line.headers), stamp)
    persons = result_of(engine, collector).persons
    return {key: persons[key] for key in sorted(keys) if key in persons}


def _keys_of(journal: Path, settings: Settings, person_key: str) -> set[str]:
    """The key and all keys that transfers connect with it."""
    pairs = [_pair(line) for line in read_lines(journal, settings.topic_prefix) if _transfers(line)]
    keys, size = {person_key}, 0
    while size != len(keys):
        size = len(keys)
        keys.update(key for pair in pairs if pair & keys for key in pair)
    return keys


def _transfers(line: Line) -> bool:
    return b'"type":"person.transferred"' in (line.value or b"")


def _pair(line: Line) -> set[str]:
    body = orjson.loads(line.value or b"{}")
    return {body["person_key"], body["to_key"]}


def _needed(line: Line, keys: Iterable[str], partitions: set[int]) -> bool:
    if line.place is None or dict(line.headers).get("derived") == b"1":
        return False
    key = (line.key or b"").decode()
    return key in keys or (key in _OF_ALL and line.place[0] in partitions)


def _arrived(line: Line) -> tuple[int, int, int]:
    partition, offset, stamp = line.place or (0, 0, 0)
    return stamp, partition, offset


def shown(persons: dict[str, PersonState]) -> str:
    """A page: bills, then counters, by key."""
    lines = []
    for key, state in persons.items():
        lines.append(key if state.forwarded_to is None else f"{key} -> {state.forwarded_to}")
        for setl_id, bill in state.settlements.items():
            layers = " ".join(f"{layer} {amount}" for layer, amount in bill.layers.items())
            lines.append(f"  {setl_id:<24} {bill.status:<12} {bill.reason:<24} {layers}".rstrip())
        for year, measures in state.years.items():
            for measure, counters in measures.items():
                used = " ".join(f"{name} {amount}" for name, amount in counters.items())
                lines.append(f"  {year} {measure}: {used}")
    return "\n".join(lines)
