"""The oracle against `tuodi replay` on wild histories, without a broker: two programs, no line shared, fen for fen."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.chaos.judge import compare
from tests.chaos.load import load
from tests.chaos.slots import ROOT
from tests.oracles.qiannan import oracle

RECORDS, PERSONS = 2_500, 60


def replayed(file: Path) -> dict[str, Any]:
    """`persons` of the replay, under their numbers (which the settlement numbers of the load end in)."""
    command = [sys.executable, "-m", "workers.cli", "replay", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=100, check=True)
    bodies = [body for body in orjson.loads(done.stdout)["persons"].values() if body["settlements"]]
    return {next(iter(body["settlements"])).split(".", 1)[1]: body for body in bodies}


@pytest.mark.parametrize("seed", [11, 12])
def test_the_oracle_and_replay_agree(seed: int, tmp_path: Path) -> None:
    feeds = [feed for feed in islice(load(seed, PERSONS), RECORDS) if feed.wrong is None]
    events = [orjson.loads(feed.value or b"") for feed in feeds]
    lines = [{"topic": f.topic, "key": (f.key or b"").decode(), "value": e} for f, e in zip(feeds, events, strict=True)]
    file = tmp_path / "feed.ndjson"
    file.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    bills, wrong = compare(oracle(events), replayed(file))
    assert wrong == []
    assert bills > RECORDS / 4
