"""Feed lines through intake and ledger as replay does, and everything that comes out into a read model."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import orjson

from workers.history.app import WRITERS
from workers.history.database import Database, Row, Source
from workers.journal.keys import person_keys
from workers.policy.adoption import build_adoption
from workers.replay.engine import Emitted, Engine
from workers.replay.lines import Line
from workers.settings import Settings

PREFIX = "medassist."


class OfficeWorld:
    """One county under the shipped law; `file` is the read model that commands read."""

    def __init__(self, folder: Path, region: str = "520000", county: str = "522701") -> None:
        folder.mkdir(exist_ok=True)
        self.file = folder / "history.sqlite"
        self.region, self.county = region, county
        self.settings = Settings(database=self.file)
        self.engine = Engine(self.settings, dev_keys=True, keep=self._keep)
        self.emitted: list[Emitted] = []
        self.offsets = count()
        self.number = count(1)
        self.engine.adopt(build_adoption())

    def key(self, psn_no: str) -> str:
        return person_keys(self.settings, dev_keys=True).person_key(self.region, psn_no)

    def feed(self, topic: str, psn_no: str | None, type_: str | None = None, **fields: Any) -> None:
        """One event from outside."""
        value = {"type": type_ or topic, "version": 1, "region": self.region, **fields}
        if psn_no is not None:
            value["psn_no"] = psn_no
        self.line({"topic": topic, "key": psn_no or fields.get("order_id", "none"), "value": value})

    def line(self, line: dict[str, Any]) -> None:
        """One line as `tuodi order new` prints it."""
        value = orjson.dumps(line["value"])
        self.engine.run([Line(next(self.number), line["topic"], str(line["key"]).encode(), value, (), None)], b"")
        assert self.engine.refused == []

    def day(self, date: str) -> None:
        """Close a business date."""
        line = Line(next(self.number), "day.closed", None, orjson.dumps({"date": date}), (), None)
        self.engine.run([line], b"")

    def stored(self) -> Path:
        """The read model with everything emitted so far."""
        with Database(self.file) as database:
            for topic, key, value in self.emitted:
                short = topic.removeprefix(PREFIX).removesuffix(".v1")
                if short in WRITERS:
                    database.take(Source(short, 0), [Row(next(self.offsets), 1, key, value)], WRITERS[short])
        self.emitted = []
        return self.file

    def assisted(self, psn_no: str, identity: str = "低保对象", **fields: Any) -> None:
        says = {"source_id": "I1", "revision": 1, "recognised_on": "2023-01-01", "county": self.county}
        self.feed("identity.changed", psn_no, identity=identity, **(says | fields))

    def bill(self, psn_no: str, setl_id: str = "S1", own: str = "1000.00", **fields: Any) -> None:
        """An inpatient bill of a designated place in the county."""
        says = {
            "setl_id": setl_id, "county": self.county, "care_type": "inpatient", "discharged_on": "2023-05-06",
            "settled_on": "2023-05-06", "insutype": "390", "designated": True, "emergency_rescue": False,
            "place": "in_county", "referral": "not_required", "in_scope_personal": own,
        }  # fmt: skip
        self.feed("settlement.reported", psn_no, "settlement.final", **(says | fields))

    def application(self, psn_no: str, kind: str, application_id: str = "A1", **fields: Any) -> None:
        says = {"application_id": application_id, "revision": 1, "kind": kind, "applied_on": "2023-06-01"}
        self.feed("application.filed", psn_no, **(says | fields))

    def _keep(self, emitted: Emitted) -> None:
        self.emitted.append(emitted)
