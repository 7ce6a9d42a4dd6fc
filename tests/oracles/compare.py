"""`tuodi replay` against the oracles on histories: final layers, status, reason, counters of the years, postings."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.oracles import dongtou, heshan, jieyang, lanzhou, premiums, qiannan
from tests.oracles.fold import City, Event, events_of, fen, judged
from tests.oracles.histories import Line, Writer
from tests.oracles.profiles import PROFILES

CITIES: Mapping[str, City] = {
    "QN": qiannan.CITY,
    "JY": jieyang.CITY._replace(beside=premiums.of_jieyang),
    "HS": heshan.CITY,
    "LZ": lanzhou.CITY._replace(beside=premiums.of_lanzhou),
    "DT": dongtou.CITY,
}
PROFILE = {profile.city: profile for profile in PROFILES}
WATCHED = ("falling_back", "falling_in", "referral")
SUM = "QN|in_scope_after_all"


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
    result = replayed(lines, figures)
    wrong = [Difference("", f"refused by intake: {r}") for r in result["rejected"][:3]]
    for key, body in result["persons"].items():
        body["key"] = key
    found = {own_id.rpartition(".")[2]: body for body in result["persons"].values() for own_id in _numbers(body)}
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for p in (p for p in result["postings"] if p["setl_id"]):
        sums[p["setl_id"]][p["layer"]] += fen(p["amount"])
        sums[p["setl_id"]][f"to {p['payee']}"] += fen(p["amount"])
    alerts = [alert for alert in result["alerts"] if alert["standing"] and alert["kind"] in WATCHED]
    bills = 0
    for number, person in judged(events_of(lines), cities_with(figures)).items():
        body = found.get(number, {"settlements": {}, "years": {}, "premium": {}})
        bills += len(person["bills"])
        first = next(_differs(person, body, sums), None) or _raised_differs(person["raised"], body, alerts)
        wrong += [Difference(number, first)] if first else []
    told = {bill["reason"] for body in result["persons"].values() for bill in body["settlements"].values()}
    return Compared(bills, wrong, told)


def _numbers(body: dict[str, Any]) -> tuple[str, ...]:
    return (*body["settlements"], *body["premium"])


def cities_with(figures: Path | None) -> list[City]:
    if figures is None:
        return list(CITIES.values())
    adopted = orjson.loads(figures.read_bytes())
    made = {"HS": heshan.city, "QN": qiannan.city}
    return [made[name](adopted[name]) if name in made else city for name, city in CITIES.items()]


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
    for payment, due in person["premium"].items():
        stated = body["premium"].get(payment, {})
        told = stated.get("status", "unknown"), fen(stated.get("layers", {}).get("premium", "0.00"))
        if (told[0].replace("no_decision", "decided"), told[1]) != due:
            yield f"premium {payment}: oracle {due}, replay {told} {stated.get('reason')}"
    years = {(int(y), m): _counters(counters) for y, ms in body["years"].items() for m, counters in ms.items()}
    years = {key: counters for key, counters in years.items() if counters}
    if years != person["years"]:
        yield f"years: oracle {person['years']}, replay {years}"


def _raised_differs(due: dict[str, int], body: dict[str, Any], alerts: list[Event]) -> str | None:
    """What stands of warnings, with the sums behind them."""
    told = {f"sum|{key[:4]}": fen(amount) for key, amount in body.get("burdens", {}).items() if key[5:] == SUM}
    told = {key: amount for key, amount in told.items() if amount}
    mine = (a for a in alerts if a["person_key"] == body.get("key"))
    told |= {f"{a['kind']}|{(a.get('bill') or {}).get('setl_id') or a['year']}": 0 for a in mine}
    return None if told == due else f"raised: oracle {sorted(due.items())}, replay {sorted(told.items())}"


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
