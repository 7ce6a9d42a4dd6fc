"""A month taken back: everybody stands as if no list of it had ever come, whatever came before or after."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lists.list_world import COUNTY, ListWorld, row, silent, standing
from tests.unit.lists.test_lists_difference import MONTHS, PEOPLE, arrivals, oracle, take_all
from workers.errors import Usage
from workers.lists.database import CURRENT, WAITING, WITHDRAWN_MONTH
from workers.lists.order import order_of
from workers.lists.take import Way
from workers.lists.withdraw import Because, Withdrawn, withdraw

BECAUSE = Because("officer-7", "黔民函〔2024〕7号")


def take_back(world: ListWorld, period: str, because: Because = BECAUSE, **way: Any) -> Withdrawn:
    kind: dict[str, str] = {
        "source": way.pop("source", "civil_affairs"), "kind": way.pop("kind", "subsistence"), "county": COUNTY,
    }  # fmt: skip
    world.clock += 1_000
    how = Way(way.get("dry_run", False), way.get("confirm", False), world.clock, silent, silent)
    return withdraw(world.lists, world.settings, order_of(world.settings, period=period, **kind), because, how)


@settings(max_examples=120, deadline=None)
@given(arrivals, st.sets(st.sampled_from(MONTHS)), arrivals)
def test_what_stands_is_as_if_the_month_had_never_come(sent: Any, gone: set[str], later: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = ListWorld(Path(folder), PEOPLE)
        newest = take_all(world, sent)
        for month in sorted(gone & newest.keys()):
            found = take_back(world, month, source="rural_revitalisation", kind="monitored", confirm=True)
            assert found.state == WITHDRAWN_MONTH
            del newest[month]
        assert standing(world.outbox()) == oracle(newest)
        for period, month in later:  # and lists are taken afterwards as always
            take_all_again = take_all(world, [(period, month)]) if newest.get(period) != month else {}
            newest |= take_all_again
        assert standing(world.outbox()) == oracle(newest)
        world.close()


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 12)
    world.take("202401", [row(n) for n in range(10)])
    world.take("202402", [row(n) for n in range(2, 12)])
    before, register = world.dump(), world.lists.connection.execute("SELECT * FROM list").fetchall()
    shown = take_back(world, "202402", dry_run=True)
    assert (world.dump(), world.lists.connection.execute("SELECT * FROM list").fetchall()) == (before, register)
    done = take_back(world, "202402")
    assert shown == done
    assert (done.state, done.people, done.changed, done.withdrawn) == (WITHDRAWN_MONTH, 10, 2, 2)
    world.close()


def test_the_register_says_who_took_it_back_and_the_month_can_be_sent_again(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 5)
    world.take("202401", [row(n) for n in range(5)])
    take_back(world, "202401")
    rows = world.lists.connection.execute("SELECT state, note FROM list").fetchall()
    assert rows == [(WITHDRAWN_MONTH, "withdrawn by officer-7: 黔民函〔2024〕7号")]
    assert standing(world.outbox()) == {}
    assert world.take("202401", [row(n) for n in range(5)]).state == CURRENT
    assert len(standing(world.outbox())) == 5
    world.close()


def test_many_ends_wait_for_a_word(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 40)
    world.take("202401", [row(n) for n in range(40)])
    before = world.dump()
    assert take_back(world, "202401").state == WAITING
    assert world.dump() == before
    assert take_back(world, "202401", confirm=True).withdrawn == 40
    world.close()


def test_unresolved_lines_are_tasks_of_the_month_before_again(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, 3)
    world.take("202401", [row(n) for n in range(4)])  # person 3 is unknown: a task
    world.take("202402", [row(n) for n in range(3)])  # and is gone: closed
    found = take_back(world, "202402")
    assert (found.tasks_opened, found.tasks_closed) == (1, 0)
    opened = [e["task_id"] for e in world.outbox() if e["type"] == "task.opened"]
    closed = [e["task_id"] for e in world.outbox() if e["type"] == "task.closed"]
    assert len(set(opened)) == 2
    assert opened[1] == f"{opened[0]}.2"
    assert closed == opened[:1]
    world.close()


@pytest.mark.parametrize("because", [Because("", "d"), Because("a", "x" * 201), Because("a", "13912345678")])
def test_who_and_why_are_checked(tmp_path: Path, because: Because) -> None:
    world = ListWorld(tmp_path, 2)
    world.take("202401", [row(0)])
    with pytest.raises(Usage, match=r"--(author|document)"):
        take_back(world, "202401", because)
    with pytest.raises(Usage, match="no list of 202402"):
        take_back(world, "202402")
    world.close()
