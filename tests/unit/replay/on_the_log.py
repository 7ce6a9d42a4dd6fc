"""Numbers of persons whose journal and outputs are kept as a cluster would hold them, partition by partition."""

from __future__ import annotations

from typing import Any

import orjson

from tests.unit.audit.handmade import Log
from tests.unit.replay.two_numbers import ADOPTION, Numbers
from workers.journal.export import line_of
from workers.log.port import Record
from workers.replay.derived import Sent
from workers.replay.lines import Line

PARTITIONS = 3


class OnTheLog(Numbers):
    """Keeps the journal and every output with its partition, as a cluster would hold them."""

    def __init__(self) -> None:
        self.log: Log = {}
        self.partition = self.stamp = 0
        super().__init__(PARTITIONS)

    def _fold(self, partition: Any, record: Record) -> list[Sent]:
        self.log.setdefault("journal", []).append(orjson.loads(line_of(record)))
        self.partition, self.stamp = partition.number, max(partition.last_stamp, record.timestamp_ms)
        return super()._fold(partition, record)

    def _take(self, emitted: Any) -> None:
        short = emitted.topic.removeprefix("medassist.").removesuffix(".v1")
        lines = self.log.setdefault(short, [])
        offset = sum(line["partition"] == self.partition for line in lines)
        head = {"topic": short, "partition": self.partition, "offset": offset, "timestamp": self.stamp}
        lines.append(head | {"key": emitted.key.decode(), "headers": {}, "value": orjson.loads(emitted.value)})
        super()._take(emitted)

    def whole(self) -> Log:
        """With the changelog as compaction would leave it."""
        lines: list[dict[str, Any]] = []
        for partition in self.partitions:
            names = [(f"{group}|{name}" if name else group, value)
                     for group in partition.store.groups() for name, value in partition.store.names(group)]  # fmt: skip
            position = orjson.dumps({"incarnation": "i", "offset": partition.next_offset, "stamp": 1})
            for offset, (key, value) in enumerate([*names, ("!position", position)]):
                head = {"topic": "ledger-changelog", "partition": partition.number, "offset": offset, "timestamp": 1}
                lines.append(head | {"key": key, "headers": {}, "value": value.decode()})
        return self.log | {"ledger-changelog": lines}

    def close_day(self, date: str) -> None:
        value = orjson.dumps({"date": date})
        self.run([Line(self.said, "day.closed", None, value, (), None)], ADOPTION)
