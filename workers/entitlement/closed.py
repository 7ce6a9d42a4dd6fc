"""A closed year (records.md §5): its bills are compacted to key, digest, decision and amounts; later events are tasks.

`closed|<region>|<setl_id>` holds such a bill, `closed_years` the counters that they have used. What still waits for
somebody (a task, money back, a contradiction, a bill held) stays as it is and is closed by a later order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from schemas.reasons import Reason
from workers.entitlement.conflict import in_conflict
from workers.entitlement.judge import NO_FIGURES, Judged, MeasureYear, add_uses
from workers.entitlement.law import InForce
from workers.entitlement.office import pending, read_word
from workers.entitlement.outcome import BillKey
from workers.entitlement.state import Bill, Layers, bill_name, kept
from workers.entitlement.turn import Turn

CLOSED = "closed|"
CLOSED_YEARS = "closed_years"
CLOSED_YEAR = "closed_year"
"""Kind of a task about something that came for a closed year."""
_SPREAD = ("retro",)
"""Layers that are shared out between bills of several years (DT-A8): such a bill stays."""
_KEPT = (
    "digest",
    "status",
    "reason",
    "layers",
    "uses",
    "paid",
    "upstream",
    "shadow",
    "left",
    "figures",
    "measure",
    "year",
    "benefit_date",
    "decision",
)


def closed_name(key: BillKey) -> str:
    return f"{CLOSED}{key[0]}|{key[1]}"


def close_year(turn: Turn, region: str, year: int) -> int:
    """Compact the bills of one platform and year; how many. Nothing is decided anew, no amount changes."""
    waiting = {tuple(task["bill"]) for task in turn.facts.tasks.values() if task["bill"] is not None}
    done = 0
    for bill in turn.bills():
        if bill.key[0] != region or bill.year != year or bill.key in waiting or not _at_rest(bill):
            continue
        turn.packed.put(bill_name(bill.key), None)  # before the other name: readers of the changelog see one bill
        turn.packed.put(closed_name(bill.key), _compact(bill))
        done += 1
    if done:
        recount(turn)
        turn.facts.bills -= done
        turn.changed = True
    turn.answer("applied")
    return done


def recount(turn: Turn) -> None:
    """Sum up what the compacted bills of this key have used."""
    years: dict[str, Layers] = {}
    for name, raw in turn.packed.names():
        if name.startswith(CLOSED):
            bill = orjson.loads(raw)
            place = f"{bill['year']}|{bill['measure']}"
            years[place] = add_uses(years.get(place, {}), bill["uses"])
    if years or turn.packed.get(CLOSED_YEARS) is not None:
        packed = kept(orjson.dumps(dict(sorted(years.items()))))
        turn.packed.put(CLOSED_YEARS, packed if years else None)


def shut(judged: Judged, bill: Bill, in_force: InForce | None) -> Judged:
    """A bill that comes for a closed year is left to a person, until an officer lays down its amounts."""
    if in_force is None or not in_force.shut or bill.decision is not None or judged.status != "decided":
        return judged
    if (bill.key[0], judged.year) not in in_force.shut or "layers" in read_word(bill):
        return judged
    nothing = dict.fromkeys(judged.layers, 0)
    reason = str(Reason.YEAR_CLOSED)
    return Judged("needs_person", reason, nothing, {}, NO_FIGURES, judged.measure, judged.year, judged.benefit_date)


def _at_rest(bill: Bill) -> bool:
    """Decided or taken back, and nobody has to say anything more of it."""
    settled = bill.status in ("decided", "reversed") and not in_conflict(bill) and not pending(bill)
    return settled and not any(bill.layers.get(layer) for layer in _SPREAD)


def _compact(bill: Bill) -> bytes:
    return kept(orjson.dumps({"arrival": tuple(bill.arrival), **{name: getattr(bill, name) for name in _KEPT}}))


def closed_years(turn: Turn) -> dict[MeasureYear, Layers]:
    """What compacted bills have used, by measure and year."""
    raw = turn.packed.get(CLOSED_YEARS)
    stored: dict[str, Layers] = {} if raw is None else orjson.loads(raw)
    return {(name.split("|")[1], int(name.split("|")[0])): used for name, used in stored.items()}


def closed_bill(turn: Turn, key: BillKey) -> dict[str, Any] | None:
    """A compacted bill."""
    raw = turn.packed.get(closed_name(key))
    return None if raw is None else orjson.loads(raw)


def again(turn: Turn, key: BillKey, bill: Mapping[str, Any], digest: str | None, what: str) -> None:
    """Something came for a compacted bill: the same body is a repeat, everything else a task with a cold recompute."""
    if digest == bill["digest"]:
        turn.answer("repeat")
    else:
        turn.open_task(CLOSED_YEAR, closed_name(key), key, {"came": what, "year": bill["year"]})
        turn.answer("needs_person")
    outcome = turn.outcome
    outcome.bill, outcome.status, outcome.reason, outcome.layers = key, bill["status"], bill["reason"], bill["layers"]
    if bill["decision"] is not None:
        outcome.decision_id, outcome.decision_ids = bill["decision"]["id"], [bill["decision"]["id"]]


def look_back(turn: Turn, subject: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> None:
    """A revised fact that speaks of a closed year of this person: an officer recomputes it."""
    if turn.packed.get(CLOSED_YEARS) is None:
        return
    for measure, year in closed_years(turn):
        if _in_year(before or {}, year) != _in_year(now, year):
            turn.open_task(CLOSED_YEAR, f"{year}|{measure}|{subject}", None, {"came": "fact", "year": year})


def _in_year(body: Mapping[str, Any], year: int) -> object:
    """What a fact says of a year: of an identity or enrolment the days it lasts there, else all it says."""
    start = body.get("recognised_on") or body.get("first_day")
    if start is not None:
        first, last = f"{year}-01-01", f"{year}-12-31"
        end = body.get("removed_on") or body.get("last_day") or last
        if body.get("withdrawn") or start > last or end < first:
            return None
        rest = {
            name: body[name]
            for name in body.keys() - {"revision", "recognised_on", "removed_on", "first_day", "last_day"}
        }
        return max(start, first), min(end, last), rest
    days = [text for text in map(str, body.values()) if text.startswith(f"{year}-") or text == str(year)]
    return sorted(days) and {name: body[name] for name in body.keys() - {"revision"}}
