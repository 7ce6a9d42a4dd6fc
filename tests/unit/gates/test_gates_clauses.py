"""docs/clauses.md is whole and true, and red where a clause has nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from workers.cases.laws import shipped_books
from workers.cases.timeline import Timeline, read_all
from workers.gates.clauses import PAGE, main, render
from workers.gates.register import Entry, entries, is_test, problems, rules_by_clause

TIMELINES = read_all()
ENTRIES = entries(shipped_books(), TIMELINES)


def without_rows_of(clause: str) -> Iterator[Timeline]:
    for timeline in TIMELINES:
        rows = [row for row in timeline.rows if clause not in row.clauses]
        yield replace(timeline, rows=rows, expected=[row for row in timeline.expected if clause not in row.clauses])


def entry(name: str, **changed: object) -> Entry:
    return next(each for each in ENTRIES if each.id == name)._replace(**changed)


def test_every_clause_that_software_works_on_is_answered_for() -> None:
    assert len(ENTRIES) == 226
    assert sum(each.clause.sw in "YP" for each in ENTRIES) == 199
    assert problems(ENTRIES) == []


def test_the_page_is_that_of_today() -> None:
    assert main(["--check"]) == 0, "run `make generate`"
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| {each.id} |" in page for each in ENTRIES)


def test_the_page_is_red_when_it_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    assert main(["--check"], tmp_path) == 1
    assert "make generate" in capsys.readouterr().err
    assert main([], tmp_path) == 0
    assert (tmp_path / PAGE).read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_a_clause_without_a_case_is_red() -> None:
    left = entries(shipped_books(), list(without_rows_of("QN-1.3c")))
    assert problems(left) == ["QN-1.3c (Y): unreferred (cut_rate) cites it, but no case does; write one"]
    with pytest.raises(ValueError, match="unreferred"):
        render(left)


def test_a_clause_that_nobody_owes_is_red() -> None:
    bare = entry("QN-1.3c", rules=(), cases={})
    assert problems([bare]) == ["QN-1.3c (Y): no rule cites it, and owed.toml does not say who owes it"]
    assert problems([bare._replace(clause=bare.clause._replace(sw="N"))]) == []


@pytest.mark.parametrize(
    ("owed", "says"),
    [
        ({"stage": 4}, "has done + test, or stage + says, or no_output"),
        ({"stage": 1, "says": "x"}, "is owed by stage 1, which is not one to come"),
        ({"done": "x", "test": "tests/unit/gates/test_gates_clauses.py::test_nothing"}, "there is no test"),
        ({"done": "x", "test": "tests/nowhere.py::test_nothing"}, "there is no test"),
    ],
)
def test_what_is_owed_must_be_said_in_form(owed: dict[str, object], says: str) -> None:
    (problem,) = problems([entry("QN-1.3c", rules=(), cases={}, owed=owed)])
    assert says in problem


def test_a_test_is_found_by_its_name() -> None:
    root = Path.cwd()
    assert is_test("tests/unit/gates/test_gates_clauses.py::test_a_test_is_found_by_its_name", root)
    assert not is_test("tests/unit/gates/test_gates_clauses.py::test_that_is_not_there", root)


def test_what_is_owed_names_clauses_of_the_register(tmp_path: Path) -> None:
    for name in ("clauses.toml", "facts.toml", "needs.toml"):
        (tmp_path / name).write_text(Path("schemas/facts", name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "owed.toml").write_text('["QN-99"]\nno_output = "x"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="QN-99 is not in"):
        entries(shipped_books(), [], tmp_path)


def test_every_rule_and_class_is_found_by_its_clauses() -> None:
    found = {name for names in rules_by_clause(shipped_books()).values() for name in names}
    for loaded in shipped_books().loaded:
        for each in (*loaded.book.rule, *loaded.book.group):
            assert any(name == each.id or name.startswith(f"{each.id} (") for name in found), each.id
    assert "" not in found
