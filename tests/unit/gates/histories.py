"""Batches of random histories of all cities through replay, and what a batch comes to."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.oracles.compare import PROFILE, histories, replayed

Line = dict[str, Any]
Said = Mapping[str, list[Line]]
"""Person number → lines in order of arrival."""

FIGURES = Path("tests/oracles/figures.json")
PEOPLE = int(os.environ.get("TUODI_GATE_PEOPLE", "20"))
"""Random people of each city; `make gates` takes many more."""

FACTS = ("identity.changed", "application.filed", "enrolment.changed", "person.described")
OWN_ID = {
    "identity.changed": ("source_id", "identity"), "application.filed": ("application_id",),
    "enrolment.changed": ("enrolment_id",), "person.described": ("source_id",),
}  # fmt: skip


class Outcome(NamedTuple):
    """Person number → bill → (status, reason, layers); → year and measure → counters; sums of postings by bill."""

    bills: dict[str, dict[str, tuple[str, str, dict[str, int]]]]
    years: dict[str, dict[tuple[str, str], dict[str, int]]]
    posted: dict[str, dict[str, int]]
    decisions: int

    @property
    def state(self) -> tuple[Any, ...]:
        return self.bills, self.years, self.posted


@lru_cache(maxsize=1)
def batch() -> Said:
    """The histories that every property starts from: no day is closed, so that nothing depends on deadlines."""
    found: dict[str, list[Line]] = {}
    for city in PROFILE:
        for number, lines in histories(city, 8_112_026, PEOPLE).items():
            found[number] = [line for line in lines if line["topic"] != "day.closed"]
    return found


@lru_cache(maxsize=1)
def base() -> Outcome:
    return outcome(batch())


def outcome(said: Said) -> Outcome:
    result = replayed([line for lines in said.values() for line in lines], FIGURES)
    assert result["rejected"] == []
    bills: dict[str, dict[str, tuple[str, str, dict[str, int]]]] = {}
    years: dict[str, dict[tuple[str, str], dict[str, int]]] = {}
    posted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for person in result["persons"].values():
        number = next((bill.rpartition(".")[2] for bill in person["settlements"]), "")
        bills[number] = {
            bill: (state["status"], _waits(state["reason"]), fen_of_all(state["layers"]))
            for bill, state in person["settlements"].items()
        }
        years[number] = {
            (year, measure): fen_of_all(counters)
            for year, measures in person["years"].items()
            for measure, counters in measures.items()
            if fen_of_all(counters)
        }
    for posting in result["postings"]:
        if posting["setl_id"]:
            posted[posting["setl_id"]][posting["layer"]] += fen(posting["amount"])
    kept = {bill: {layer: amount for layer, amount in sums.items() if amount} for bill, sums in posted.items()}
    return Outcome(bills, years, {bill: sums for bill, sums in kept.items() if sums}, result["counts"]["decisions"])


def _waits(reason: str) -> str:
    return "waits" if reason in ("fact_missing", "insurance_result_missing", "figure_missing") else reason


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def fen_of_all(amounts: Mapping[str, str]) -> dict[str, int]:
    return {name: fen(amount) for name, amount in amounts.items() if fen(amount)}


def changed(change: Callable[[Random, list[Line]], list[Line]], seed: str) -> Said:
    """The batch with every history changed, each by a chance of its own."""
    return {number: change(Random(f"{seed} {number}"), list(lines)) for number, lines in batch().items()}


def kind(line: Line) -> str:
    return str(line["value"].get("type", ""))


def key(line: Line) -> tuple[Any, ...]:
    """What two facts must share so that their order matters: own id and revision."""
    value = line["value"]
    return kind(line), *(value[name] for name in OWN_ID[kind(line)]), value["revision"]


def own_bills(lines: list[Line]) -> list[str]:
    return list(dict.fromkeys(line["value"]["setl_id"] for line in lines if kind(line) == "settlement.final"))


def like(line: Line, type_: str, **fields: Any) -> Line:
    """Another record about the person of a line."""
    value = {name: line["value"][name] for name in ("version", "region", "psn_no")}
    topic = "settlement.reported" if type_.startswith("settlement") else "identity.changed"
    return {"topic": topic, "key": line["key"], "value": {"type": type_, **value, **fields}}
