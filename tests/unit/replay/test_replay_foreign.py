"""Cases of a stranger who has the law and docs/replay.md: the same results however the feed is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.replay.foreign_cases import FOLDER, WRITINGS, read, wrong
from tests.unit.replay.replay_files import defaults, write
from workers.replay.run import replay_file

MEASURES = ("QN", "JY", "HS", "LZ", "DT")


@pytest.mark.parametrize("writing", WRITINGS)
def test_cases_of_all_cities_in_one_file_come_out_as_worked_out_by_hand(tmp_path: Path, writing: str) -> None:
    cases = [case for measure in MEASURES for case in read(measure)]
    lines = [line for case in cases for line in WRITINGS[writing](case.lines)]
    answer = replay_file(write(tmp_path / "feed.ndjson", lines), defaults(), figures=FOLDER / "figures.json")
    assert answer.rejected == []
    assert [each for case in cases for each in wrong(case, answer)] == []
    assert len(cases) >= 100
    assert all(case.expected for case in cases)
