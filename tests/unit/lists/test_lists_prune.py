"""What is forgotten never changes what stands, nor what the next list changes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.unit.lists.list_world import ListWorld, row, standing
from tests.unit.lists.test_lists_difference import PEOPLE, Month, arrivals, oracle, take_all
from workers.errors import Usage
from workers.lists.feedback import feedback
from workers.lists.prune import Pruned, months_before, prune


def publish(world: ListWorld) -> None:
    world.lists.connection.execute("UPDATE change SET published_ms = 1")


@settings(max_examples=60, deadline=None)
@given(arrivals, arrivals)
def test_after_a_prune_the_next_lists_change_the_same(
    before: list[tuple[str, Month]], after: list[tuple[str, Month]]
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        pruned, whole = ListWorld(Path(one), PEOPLE), ListWorld(Path(other), PEOPLE)
        for world in (pruned, whole):
            take_all(world, before)
        told = pruned.outbox()  # what readers of the feed have
        publish(pruned)
        prune(pruned.lists, 2, dry_run=False)
        left = len(pruned.outbox())
        newest = dict(before)
        for period, month in after:
            if newest.get(period) != month:
                for world in (pruned, whole):
                    take_all(world, [(period, month)])
                newest[period] = month
        assert standing([*told, *pruned.outbox()[left:]]) == standing(whole.outbox()) == oracle(newest)
        pruned.close()
        whole.close()


def test_what_goes_and_what_stays(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 10)
    for month in range(1, 6):
        world.take(f"2024{month:02d}", [row(n) for n in range(9)])
    world.take("202401", [row(n) for n in range(10)])  # corrected: the first text no longer counts
    publish(world)
    shown = prune(world.lists, 3, dry_run=True)
    assert prune(world.lists, 3, dry_run=False) == shown
    assert shown.lines == 9
    assert shown.changes > 9
    assert prune(world.lists, 3, dry_run=False) == Pruned(0, 0)
    (lines,) = world.lists.connection.execute("SELECT COUNT(*) FROM line").fetchone()
    assert lines == 10 + 4 * 9
    with pytest.raises(Usage, match="forgotten"):
        feedback(world.lists, world.directory, tmp_path / "feedback", 1, "tax")
    world.close()


def test_what_is_not_published_and_the_newest_change_stay(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 3)
    world.take("202401", [row(0)])
    world.take("202406", [row(0), row(1)])
    assert prune(world.lists, 2, dry_run=False) == Pruned(0, 0)
    publish(world)
    (top,) = world.lists.connection.execute("SELECT MAX(seq) FROM change").fetchone()
    assert prune(world.lists, 2, dry_run=False).changes > 0
    assert world.lists.connection.execute("SELECT MAX(seq) FROM change").fetchone() == (top,)
    world.close()


def test_months_are_counted_over_the_year_and_too_few_are_refused(tmp_path: Path) -> None:
    assert [months_before("202401", n) for n in (0, 1, 12, 13)] == ["202401", "202312", "202301", "202212"]
    world = ListWorld(tmp_path)
    with pytest.raises(Usage, match="2 to 600"):
        prune(world.lists, 1, dry_run=True)
    world.close()
