"""The bench of the what-if measures what it says: a draft that changes one reading, bills that are really assisted."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import whatif
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.diff import compare


def test_the_draft_differs_in_one_reading_and_what_rests_on_it(tmp_path: Path) -> None:
    changes = compare(load_adoption(build_adoption()), load_adoption(whatif.draft(tmp_path / "draft")))
    assert {each.place for each in changes} == {"question.QN-A10.chosen", "rule.deductible.fills"}


def test_appends_are_measured_in_both_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "APPEND_BILLS", 12)
    monkeypatch.setattr(whatif, "APPEND_BLOCK", 4)
    first, last = whatif._append_costs()
    assert first > 0
    assert last > 0


def test_a_small_what_if_has_bills_and_a_figure_within_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "cores", lambda: 1)
    (figure,) = whatif.measure_whatif(1_200, 1)
    assert figure.goal == whatif.SECONDS_MAX
    assert figure.values[0] > 0
