"""What every worked example and the frozen history come to: key → value, one short text each.

The frozen history (`tests/frozen/history.ndjson`) is random, legal and nasty, and never changed: only added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from schemas.money import text_of
from workers.cases.laws import Books, run
from workers.cases.timeline import Timeline
from workers.gates.register import ROOT
from workers.policy.types import Verdict

FROZEN = ROOT / "tests" / "frozen"
Results = dict[str, str]


def case_results(books: Books, timelines: Iterable[Timeline]) -> Results:
    """`case|<city>/<file>|<section>|<bill>` → reason and layers."""
    found: Results = {}
    for timeline in timelines:
        for row, verdict in zip(timeline.rows, run(books.law(timeline), timeline), strict=True):
            place = f"{timeline.path.parent.name}/{timeline.file}"
            found[f"case|{place}|{timeline.title}|{row.bill.setl_id}"] = _told(verdict)
    return found


def _told(verdict: Verdict) -> str:
    layers = " ".join(f"{name} {text_of(fen)}" for name, fen in verdict.layers.items() if fen)
    return " ".join(part for part in (f"{verdict.measure} {verdict.year}", str(verdict.reason), layers) if part)


def history_results(folder: Path = FROZEN) -> Results:
    """Bills, counters, grants, flags, alerts and tasks that `tuodi replay` gives for the frozen history."""
    from workers.replay.run import replay_file
    from workers.settings import Settings

    history = folder / "history.ndjson"
    body = replay_file(
        history, Settings(partitions=1, person_key_file=None), figures=folder / "figures.json"
    ).model_dump(mode="json")
    return dict(_history(body))


def _history(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, person in sorted(body["persons"].items()):
        who = key[:12]
        for bill, state in person["settlements"].items():
            layers = " ".join(f"{name} {amount}" for name, amount in state["layers"].items() if amount != "0.00")
            yield f"bill|{who}|{bill}", " ".join(part for part in (state["status"], state["reason"], layers) if part)
        for year, measures in person["years"].items():
            for measure, counters in measures.items():
                told = " ".join(f"{name} {amount}" for name, amount in counters.items())
                yield f"year|{who}|{measure} {year}", told
        for payment, premium in person["premium"].items():
            decided = {name: value for name, value in premium.items() if name in ("status", "reason", "layers")}
            yield f"premium|{who}|{payment}", _flat(decided)
        yield f"flags|{who}", ", ".join(sorted(f"{each['kind']}" for each in person["flags"])) or "none"
    alerts = sorted(f"{str(each.get('person_key'))[:12]} {each['kind']}" for each in body["alerts"])
    yield "alerts", ", ".join(alerts) or "none"
    tasks = sorted(f"{str(each.get('person_key'))[:12]} {each['kind']} {each['state']}" for each in body["tasks"])
    yield "tasks", ", ".join(tasks) or "none"


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_flat(each)}" for name, each in value.items())
    return str(value)
