"""`tuodi replay` against the oracles on histories: all that `--json` tells of a final state.

Of bills layers, status, reason, what the platform has paid and what the hospital holds; counters of the years,
postings, contributions, check-ups, what another office carries; flags, tasks, alerts of people and of cities.
Money back waits exactly where a task says so, or the one task of an adoption that took from many.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.oracles import beside, cities, dongtou, heshan, jieyang, lanzhou, payees, premiums, qiannan, tasks
from tests.oracles.county_lists import Lists, lists_of
from tests.oracles.fold import City, Event, events_of, fen, judged, nonzero
from tests.oracles.histories import Line, Writer
from tests.oracles.profiles import PROFILES

PROFILE = {profile.city: profile for profile in PROFILES}
WATCHED = ("falling_back", "falling_in", "referral", "approval_pending")
SUMS = ("QN|in_scope_after_all", "LZ|in_scope_after_all", "HS|including_out_of_scope", "DT|including_out_of_scope")
OF_CITIES = ("list_missing", "parameter_missing", "expiry")


NO_LISTS = Lists()
NOTHING = {"no_decision": "decided", "reversed": "decided"}
"""A contribution on which nothing was ever decided, or whose decision lost its ground: the law says the same."""


class Difference(NamedTuple):
    """The first thing about a person on which the two do not agree."""

    number: str
    what: str


class Compared(NamedTuple):
    """How many bills, of each person that differs the first difference, and every reason that replay told."""

    bills: int
    wrong: list[Difference]
    told: set[str]


def histories(city: str, seed: int, count: int) -> dict[str, list[Line]]:
    """Person number → lines in the order of arrival."""
    numbers = [f"{city[0].upper()}{seed}-{n}" for n in range(count)]
    return {number: Writer(PROFILE[city], str(seed), number).history() for number in numbers}


def differences(said: Mapping[str, Sequence[Line]], figures: Path | None = None) -> Compared:
    """Both programs over these lines."""
    lines = [line for history in said.values() for line in history]
    adopted = {} if figures is None else orjson.loads(figures.read_bytes())
    result = replayed(lines, figures)
    wrong = [Difference("", f"refused by intake: {r}") for r in result["rejected"][:3]]
    wrong += [Difference("", what) for what in _cities_differ(lines, adopted, result["alerts"])]
    for key, body in result["persons"].items():
        body["key"] = key
    found = {own_id.rpartition(".")[2]: body for body in result["persons"].values() for own_id in _numbers(body)}
    told = Told.of(result)
    before, days = cities.closings(lines)
    events: dict[str, list[Event]] = defaultdict(list)
    closed: dict[str, list[str | None]] = defaultdict(list)
    for day, line in zip(before, lines, strict=True):
        if number := line["value"].get("psn_no"):
            events[number].append(line["value"])
            closed[number].append(day)
    bills = 0
    lists = lists_of(events_of(lines))
    for number, person in judged(events_of(lines), cities_with(adopted, lists), closed=days.last).items():
        body = found.get(number, NOBODY)
        bills += len(person["bills"])
        due = tasks.open_tasks(events[number], days._replace(before=closed[number]), person["bills"], person["facts"])
        person["tasks"] = due + person["tasks"]
        person["hospitals"] = payees.hospitals(with_orders(number, lines), number, laws(adopted))
        first = next(_differs(person, body, told.sums), None) or next(_beside_differs(person, body, told), None)
        wrong += [Difference(number, first)] if first else []
    reasons = {bill["reason"] for body in result["persons"].values() for bill in body["settlements"].values()}
    return Compared(bills, wrong, reasons)


def with_orders(number: str, lines: Sequence[Line]) -> list[Event]:
    """What a person's money depends on, in the order of arrival: own events, and orders about nobody."""
    values = (line["value"] for line in lines)
    return [v for v in values if v.get("psn_no") == number or v.get("kind") == "county_list"]


def laws(adopted: Mapping[str, Any]) -> payees.CitiesOf:
    known: dict[int, list[City]] = {}

    def after(events: Sequence[Event]) -> list[City]:
        orders = [e for e in events if e.get("kind") == "county_list"]
        if len(orders) not in known:
            known[len(orders)] = cities_with(adopted, lists_of(orders))
        return known[len(orders)]

    return after


NOBODY: Mapping[str, Any] = {"settlements": {}, "years": {}, "premium": {}, "flags": [], "checkups": {}, "key": ""}


