"""Several journal partitions in memory: what one ledger writes into another partition's journal is folded there."""

from __future__ import annotations

from collections import deque
from hashlib import sha256
from typing import Any

import orjson

from tests.unit.ledger.ledger_world import REGION, bill_body, load
from workers.journal.partition import partition_of
from workers.journal.record import canonical_json
from workers.ledger.fold import LedgerFold
from workers.log.port import Headers, Record
from workers.runtime.overlay import Overlay
from workers.runtime.store import MemoryStore
from workers.settings import Settings

TOPIC = "medassist.journal.v1"


class Partitions:
    """Records are folded one by one, round after round, until nobody has anything left to say."""

    def __init__(self, partitions: int = 3, **limits: Any) -> None:
        self.settings = Settings(partitions=partitions, **limits)
        self.stores = [MemoryStore() for _ in range(partitions)]
        self.folds = [LedgerFold(number, self.settings, load) for number in range(partitions)]
        self.offset = 0
        self.out: list[dict[str, Any]] = []
        self.waiting: deque[tuple[int, bytes, bytes]] = deque()
        self.seen: list[str] = []

    def say(self, type_: str, person: str | None = None, partition: int = 0, **fields: Any) -> str:
        """Fold one record and all that follows from it; the outcome of the record itself."""
        value = {"type": type_, "version": 1, **fields}
        if person is not None:
            value |= {"person_key": person, "region": REGION}
            partition = partition_of(person, self.settings.partitions)
        self.waiting.append((partition, (person or f"!{type_}").encode(), canonical_json(value)))
        answers = len(self.of("journal.answered"))
        while self.waiting:
            self._fold(*self.waiting.popleft())
        return str(self.of("journal.answered")[answers]["outcome"])

    def adopt(self, percent: int) -> str:
        """Adopt in every partition; the hash."""
        body = str(percent)
        hash_ = sha256(body.encode()).hexdigest()
        for partition in range(self.settings.partitions):
            self.say("rulebook.adopted", partition=partition, hash=hash_, instrument="QN", body=body)
        return f"sha256:{hash_}"

    def assisted(self, person: str, own_payment: str = "1000.00", setl_id: str = "S1") -> None:
        """A person of the class with one bill."""
        body = {"source_id": "I1", "identity": "低保对象", "revision": 1, "recognised_on": "2023-01-01"}
        self.say("identity.changed", person, withdrawn=False, **body)
        self.say("settlement.final", person, **bill_body(setl_id, own_payment))

    def of(self, short: str) -> list[dict[str, Any]]:
        return [value for value in self.out if value["type"] == short]

    def ordered(self, person: str, setl_id: str = "S1") -> dict[str, Any]:
        """What officers ruled of a bill, as it is kept."""
        store = self.stores[partition_of(person, self.settings.partitions)]
        raw = store.get(person, f"bill|{REGION}|{setl_id}")
        ruled: dict[str, Any] = orjson.loads(raw or b"{}")["ordered"] or {}
        return ruled

    def _fold(self, partition: int, key: bytes, value: bytes) -> None:
        self.offset += 1
        stamp = 1_700_000_000_000 + self.offset
        record = Record(TOPIC, partition, self.offset, stamp, key, value, [("ce_id", b"e1")])
        view = Overlay(self.stores[partition])
        own, derived = partition, []
        self.seen.append(orjson.loads(value)["type"])

        def emit(
            topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), *, partition: int | None = None
        ) -> None:
            assert key is not None
            assert value is not None
            if topic == TOPIC:
                derived.append((own if partition is None else partition, key, value))
            else:
                self.out.append(orjson.loads(value))

        self.folds[partition].process(record, stamp, view, emit)
        self.stores[partition].merge(view.writes)
        self.folds[partition].committed()
        self.waiting.extend(derived)
