"""The audit over a simulated year of each city: two numbers merged, every day closed, the year closed at the end."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.unit.audit.handmade import write
from tests.unit.replay.on_the_log import OnTheLog
from tests.unit.replay.two_numbers import ADOPTION, SIGNED
from workers.audit.run import Plan as AuditPlan
from workers.audit.run import run_audit
from workers.audit.source import FolderSource
from workers.replay.lines import read_lines
from workers.replay.report import result_of
from workers.simulate.cities import CITIES
from workers.simulate.year import Plan, simulate

PERSONS = 700
MERGES_PPM = 400_000


def lines_of(city: str) -> list[bytes]:
    """A year, then the close of a day two years later and the order that closes the year."""
    home = CITIES[city]
    plan = Plan(
        5, PERSONS, county=home.counties[0], only_assisted=True, close_every=40, city=city, merges_ppm=MERGES_PPM
    )
    order = {"type": "office.ordered", "version": 1, "region": home.region, "order_id": "O-END", "kind": "year_closed"}
    end = {"topic": "day.closed", "value": {"date": "2026-01-02"}}
    closing = {"topic": "office.ordered", "key": "O-END", "value": {**order, "year": 2023, **SIGNED}}
    return [*simulate(plan), orjson.dumps(end), orjson.dumps(closing)]


@pytest.mark.parametrize("city", CITIES)
async def test_a_year_of_each_city_with_merges_and_its_close_is_accounted_for(city: str, tmp_path: Path) -> None:
    file = tmp_path / "year.ndjson"
    file.write_bytes(b"\n".join(lines_of(city)) + b"\n")
    told = OnTheLog()
    told.run(read_lines(file, "medassist"), ADOPTION)
    assert told.refused == []
    replay = tmp_path / "replay.json"
    shown = result_of(told, told.collector)
    replay.write_text(shown.model_dump_json())
    result = await run_audit(
        FolderSource(write(told.whole(), tmp_path / "log"), "medassist"), AuditPlan(seed="7", replay=replay)
    )
    assert result.findings.lines() == []
    assert result.decisions == len(told.values["assistance.decided"]) > 0
    assert sum(person.forwarded_to is not None for person in shown.persons.values()) > 5
    assert any(answer["outcome"] == "forwarded" for answer in told.values["journal.answered"])
    closed = [name for each in told.partitions for group in each.store.groups() for name, _ in each.store.names(group)]
    assert any(name.startswith("closed|") for name in closed)