class Told(NamedTuple):
    """What replay tells of everybody, by whom or what it is about."""

    sums: Mapping[str, Mapping[str, int]]
    subjects: Mapping[str, Mapping[tuple[str, str], int]]
    tasks: Mapping[str, Sequence[Event]]
    alerts: Sequence[Event]
    adoption_asks: bool = False
    """One task asks about all that an adoption took back (docs/adr/0006)."""

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Told:
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        subjects: dict[str, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        for p in result["postings"]:
            if p["subject"]:
                subjects[p["person_key"]][p["subject"]["kind"], p["subject"]["id"]] += fen(p["amount"])
            else:
                sums[p["setl_id"]][p["layer"]] += fen(p["amount"])
                sums[p["setl_id"]][f"to {p['payee']}"] += fen(p["amount"])
                sums[p["setl_id"]][f"to {p['payee']} {p['layer']}"] += fen(p["amount"])
        by_person: dict[str, list[Event]] = defaultdict(list)
        for task in result["tasks"]:
            if task["state"] == "open":
                by_person[task["person_key"]].append(task)
        standing = [alert for alert in result["alerts"] if alert["standing"] and alert["kind"] in WATCHED]
        asks = any(task["kind"] == "recoveries" and task["state"] == "open" for task in result["tasks"])
        return cls(sums, subjects, by_person, standing, asks)


def _numbers(body: dict[str, Any]) -> tuple[str, ...]:
    recognised = (each["source_id"] for each in body["recognitions"])
    return (*body["settlements"], *body["premium"], *body["admissions"], *body["checkups"], *recognised)


def cities_with(adopted: Mapping[str, Any], lists: Lists = NO_LISTS) -> list[City]:
    """The measures with their outside figures, as `--figures` has them, and the lists of counties."""
    given = {name: adopted.get(name, {}) for name in ("QN", "JY", "HS", "LZ", "DT")}
    lines = {name: each.get("referral_own_burden") for name, each in given.items()}
    line = {name: None if text is None else fen(text) for name, text in lines.items()}
    days = given["JY"].get("approval_days", 0)
    return [
        qiannan.city(adopted.get("QN"))._replace(stands=beside.of_qiannan),
        jieyang.city(lists)._replace(beside=premiums.of_jieyang(lists), stands=beside.of_jieyang(days, lists)),
        heshan.city(adopted.get("HS"))._replace(
            beside=premiums.of_heshan(given["HS"].get("premium_fixed", {})), stands=beside.of_heshan(line["HS"])
        ),
        lanzhou.CITY._replace(
            beside=premiums.of_lanzhou(given["LZ"].get("premium_fixed", {})), stands=beside.of_lanzhou(line["LZ"])
        ),
        dongtou.CITY._replace(beside=premiums.of_dongtou, stands=beside.of_dongtou(line["DT"])),
    ]


def replayed(lines: Sequence[Line], figures: Path | None) -> dict[str, Any]:
    """What `tuodi replay --json` prints for these lines."""
    from workers.replay.run import replay_file
    from workers.settings import settings

    quiet = contextlib.redirect_stderr(io.StringIO())  # that development keys are in use
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file, quiet:
        file.write(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        file.flush()
        return orjson.loads(replay_file(Path(file.name), settings(), figures=figures).model_dump_json())  # type: ignore[no-any-return]


def _differs(person: dict[str, Any], body: dict[str, Any], sums: Any) -> Any:
    for (region, setl_id), row in person["bills"].items():
        got = body["settlements"].get(setl_id) or body["settlements"].get(f"{region}|{setl_id}")
        if got is None:
            yield f"bill {setl_id}: replay does not know it, oracle {row}"
            continue
        layers = {name: fen(amount) for name, amount in got["layers"].items() if fen(amount)}
        paid = {layer: amount for layer, amount in sums[setl_id].items() if amount and not layer.startswith("to ")}
        told, covered = sums[setl_id]["to upstream"], person["upstream"].get((region, setl_id), 0)
        if told != covered:
            yield f"bill {setl_id}: the platform has paid {covered} of it, {told} posted to upstream"
        due = {name: value for name, value in row.items() if name not in ("status", "reason")}
        same = got["reason"] == row["reason"] or (row["status"] == "held" and _same(got["reason"], row["reason"]))
        if got["status"] != row["status"] or not same or layers != due:
            yield f"bill {setl_id}: oracle {row}, replay {got['status']} {got['reason']} {layers}"
        if paid != layers:
            yield f"bill {setl_id}: layers {layers}, postings {paid}"
        hospital = {layer: sums[setl_id][f"to hospital {layer}"] for layer in layers_of(sums[setl_id])}
        if nonzero(hospital) != person["hospitals"].get((region, setl_id), {}):
            yield f"bill {setl_id}: its hospital has {hospital}, oracle {person['hospitals'].get((region, setl_id))}"
    for payment, due in person["premium"].items():
        stated = body["premium"].get(payment, {})
        told = stated.get("status", "unknown"), fen(stated.get("layers", {}).get("premium", "0.00"))
        if (NOTHING.get(told[0], told[0]), told[1]) != due:
            yield f"premium {payment}: oracle {due}, replay {told} {stated.get('reason')}"
    years = {(int(y), m): _counters(counters) for y, ms in body["years"].items() for m, counters in ms.items()}
    years = {key: counters for key, counters in years.items() if counters}
    if years != person["years"]:
        yield f"years: oracle {person['years']}, replay {years}"


def layers_of(sums: Mapping[str, int]) -> list[str]:
    return [name for name in sums if not name.startswith("to ")]


def _beside_differs(person: dict[str, Any], body: Mapping[str, Any], told: Told) -> Any:
    """Warnings with the sums behind them, flags, check-ups and other subjects, tasks."""
    key = body["key"]
    sums = {f"sum|{name[:4]}": fen(amount) for name, amount in body.get("burdens", {}).items() if name[5:] in SUMS}
    sums = {name: amount for name, amount in sums.items() if amount}
    mine = [a for a in told.alerts if a["person_key"] == key]
    raised = sums | {f"{a['kind']}|{_about(a)}": 0 for a in mine}
    if raised != person["raised"]:
        yield f"raised: oracle {sorted(person['raised'].items())}, replay {sorted(raised.items())}"
    flags = Counter(_flag(flag) for flag in body["flags"] if flag["standing"])
    if flags != person["flags"]:
        missing, more = (sorted(map(str, each)) for each in (person["flags"] - flags, flags - person["flags"]))
        yield f"flags: oracle only {missing}, replay only {more}"
    for (kind, own_id), due in person["subjects"].items():
        shown = body["checkups"].get(own_id, {}) if kind == "checkup" else {}
        paid = told.subjects[key][kind, own_id]
        got = shown.get("status", "decided"), sum(fen(a) for a in shown.get("layers", {"": _yuan(paid)}).values())
        if got != due or paid != due[1]:
            yield f"{kind} {own_id}: oracle {due}, replay {got}, postings {paid}"
    open_ = Counter(filter(None, map(_task, told.tasks[key])))
    if open_ != person["tasks"]:
        yield f"tasks: oracle only {sorted(person['tasks'] - open_)}, replay only {sorted(open_ - person['tasks'])}"
    waits = {name for name, bill in body["settlements"].items() if bill["recovery"].get("pending")}
    for grants in (body["premium"], body["checkups"]):
        waits |= {name for name, grant in grants.items() if grant.get("recovery", {}).get("pending")}
    back = (task for task in told.tasks[key] if task["kind"] == "recovery")
    asked = {_recovered(task) for task in back if task["facts"].get("subject") != "rest"}  # no state tells of those
    if not asked <= waits or (waits != asked and not told.adoption_asks):
        yield f"money back: waits for {sorted(waits)}, tasks for {sorted(asked)}"


def _recovered(task: Event) -> str:
    return str((task.get("bill") or {}).get("setl_id") or task["facts"]["subject_id"])


def _about(alert: Event) -> str:
    if alert["kind"] == "approval_pending":
        return str(alert["details"]["entered_on"])
    return str((alert.get("bill") or {}).get("setl_id") or alert["year"])


def _flag(flag: Event) -> tuple[Any, ...]:
    amount = None if flag.get("amount") is None else fen(flag["amount"])
    return flag["kind"], flag["first_day"], flag.get("last_day"), flag.get("admission_id"), amount


def _task(task: Event) -> tuple[str, str] | None:
    """Kind and what it is about; None for money back, which is compared with the bill's own account."""
    facts, bill = task.get("facts", {}), task.get("bill") or {}
    named = facts.get("waits") if task["kind"] == "cancel_without_bill" else bill.get("setl_id")
    named = named or facts.get("application_id") or facts.get("application") or facts.get("fact") or facts.get("year")
    return None if task["kind"] == "recovery" else (task["kind"], str(named or ""))


def _yuan(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _cities_differ(lines: Sequence[Line], adopted: Mapping[str, Any], alerts: Sequence[Event]) -> Any:
    due = cities.alerts(lines, adopted)
    told = {_of_city(alert) for alert in alerts if alert["kind"] in OF_CITIES}
    if due != told:
        yield f"alerts: oracle only {sorted(due - told)[:3]}, replay only {sorted(told - due)[:3]}"


def _of_city(alert: Event) -> cities.Alert:
    details = alert["details"]
    if alert["kind"] == "list_missing":
        return alert["kind"], alert["measure"], f"{details['source']} {details['list_month']}"
    if alert["kind"] == "expiry":
        return alert["kind"], alert["measure"], details["last_day"]
    return alert["kind"], alert["measure"], f"{details['document']} {alert['year']}"


def _counters(counters: Event) -> dict[str, int]:
    return {name: fen(amount) for name, amount in counters.items() if fen(amount)}


def _same(told: str, due: str) -> bool:
    """Of a figure and something else that a bill lacks no law says which is told."""
    return told == due or "figure_missing" in (told, due)


def smallest(number: str, lines: list[Line], figures: Path | None) -> list[Line]:
    """Fewer lines that still differ: whole lines are taken out as long as the difference stays."""
    again = True
    while again:
        again = False
        for n in range(len(lines)):
            fewer = lines[:n] + lines[n + 1 :]
            if differences({number: fewer}, figures).wrong:
                lines, again = fewer, True
                break
    return lines
