"""Where a statement comes from: the read model, or a replayed file. Both give explained decisions and what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.outputs.explained import ExplainedDecision
from schemas.reasons import REASON_TEXTS
from schemas.topics import full_name
from workers.errors import TuodiError
from workers.history.known import known_year
from workers.history.queries import decision_chain, law_bytes, open_for_reading
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.explained import explain
from workers.policy.law import Law
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import adopts_by_itself, read_lines
from workers.settings import Settings
from workers.statement.letter import Waiting

FindLaw = Callable[[str], bytes]
WAITING = frozenset({"held", "needs_person"})


class Known(NamedTuple):
    """All that is known of a person's year: decisions of each bill or matter, oldest first; bills that wait."""

    histories: list[list[ExplainedDecision]]
    waiting: list[Waiting]


def from_database(database: Path, person_key: str, year: int) -> Known:
    """From the read model (SQLite), bills that came from another key included; Usage where there is none."""
    connection = open_for_reading(database)
    try:
        known = known_year(connection, person_key, year, None)
        _refuse_given_up(known.forwarded_to)
        chains = [decision_chain(connection, each["decision_id"]) for each in known.bills]
        histories = told(chains, lambda hash_: law_bytes(connection, hash_))
    finally:
        connection.close()
    waits = [each for each in known.undecided if each["status"] in WAITING]
    return Known(histories, [_waiting(each["bill"]["setl_id"], each["reason"]) for each in waits])


def from_file(
    file: Path, person_key: str, year: int, settings: Settings, rulebooks: Path | None, figures: Path | None
) -> Known:
    """From feed lines or an exported journal, replayed in memory; Usage and Stop as `tuodi replay`."""
    decided = full_name("assistance.decided", settings.topic_prefix)
    bodies: dict[str, bytes] = {}

    def keep(emitted: Emitted) -> None:
        if emitted.topic == decided:
            bodies[orjson.loads(emitted.value)["decision_id"]] = emitted.value

    engine = Engine(settings, dev_keys=settings.person_key_file is None, keep=keep)
    law = build_adoption(rulebooks, figures)
    if not adopts_by_itself(file):
        engine.adopt(law)
    engine.run(read_lines(file, settings.topic_prefix), law)
    state = {name: orjson.loads(raw) for part in engine.partitions for name, raw in part.store.names(person_key)}
    _refuse_given_up(state.get("alias", {}).get("to"))
    chains = [_chain(bodies, newest) for newest in _newest(person_key, state, bodies)]
    return Known(told(chains, engine.law_bytes), list(_held(state, year)))


def _refuse_given_up(forwarded_to: str | None) -> None:
    if forwarded_to is not None:
        raise TuodiError(f"this key was merged into another one; ask for {forwarded_to}")


def _newest(person_key: str, state: Mapping[str, Any], bodies: Mapping[str, bytes]) -> Iterable[str]:
    """The last decision of each bill that stands under the key, and of each other matter."""
    subjects: dict[bytes, str] = {}
    for name, bill in state.items():
        if name.startswith("bill|") and bill.get("decision"):
            yield bill["decision"]["id"]
    for decision_id, raw in bodies.items():
        body = orjson.loads(raw) if b'"bill":null' in raw and person_key.encode() in raw else {}
        if body.get("person_key") == person_key:
            subjects[orjson.dumps(body["subject"])] = decision_id
    yield from subjects.values()


def _chain(bodies: Mapping[str, bytes], decision_id: str | None) -> list[dict[str, Any]]:
    chain: list[dict[str, Any]] = []
    while decision_id is not None and decision_id in bodies:
        chain.insert(0, orjson.loads(bodies[decision_id]))
        decision_id = chain[0].get("supersedes")
    return chain


def told(chains: Iterable[list[dict[str, Any]]], find: FindLaw) -> list[list[ExplainedDecision]]:
    """Each chain explained, oldest first, each decision with its difference to the one before."""

    def law(decision: Mapping[str, Any]) -> Law | None:
        rulebook = decision["receipt"].get("rulebook")
        return None if rulebook is None else load_adoption(find(rulebook))

    return [
        [
            explain(law(decision), decision, (law(chain[number - 1]), chain[number - 1]) if number else None)
            for number, decision in enumerate(chain)
        ]
        for chain in chains
        if chain
    ]


def _held(state: Mapping[str, Any], year: int) -> Iterable[Waiting]:
    for name, bill in state.items():
        waits = name.startswith("bill|") and not bill.get("decision") and bill["status"] in WAITING
        if waits and bill["facts"]["discharged_on"].startswith(f"{year}-"):
            yield _waiting(name.split("|", 2)[2], bill["reason"])


def _waiting(setl_id: str, reason: str) -> Waiting:
    return Waiting(setl_id, REASON_TEXTS.get(reason, reason))
