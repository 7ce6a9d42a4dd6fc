"""Where a statement comes from: the read model, or a replayed file. Both give explained decisions and what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.outputs.explained import ExplainedDecision
from schemas.reasons import Reason
from schemas.topics import full_name
from workers.history.queries import law_bytes, open_for_reading, person_decisions, waiting_bills
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.explained import explain
from workers.policy.law import Law
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import adopts_by_itself, read_lines
from workers.settings import Settings
from workers.statement.letter import Waiting

_REASONS = {reason.value: reason.text for reason in Reason}
FindLaw = Callable[[str], bytes]


class Known(NamedTuple):
    """All that is known of a person: decisions of each bill or matter, oldest first; bills that wait, by year."""

    histories: list[list[ExplainedDecision]]
    waiting: list[tuple[int | None, Waiting]]


def from_database(database: Path, person_key: str) -> Known:
    """From the read model (SQLite); Usage where there is none."""
    connection = open_for_reading(database)
    try:
        decisions = person_decisions(connection, person_key)
        waits = waiting_bills(connection, person_key)
        histories = told(decisions, lambda hash_: law_bytes(connection, hash_))
    finally:
        connection.close()
    return Known(histories, [(None, _waiting(setl_id, reason)) for setl_id, reason in waits])


def from_file(file: Path, person_key: str, settings: Settings, rulebooks: Path | None, figures: Path | None) -> Known:
    """From feed lines or an exported journal, replayed in memory; Usage and Stop as `tuodi replay`."""
    decided = full_name("assistance.decided", settings.topic_prefix)
    key, decisions = person_key.encode(), list[dict[str, Any]]()

    def keep(emitted: Emitted) -> None:
        if emitted.key == key and emitted.topic == decided:
            decisions.append(orjson.loads(emitted.value))

    engine = Engine(settings, dev_keys=settings.person_key_file is None, keep=keep)
    law = build_adoption(rulebooks, figures)
    if not adopts_by_itself(file):
        engine.adopt(law)
    engine.run(read_lines(file, settings.topic_prefix), law)
    return Known(told(decisions, engine.law_bytes), list(_held(engine, person_key, decisions)))


def told(decisions: Iterable[Mapping[str, Any]], find: FindLaw) -> list[list[ExplainedDecision]]:
    """Decisions explained, gathered by what they are about, each with its difference to the one before."""

    def law(decision: Mapping[str, Any]) -> Law | None:
        rulebook = decision["receipt"].get("rulebook")
        return None if rulebook is None else load_adoption(find(rulebook))

    chains: dict[str, list[Mapping[str, Any]]] = {}
    for decision in decisions:
        about = orjson.dumps(decision.get("bill") or decision.get("subject"), option=orjson.OPT_SORT_KEYS).decode()
        chains.setdefault(about, []).append(decision)
    return [
        [
            explain(law(decision), decision, (law(chain[number - 1]), chain[number - 1]) if number else None)
            for number, decision in enumerate(chain)
        ]
        for chain in chains.values()
    ]


def _held(engine: Engine, person_key: str, decisions: list[dict[str, Any]]) -> Iterable[tuple[int | None, Waiting]]:
    known = {(bill["region"], bill["setl_id"]) for each in decisions if (bill := each.get("bill")) is not None}
    for partition in engine.partitions:
        for name, raw in partition.store.names(person_key):
            place = tuple(name.split("|", 2)[1:])
            if name.startswith("bill|") and place not in known:
                bill = orjson.loads(raw)
                yield int(bill["facts"]["discharged_on"][:4]), _waiting(place[1], bill["reason"])


def _waiting(setl_id: str, reason: str) -> Waiting:
    return Waiting(setl_id, _REASONS.get(reason, reason))
