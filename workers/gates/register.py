"""Every clause of the register: who carries it out, which examples prove it, or who owes it.

`schemas/facts/clauses.toml` is the register, `owed.toml` beside it says what no rule does.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.facts.table import HERE, WORKED, Clause, load
from workers.cases.laws import Books
from workers.cases.timeline import Timeline
from workers.policy.loader import walk
from workers.policy.values import Model

ROOT = Path(__file__).parents[2]
KINDS = ({"done", "test"}, {"stage", "says"}, {"no_output"})
STAGES_TO_COME = (3, 4)


class Entry(NamedTuple):
    """One clause with all that is known of it. `owed` is its entry of `owed.toml`, empty without."""

    id: str
    clause: Clause
    rules: tuple[str, ...]
    cases: Mapping[str, int]
    owed: Mapping[str, Any]

    @property
    def carried_out(self) -> bool:
        """A rule cites it and a case proves it."""
        return bool(self.rules and self.cases)


def entries(books: Books, timelines: Iterable[Timeline], folder: Path = HERE) -> list[Entry]:
    """All clauses of the register in its order."""
    rules, cases = rules_by_clause(books), cases_by_clause(timelines)
    owed = tomllib.loads((folder / "owed.toml").read_text(encoding="utf-8"))
    clauses = load(folder).clauses
    unknown = sorted(set(owed) - set(clauses))
    if unknown:
        raise ValueError(f"owed.toml: {', '.join(unknown)} is not in clauses.toml")
    return [
        Entry(name, clause, tuple(rules.get(name, ())), cases.get(name, {}), owed.get(name, {}))
        for name, clause in clauses.items()
    ]


def rules_by_clause(books: Books) -> dict[str, list[str]]:
    """Clause → what cites it in the rulebooks: rules, classes, the instrument's own days."""
    found: dict[str, dict[str, None]] = {}
    for loaded in books.loaded:
        names: dict[tuple[str | int, ...], str] = {}
        for path, node in walk(loaded.book):
            names[path] = _name(path, node) or names.get(path[:-1]) or names.get(path[:-2], "")
            for clause in getattr(node, "clauses", ()):
                found.setdefault(clause, {})[names[path]] = None
    return {clause: list(rules) for clause, rules in found.items()}


def _name(path: tuple[str | int, ...], node: Model) -> str:
    if path == ("instrument",):
        return "validity"
    if path[:1] in (("rule",), ("group",), ("figure",)) and len(path) == 2:
        kind = getattr(node, "do", path[0])
        return f"{node.id} ({kind})" if kind != node.id else str(node.id)  # type: ignore[attr-defined]
    return ""


def cases_by_clause(timelines: Iterable[Timeline]) -> dict[str, dict[str, int]]:
    """Clause → case file → number of rows that cite it."""
    found: dict[str, dict[str, int]] = {}
    for timeline in timelines:
        for clause in timeline.cited:
            files = found.setdefault(clause, {})
            name = f"{timeline.path.parent.name}/{timeline.file}"
            files[name] = files.get(name, 0) + 1
    return found


def problems(all_entries: Iterable[Entry], root: Path = ROOT) -> list[str]:
    """Every Y or P clause that nothing answers for, one sentence each; empty means green."""
    return [text for entry in all_entries for text in _wrong(entry, root)]


def _wrong(entry: Entry, root: Path) -> Iterator[str]:
    if entry.clause.sw not in WORKED or entry.carried_out:
        return
    owed = entry.owed
    if not owed and entry.rules:
        yield f"{entry.id} ({entry.clause.sw}): {', '.join(entry.rules)} cites it, but no case does; write one"
    elif not owed:
        yield f"{entry.id} ({entry.clause.sw}): no rule cites it, and owed.toml does not say who owes it"
    elif set(owed) not in KINDS:
        yield f"owed.toml: {entry.id} has done + test, or stage + says, or no_output"
    elif "stage" in owed and owed["stage"] not in STAGES_TO_COME:
        yield f"owed.toml: {entry.id} is owed by stage {owed['stage']}, which is not one to come: {STAGES_TO_COME}"
    elif "test" in owed and not is_test(owed["test"], root):
        yield f"owed.toml: {entry.id}: there is no test {owed['test']}"


def is_test(node: str, root: Path) -> bool:
    """Whether `path::function` names a test."""
    path, _, name = node.partition("::")
    return name in _functions(root / path)


@lru_cache(maxsize=64)
def _functions(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
