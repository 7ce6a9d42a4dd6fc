"""What all oracles share: from events in arrival order to surviving bills, newest facts and a yearly run over them.

Written from docs/records.md and docs/replay.md alone; shares no line with the workers and is deliberately slow: it
forgets everything and computes each person from the beginning. Amounts are fen; dates stay ISO texts, which compare as
dates do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from tests.oracles.arrived import OWN_ID, Event, newest, stated, without

Facts = Mapping[str, list[Event]]
Used = dict[str, int]
Row = dict[str, Any]
Bills = dict[tuple[str, str], dict[str, Any]]
FLAGS = (True, False)
REFUSALS = """before_in_force after_expiry no_identity identity_ended application_missing scope_not_covered
    not_designated not_member uninsured excluded""".split()  # docs/rulebook.md, order of reasons


class Beside(NamedTuple):
    """What stands for a person besides money of bills and contributions, as `Counter`s of what it states."""

    flags: Mapping[Any, int] = {}
    tasks: Mapping[tuple[str, str], int] = {}
    raised: Mapping[str, int] = {}
    """By name and year or bill → the amount that stands behind it; sums by `sum|year` beside."""
    subjects: Mapping[tuple[str, str], tuple[str, int]] = {}
    """Check-ups, and what another office carries of a bill: status and amount by (kind, id)."""


class City(NamedTuple):
    """A measure: whose bills are its own, what of a bill may be open, and what is done with the bills of a person."""

    measure: str
    layers: tuple[str, ...]
    owns: Callable[[str, Event, Facts], bool]  # setl_id, bill, facts
    open: Callable[[Event, Facts], dict[str, tuple[Any, ...]]]
    settle: Callable[[str, Event, Facts, Used], Row]
    after: Callable[[Bills, dict[Any, Row], Facts, dict[int, Used]], None] | None = None
    """What looks at all bills of a person together; changes rows and counters."""
    beside: Callable[[Facts], dict[str, tuple[str, int]]] | None = None
    """Premium payment → status and subsidy."""
    warns: Callable[[Bills, dict[Any, Row], Facts], dict[str, int]] | None = None
    """What is raised of a person, as in `Beside`."""
    stands: Callable[[Bills, dict[Any, Row], Facts, str | None], Beside] | None = None
    """All else that stands; the last is the last closed business date."""
    upstream: Callable[[Event, Row], int] = lambda bill, one: min(fen(bill["assistance_paid_upstream"]), given(one))
    """What of the bill's assistance the platform has paid, which nobody pays again (docs/adr/0012)."""
    tells: bool = False
    """What the platform paid is a layer of another policy (DT-A10): it is never more than the law gives."""


