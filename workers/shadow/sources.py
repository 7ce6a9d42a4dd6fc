"""Where the compared bills come from: the read model, or an exported journal that is decided again in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.topics import full_name
from workers.errors import Usage
from workers.history.queries import law_bytes, open_for_reading
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.law import Law
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import adopts_by_itself, read_lines
from workers.settings import Settings
from workers.shadow.causes import NOBODY, Cause, Compared, compare
from workers.shadow.cells import Bill

WAITING = frozenset({"held", "needs_person"})
FindLaw = Callable[[str], Law]


class Wanted(NamedTuple):
    """Which bills: of a region, benefit dates (ISO) from and to inclusive, of any mode or of the shadow alone."""

    region: str | None = None
    from_: str | None = None
    to: str | None = None
    any_mode: bool = False

    def takes(self, decision: Mapping[str, Any]) -> bool:
        """Whether a decision is compared; one that was taken back has nothing to compare."""
        if decision["bill"] is None or decision["status"] == "reversed":
            return False
        day, shadow = decision["benefit_date"], decision.get("mode") == "shadow"
        in_time = (self.from_ is None or day >= self.from_) and (self.to is None or day <= self.to)
        return in_time and (self.any_mode or shadow) and self.region in (None, decision["bill"]["region"])


def from_database(database: Path, wanted: Wanted) -> Iterator[Bill]:
    """The newest decision of every bill, person by person; Usage where there is no read model."""
    connection = open_for_reading(database)

    @lru_cache(maxsize=8)
    def law(hash_: str) -> Law:
        return load_adoption(law_bytes(connection, hash_))

    try:
        rows = connection.execute(
            "SELECT d.body FROM bill b JOIN decision d ON d.decision_id = b.decision_id ORDER BY b.person_key"
        )
        for (raw,) in rows:
            decision = orjson.loads(raw)
            if wanted.takes(decision):
                yield _bill(decision, law)
    finally:
        connection.close()


def waiting_in_database(database: Path, wanted: Wanted) -> int:
    """Bills that wait without a decision; their amounts are not in the read model."""
    connection = open_for_reading(database)
    try:
        found = connection.execute(
            'SELECT count(*) FROM (SELECT body, max("offset") FROM outcome WHERE person_key IS NOT NULL '
            "AND body ->> '$.bill.setl_id' IS NOT NULL AND body ->> '$.status' IS NOT NULL "
            "GROUP BY partition, person_key, body ->> '$.bill.region', body ->> '$.bill.setl_id') AS last "
            "WHERE last.body ->> '$.status' IN ('held', 'needs_person') "
            "AND (?1 IS NULL OR last.body ->> '$.bill.region' = ?1) "
            "AND NOT EXISTS (SELECT 1 FROM bill b WHERE b.region = last.body ->> '$.bill.region' "
            "AND b.setl_id = last.body ->> '$.bill.setl_id')",
            (wanted.region,),
        ).fetchone()
    finally:
        connection.close()
    return int(found[0])


def from_journal(file: Path, settings: Settings, wanted: Wanted) -> Iterator[Bill]:
    """The same from feed lines or an exported journal, without a broker; holds the bills, some hundred bytes each."""
    decided = full_name("assistance.decided", settings.topic_prefix)
    bills: dict[tuple[str, str, str], Bill | None] = {}

    def keep(emitted: Emitted) -> None:
        if emitted.topic != decided:
            return
        decision = orjson.loads(emitted.value)
        if decision["bill"] is not None:
            key = decision["person_key"], decision["bill"]["region"], decision["bill"]["setl_id"]
            bills[key] = _bill(decision, law) if wanted.takes(decision) else None

    engine = Engine(settings, dev_keys=settings.person_key_file is None, keep=keep)

    @lru_cache(maxsize=8)
    def law(hash_: str) -> Law:
        return load_adoption(engine.law_bytes(hash_))

    shipped = build_adoption(None, None)
    if not adopts_by_itself(file):
        engine.adopt(shipped)
    engine.run(read_lines(file, settings.topic_prefix), shipped)
    bills |= {key: bill for key, bill in _waiting(engine, wanted) if bills.get(key) is None}
    standing = {name for name, _ in _standing(engine)}
    for key in sorted(bills):
        bill = bills[key]
        if bill is not None and key in standing:  # a bill that moved to another key of its person stands there
            yield bill


def _bill(decision: Mapping[str, Any], law: FindLaw) -> Bill:
    hash_ = decision["receipt"].get("rulebook")
    try:
        compared = compare(None if hash_ is None else law(hash_), decision)
    except KeyError as error:
        raise Usage(f"decision {decision['decision_id']} cannot be read by this release: {error}") from None
    bill = decision["bill"]
    return Bill(
        decision["person_key"], bill["region"], bill["setl_id"], decision["county"], decision["measure"],
        decision["decision_id"], compared,
    )  # fmt: skip


def _standing(engine: Engine) -> Iterator[tuple[tuple[str, str, str], bytes]]:
    for partition in engine.partitions:
        for person in partition.store.groups():
            for name, raw in partition.store.names(person) if not person.startswith("!") else ():
                if name.startswith(("bill|", "closed|")):
                    _, region, setl_id = name.split("|", 2)
                    yield (person, region, setl_id), raw


def _waiting(engine: Engine, wanted: Wanted) -> Iterator[tuple[tuple[str, str, str], Bill]]:
    """Bills without a decision: what the platform paid of them is known, what we would give is not."""
    for key, raw in _standing(engine):
        body = orjson.loads(raw)
        facts = body.get("facts")
        if facts is None or body["status"] not in WAITING or body["decision"] is not None:
            continue
        in_time = (wanted.from_ or "") <= facts["discharged_on"] <= (wanted.to or "9999")
        if in_time and wanted.region in (None, key[1]):
            stated = int(facts.get("assistance_paid_upstream", 0))
            compared = Compared(0, stated, Cause.NOT_DECIDED, NOBODY)
            yield key, Bill(*key, str(facts["county"]), body["measure"] or "", "", compared)
