"""Every rule and class is seen to apply and to be left out; an example less and the gate says what is not seen."""

from __future__ import annotations

import pytest

from workers.cases.laws import shipped, shipped_books
from workers.cases.timeline import read_all
from workers.gates.coverage import seen, uncovered
from workers.gates.run import run_all
from workers.policy.loader import Loaded

BOOKS = shipped_books()
TIMELINES = read_all()


@pytest.mark.parametrize("loaded", BOOKS.loaded, ids=lambda each: each.file)
def test_every_rule_is_seen_both_ways(loaded: Loaded) -> None:
    missing = uncovered(BOOKS, loaded, TIMELINES)
    assert not missing, "\n".join(missing)


def test_a_rule_without_its_examples_is_named_with_its_clauses() -> None:
    without = [each for each in TIMELINES if each.file == "01-一类.md"]
    (missing,) = [each for each in uncovered(BOOKS, shipped("QN"), without) if "tilt" in each]
    assert missing == "qiannan/2022-26.toml: tilt (QN-1.4a, QN-1.4b, QN-1.4c) is never applied by an example"
    nothing = seen(BOOKS, shipped("QN"), [])
    assert all((each.applied, each.silent) == (0, 0) for each in nothing)


def test_a_class_is_left_out_where_another_is_chosen() -> None:
    found = {each.id: each for each in seen(BOOKS, shipped("QN"), TIMELINES)}
    assert found["class_1"].applied > 5
    assert found["class_1"].silent > found["class_1"].applied


def test_the_command_runs_the_gates_of_one_measure() -> None:
    gates = list(run_all("HS"))
    assert [gate.name for gate in gates] == ["G1–G3", "G4", "G5", "G6"]
    assert all(not gate.faults for gate in gates)