def judged(
    events: Iterable[Event],
    cities: Iterable[City],
    digest: Callable[[Event], str] | None = None,
    closed: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Person → {"bills": {(region, setl_id): row}, "years": {(year, measure): counters}}; a row is `row(…)`.

    `digest` names a bill's facts as `keep_digest` of an order does; without it such orders are left aside.
    """
    people: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if person := event.get("person_key") or event.get("psn_no"):
            people[person].append(event)
    return {person: one_person(mine, list(cities), digest, closed) for person, mine in people.items()}


def one_person(
    events: list[Event], cities: list[City], digest: Callable[[Event], str] | None, closed: str | None
) -> dict[str, Any]:
    """Settle the bills in the order of their first arrival with everything else as finally known (X-A2)."""
    bills, facts = stated(events, digest), {kind: newest(events, kind) for kind in OWN_ID}
    undone, taken = without(events, bills)
    facts["insured.at"] = [bill for key, (bill, _) in bills.items() if key not in undone | taken]
    rows: dict[Any, Row] = {}
    years: dict[Any, Used] = {}
    raised: dict[str, int] = {}
    stands: list[Beside] = []
    beyond: set[str] = set()
    alive: dict[City, Bills] = {city: {} for city in cities}
    for key, (bill, _) in bills.items():
        if key in undone | taken:
            rows[key] = row("reversed", "reversed" if key in undone else "cancelled")  # a reversal is final
        elif mine := next((city for city in cities if city.owns(key[1], bill, facts)), None):
            alive[mine][key] = bill
        else:
            rows[key] = row("held", "no_instrument")
    upstream: dict[Any, int] = {}
    for city, own in alive.items():
        used: dict[int, Used] = defaultdict(lambda: defaultdict(int))
        found = {key: settled(city, key[1], bill, facts, used[year(bill)]) for key, bill in own.items()}
        if city.after:
            city.after(own, found, facts, used)
        rows |= found
        upstream |= {key: city.upstream(own[key], one) for key, one in found.items() if one["status"] == "decided"}
        if not city.tells:
            beyond |= {key[1] for key, one in found.items() if paid_beyond(own[key], one)}
        raised |= city.warns(own, found, facts) if city.warns else {}
        stands += [city.stands(own, found, facts, closed)] if city.stands else []
        years |= {(y, city.measure): nonzero(counters) for y, counters in used.items() if nonzero(counters)}
    rows |= {key: row("parked", "waits_for_bill") for key in (undone | taken) - set(bills)}
    beside = [city.beside(facts) for city in cities if city.beside]
    return {
        "bills": rows,
        "years": years,
        "upstream": upstream,
        "facts": facts,
        "raised": {name: amount for each in stands for name, amount in each.raised.items()} | raised,
        "flags": sum((Counter(each.flags) for each in stands), Counter()),
        "tasks": sum((Counter(each.tasks) for each in stands), Counter(("upstream_more", name) for name in beyond)),
        "subjects": {name: due for each in stands for name, due in each.subjects.items()},
        "premium": {key: paid for each in beside for key, paid in each.items()},
    }


def paid_beyond(bill: Event, one: Row) -> bool:
    """The platform paid more than the law gives: an officer looks at it."""
    governed = one["status"] == "decided" and one["reason"] not in REFUSALS[:2]
    return governed and fen(bill["assistance_paid_upstream"]) > given(one)


def settled(city: City, setl_id: str, bill: Event, facts: Facts, used: Used) -> Row:
    """A bill under every value that what was not stated can have: one outcome is decided, several are waited for."""
    unknown = {name: values for name, values in city.open(bill, facts).items() if bill.get(name) is None}
    found: list[tuple[Row, Used]] = []  # rows with `how`, which tells outcomes of equal amounts apart
    for values in product(*unknown.values()):
        after = defaultdict(int, used)
        found.append((city.settle(setl_id, {**bill, **dict(zip(unknown, values, strict=True))}, facts, after), after))
    if all(one["reason"] in REFUSALS for one, _ in found):  # a certain refusal goes before a wait
        found = [max(found, key=lambda pair: REFUSALS.index(pair[0]["reason"]))]
    if any(one != found[0][0] or nonzero(after) != nonzero(found[0][1]) for one, after in found):
        waits = [one["reason"] for one, _ in found if one["status"] == "held"]
        return row("held", waits[0] if waits else "fact_missing")  # what arrives by itself is told first
    governed = found[0][0]["status"] != "held" and found[0][0]["reason"] not in REFUSALS[:2]
    if governed and claim_refused(setl_id, bill, facts["application.filed"]):
        return row("decided", "claim_refused")
    used.update(found[0][1])
    return {name: value for name, value in found[0][0].items() if name != "how"}


def claim_refused(setl_id: str, bill: Event, applications: list[Event]) -> bool:
    """An officer turned down the manual claim that names the bill; no other claim for it stands."""
    claims = [a for a in applications if a["kind"] == "manual_claim" and setl_id in (a.get("setl_ids") or [])]
    return bill["channel"] == "manual" and bool(claims) and all(a.get("rejected_on") for a in claims)


def claim_granted(setl_id: str, bill: Event, facts: Facts) -> bool:
    """An approved manual claim names the bill or, naming none, was filed in its year after it was settled."""
    return any(
        setl_id in a["setl_ids"]
        if a.get("setl_ids")
        else str(a.get("year") or a["applied_on"][:4]) == bill["discharged_on"][:4]
        and bill["settled_on"] <= a["applied_on"]
        for a in stands(facts, "manual_claim")
        if a.get("approved_on")
    )


def stands(facts: Facts, kind: str) -> list[Event]:
    """The applications of a kind that were not turned down."""
    return [a for a in facts["application.filed"] if a["kind"] == kind and not a.get("rejected_on")]


def nonzero(used: Used) -> Used:
    return {name: amount for name, amount in used.items() if amount}


def described(facts: Facts, name: str) -> Any:
    """What is said of the person; of several sources the first that states it, in the order of their ids."""
    said = sorted(facts["person.described"], key=lambda e: (e["region"], e["source_id"]))
    return next((e[name] for e in said if e.get(name) is not None), None)


def first_without(i: Event) -> str:
    """X-A6: the removal date is the first day without; the day of death is the last with."""
    out = i.get("removed_on")
    if out is None:
        return "9999-12-31"
    return (date.fromisoformat(out) + timedelta(days=i.get("removal_reason") == "death")).isoformat()


def ended(i: Event, on: str) -> bool:
    return first_without(i) <= on


def held_names(facts: Facts, names: Iterable[str]) -> list[Event]:
    """The identities that carry one of these names."""
    return [i for i in facts["identity.changed"] if i["identity"] in names]


def never(i: Event) -> bool:
    """It was over before it had lasted a day."""
    return ended(i, i["recognised_on"])


def begun(identities: Iterable[Event], on: str) -> str:
    """The reason for a person in no group: had an identity that is over, or never had one."""
    return "identity_ended" if any(i["recognised_on"] <= on for i in identities) else "no_identity"


def back(day: str, months: int) -> str:
    """The same day so many months before, clamped to the last day of the month."""
    y, m = divmod(int(day[:4]) * 12 + int(day[5:7]) - 1 - months, 12)
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    last = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][m]
    return f"{y:04d}-{m + 1:02d}-{min(int(day[8:]), last):02d}"


def row(status: str, reason: str, **layers: Any) -> Row:
    return {"status": status, "reason": reason} | {name: amount for name, amount in layers.items() if amount}


def given(one: Row) -> int:
    """All layers of a row together."""
    return sum(amount for name, amount in one.items() if name not in ("status", "reason"))


def zero(base: int, withheld: int, due: int) -> str:
    """Why an accepted bill got nothing (X-A10)."""
    return "within_deductible" if 0 < base == withheld else "nothing_to_assist" if due == 0 else "cap_used_up"


def year(bill: Event) -> int:
    """X-A1: discharge or visit date."""
    return int(bill["discharged_on"][:4])


def year_of(application: Event) -> int:
    return int(application.get("year") or application["applied_on"][:4])


def fen(text: str) -> int:
    return int(text.replace(".", ""))


def half_up(amount: Fraction | int) -> int:
    return (Fraction(amount) + Fraction(1, 2)).__floor__()


def events_of(lines: Iterable[Event]) -> Iterator[Event]:
    """The events of replay lines."""
    return (
        line["value"] for line in lines if "value" in line and line["topic"] not in ("day.closed", "rulebook.adopted")
    )
