"""Laws for the cases: the shipped one, and variants with another reading or figure, without the proofs of quotes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from workers.cases.timeline import FOLDER, Timeline
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.instrument import Instrument
from workers.policy.law import Law
from workers.policy.loader import Loaded
from workers.policy.outside import adopted_figures
from workers.policy.schema import Rulebook
from workers.policy.types import Status, Verdict
from workers.policy.values import Model


@lru_cache(maxsize=8)
def shipped(measure: str = "QN") -> Loaded:
    return load_adoption(build_adoption()).measures[measure][0].loaded


def measures() -> list[str]:
    return list(load_adoption(build_adoption()).measures)


def law_of(book: Rulebook, adopted: bool = False) -> Law:
    """The law of one rulebook, with the sample figures of its folder where the section says that they are adopted."""
    loaded = shipped(book.measure)._replace(book=book)
    values = adopted_figures([loaded], sample_figures())[0] if adopted else {}
    return Law([Instrument(loaded, values.get(book.measure))], "0" * 64, 1)


@lru_cache(maxsize=1)
def sample_figures() -> dict[str, Any]:
    """Figures made up for the examples; the documents they stand for are not in this repository."""
    return tomllib.loads((FOLDER / "heshan" / "figures.toml").read_text(encoding="utf-8"))


def with_readings(book: Rulebook, readings: Mapping[str, str]) -> Rulebook:
    """The rulebook with other readings chosen."""
    questions = tuple(each.model_copy(update={"chosen": readings.get(each.id, each.chosen)}) for each in book.question)
    return book.model_copy(update={"question": questions})


def changed(node: Any, path: tuple[str | int, ...], change: Callable[[Any], Any]) -> Any:
    """A copy of a model with the value at `path` changed."""
    if not path:
        return change(node)
    head, rest = path[0], path[1:]
    if isinstance(node, tuple):
        index = int(head)
        return (*node[:index], changed(node[index], rest, change), *node[index + 1 :])
    if not isinstance(node, Model):
        raise Usage(f"there is nothing of the name {head} in a rulebook")
    return node.model_copy(update={str(head): changed(getattr(node, str(head)), rest, change)})


def run(law: Law, timeline: Timeline) -> list[Verdict]:
    """The small fold: bills in arrival order, counters per year, everything else as finally known."""
    counters: dict[tuple[str, int], dict[str, int]] = {}
    verdicts = []
    for row in timeline.rows:
        key = law.benefit_key(row.bill, timeline.person)
        used = counters.setdefault(key, {}) if key is not None else {}
        verdict = law.decide(row.bill, timeline.person, used)
        for name, amount in verdict.uses.items():
            used[name] = used.get(name, 0) + amount
        verdicts.append(verdict)
    return verdicts


def faults(law: Law, timeline: Timeline) -> list[str]:
    """What differs from the clerk's expectation, row by row."""
    found = []
    used: dict[tuple[str, int], int] = {}
    for row, verdict in zip(timeline.rows, run(law, timeline), strict=True):
        key = (verdict.measure, verdict.year)
        used[key] = used.get(key, 0) + verdict.layers.get("ordinary", 0)
        ordinary = verdict.layers.get("ordinary", 0)
        got = (ordinary, sum(verdict.layers.values()) - ordinary, verdict.reason)
        if got != (row.ordinary, row.tilt, row.reason):
            expected = (row.ordinary, row.tilt, row.reason)
            found.append(f"{timeline.file}:{row.line} {timeline.title}: expected {expected}, got {got}")
        elif row.total is not None and used[key] != row.total:
            found.append(f"{timeline.file}:{row.line} {timeline.title}: 累计 expected {row.total}, got {used[key]}")
        if row.funds and verdict.funding != row.funds:
            found.append(
                f"{timeline.file}:{row.line} {timeline.title}: 资金 expected {row.funds}, got {verdict.funding}"
            )
        if verdict.status is Status.DECIDED and not _adds_up(verdict):
            found.append(f"{timeline.file}:{row.line} {timeline.title}: figures do not add up")
    return found


def _adds_up(verdict: Verdict) -> bool:
    parts = (*verdict.layers.values(), verdict.deductible, verdict.own_share, verdict.over_cap)
    return sum(parts) == verdict.base and min(*parts, verdict.excluded) >= 0
