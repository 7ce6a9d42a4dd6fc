"""A5: last changelog value = own sum of the decisions = last cap table = result of a separate replay. Amounts in fen.

The whole state of one partition is held while it is compared; replay output is read once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from workers.audit.account import TOPIC, BillRow, Books
from workers.audit.decode import BillKey, Unreadable, amounts, fen, is_bill, obj, subject_key, whole
from workers.audit.findings import Findings
from workers.audit.limits import over_counters
from workers.audit.source import AuditError, Source
from workers.audit.told import of_state, paid_of

CHANGELOG, CAP_TABLE = "ledger-changelog", "person.accumulated"


@dataclass
class BillState:
    status: str
    reason: str
    layers: dict[str, int]
    decision: tuple[str, int] | None  # id, sequence
    told: dict[str, int] = field(default_factory=dict)
    year: int | None = None
    figures: dict[str, int] | None = None
    paid: dict[tuple[str, str], int] | None = None  # None: nothing is kept of it


@dataclass
class State:
    """The last value of each changelog key of a partition, as far as the audit compares it."""

    position: int = 0
    incarnation: str | None = None
    origins: dict[str, str] = field(default_factory=dict)
    sequences: dict[str, dict[str, int]] = field(default_factory=dict)
    bills: dict[tuple[str, BillKey], BillState] = field(default_factory=dict)
    years: dict[tuple[str, int, str], dict[str, int]] = field(default_factory=dict)
    with_balance: set[str] = field(default_factory=set)
    opened: dict[tuple[str, int, str], Counter[str]] = field(default_factory=dict)
    """Opening balances by person, year, measure, as the facts hold them."""
    granted: dict[str, dict[BillKey, BillState]] = field(default_factory=dict)
    """Changelog key → decisions in it that are not about a bill; `bills` has them too once all is read."""


async def read_state(source: Source, partition: int, findings: Findings) -> State:
    """Fold the changelog of a partition; a key that cannot be read is a finding."""
    state = State()
    async for record in source.read(CHANGELOG, partition):
        try:
            _fold(state, (record.key or b"").decode(), record.value)
        except (Unreadable, KeyError, TypeError, ValueError) as error:
            findings.add("A0", f"{CHANGELOG}[{partition}]@{record.offset}", f"not of the shape of the page: {error}")
    for key, granted in state.granted.items():
        state.bills.update({(key.split("|", 1)[0], subject): row for subject, row in granted.items()})
    return state


def _fold(state: State, key: str, value: bytes | None) -> None:
    if key == "!position":
        state.position, state.incarnation = whole(obj(value)["offset"]), str(obj(value)["incarnation"])
    if key.startswith("!"):
        return
    person, name = key.split("|", 1)
    kind, _, rest = name.partition("|")
    if kind == "facts":
        _drop_or_put(state.origins, person, value, lambda body: str(body["origin"]))
        _drop_or_put(state.sequences, person, value, lambda body: {k: whole(v) for k, v in body["seq"].items()})
    elif kind in ("bill", "closed"):
        region, setl_id = rest.split("|", 1)
        _drop_or_put(state.bills, (person, (region, setl_id)), value, _bill)
        _grants(state, key, {} if value is None else obj(value).get("raised", {}))
    elif kind == "known":
        _opened(state, person, value)
    elif kind == "matters":
        _grants(state, key, {} if value is None else obj(value))
    elif kind == "year":
        year, measure = rest.split("|", 1)
        _drop_or_put(
            state.years, (person, int(year), measure), value, lambda body: {k: whole(v) for k, v in body.items()}
        )


def _drop_or_put(table: dict[Any, Any], key: Any, value: bytes | None, read: Any) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = read(obj(value))


def _opened(state: State, person: str, value: bytes | None) -> None:
    """Balances of one person; what two keys of a person had opened adds up."""
    for key in [key for key in state.opened if key[0] == person] if person in state.with_balance else ():
        del state.opened[key]
    if value is None or b'"balance.opened|' not in value:
        return
    state.with_balance.add(person)
    for name, held in obj(value)["others"].items():
        for entry in [held, *held.get("beside", ())] if name.startswith("balance.opened|") else ():
            body = entry["body"]
            used = state.opened.setdefault((person, whole(body["year"]), str(body["measure"])), Counter())
            used.update(amounts(body["used"]))


def _grants(state: State, key: str, raised: dict[str, Any]) -> None:
    """Decisions that are not about a bill; a grant is never forgotten, only taken back, or goes with its person."""
    granted = state.granted[key] = {}
    for entry in raised.get("grants", {}).values():
        made = entry["decision"]
        decision = (str(made["id"]), whole(made["sequence"])) if made else None
        layers = {name: whole(amount) for name, amount in entry["layers"].items()}
        stated = entry["stated"]
        row = BillState(str(stated["status"]), str(stated["reason"]), layers, decision)
        granted[subject_key(stated["subject"])] = row
    if not granted:
        del state.granted[key]


def _bill(body: dict[str, Any]) -> BillState:
    layers = {name: whole(amount) for name, amount in (body.get("layers") or {}).items()}
    made = body.get("decision")
    decision = (str(made["id"]), whole(made["sequence"])) if made else None
    figures = None if body.get("figures") is None else {k: whole(v) for k, v in body["figures"].items()}
    paid = None if body.get("paid") is None else paid_of(body)
    year = body.get("year")
    return BillState(
        str(body["status"]), str(body.get("reason")), layers, decision, of_state(body), year, figures, paid
    )


async def read_cap_table(
    source: Source, partition: int, findings: Findings
) -> dict[tuple[str, int, str], dict[str, int]]:
    """Last value of each key of `person.accumulated`."""
    table: dict[tuple[str, int, str], dict[str, int]] = {}
    async for record in source.read(CAP_TABLE, partition):
        try:
            person, year, measure = (record.key or b"").decode().split("|")
            if record.value is None:
                table.pop((person, int(year), measure), None)
            else:
                table[person, int(year), measure] = amounts(obj(record.value)["counters"])
        except (Unreadable, KeyError, ValueError) as error:
            findings.add("A0", f"{CAP_TABLE}[{partition}]@{record.offset}", f"not of the shape of the page: {error}")
    return table


def compare(books: Books, state: State, cap_table: dict[tuple[str, int, str], dict[str, int]]) -> None:
    """The three tables of one partition against each other."""
    findings, p = books.findings, books.partition
    bills = Counter((person, row.year, row.measure) for (person, _), row in books.bills.items())
    for key in {*books.sums, *state.years, *cap_table, *state.opened}:
        own = _counters(books.sums.get(key, Counter()), state.opened.get(key, Counter()))
        where = f"person {key[0][:12]}… {key[1]} {key[2]} [{p}]"
        for name, table in ((CHANGELOG, state.years), (CAP_TABLE, cap_table)):
            stated = table.get(key, {})
            for counter in {*own, *(c for c in stated if c.removesuffix("_used") in KNOWN)}:
                a, b = own.get(counter, 0), stated.get(counter, 0)
                findings.unless(a == b, "A5", where, f"{counter}: decisions sum to {a} fen, {name} says {b}")
        for what in over_counters(key[2], state.years.get(key, {}), bills[key]):
            findings.add("A4", where, what)
    _compare_spread(books, state)
    for bill_key in {*books.bills, *state.bills}:
        _compare_bill(books, state, bill_key)
    for person, sequences in state.sequences.items():
        have, said = books.sequences.get(person, 0), sequences.get(TOPIC, 0)
        findings.unless(
            have == said, "A5", f"person {person[:12]}… [{p}]", f"{have} decisions, the state counts {said}"
        )


KNOWN = frozenset({"ordinary", "tilt", "deductible", "secondary", "resolution", "in_treatment"})
SPREAD = "retro"
"""A layer that is counted in the year of a recognition, not of the bill (DT-A8): only all years together agree."""


def _counters(own: Counter[str], opened: Counter[str]) -> dict[str, int]:
    """What the decisions use, beside what was used before the first of them."""
    total = Counter({f"{name}_used": amount for name, amount in own.items() if amount and name != SPREAD})
    total.update({name: amount for name, amount in opened.items() if name.removesuffix("_used") in KNOWN})
    return dict(total)


def _compare_spread(books: Books, state: State) -> None:
    given: Counter[str] = Counter()
    counted: Counter[str] = Counter()
    for (person, _, _), layers in books.sums.items():
        given[person] += layers[SPREAD]
    for (person, _, _), counters in state.years.items():
        counted[person] += counters.get(f"{SPREAD}_used", 0)
    for (person, _, _), opened in state.opened.items():
        given[person] += opened[f"{SPREAD}_used"]
    for person in {*given, *counted}:
        a, b, where = given[person], counted[person], f"person {person[:12]}… [{books.partition}]"
        books.findings.unless(a == b, "A5", where, f"{SPREAD}: decisions sum to {a} fen, {CHANGELOG} says {b}")


def _compare_bill(books: Books, state: State, key: tuple[str, BillKey]) -> None:
    row, kept, where = books.bills.get(key), state.bills.get(key), f"bill {key[1][0]}|{key[1][1]} [{books.partition}]"
    check = books.findings.unless
    if kept is None:
        books.findings.add("A5", where, "decided, but the state does not know the bill")
        return
    given = {layer: amount for layer, amount in (row.layers if row else {}).items() if amount}
    stated = {layer: amount for layer, amount in kept.layers.items() if amount}
    check(
        given == stated, "A5", where, f"decisions give {sum(given.values())} fen, the state says {sum(stated.values())}"
    )
    told = {} if row is None else row.told
    check(told == kept.told, "A5", where, f"paid elsewhere: decisions say {told}, the state {kept.told}")
    if row is not None:
        same = kept.decision == (row.decision_id, row.sequence)
        twin = kept.decision is not None and kept.decision[0] == row.twin
        check(same or twin, "A5", where, "the state names another decision")
        if same and row.twin is None:
            _compare_last(row, kept, where, books.findings)
    else:
        check(kept.decision is None, "A5", where, "the state names a decision that is not on the log")


def _compare_last(row: BillRow, kept: BillState, where: str, findings: Findings) -> None:
    """The last decision and what the state keeps of it, word by word."""
    year = kept.year in (None, row.year)
    findings.unless(year, "A5", where, f"decided in {row.year}, the state says {kept.year}")
    if kept.figures is not None:
        wrong = sorted(k for k in {*row.figures, *kept.figures} if row.figures.get(k, 0) != kept.figures.get(k, 0))
        findings.unless(not wrong, "A5", where, f"{', '.join(wrong)}: the decision and the state differ")
    if kept.paid is not None:
        wrong = sorted({payee for (payee, _), _ in set(row.paid.items()) ^ set(kept.paid.items())})
        findings.unless(not wrong, "A5", where, f"paid to {', '.join(wrong)}: postings and state differ")


class Replay:
    """The output of `tuodi replay --json` over the exported journal."""

    def __init__(self, file: Path) -> None:
        try:
            self._persons: dict[str, Any] = orjson.loads(file.read_bytes())["persons"]
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
            raise AuditError(f"{file}: not the output of `tuodi replay --json`") from None

    def compare(self, books: Books, state: State) -> None:
        """One partition's state against the replay; what was compared is taken away."""
        for person, key in state.bills:
            if not is_bill(key):
                continue
            settlements = self._persons.get(person, {}).get("settlements", {})
            found = settlements.pop("|".join(key), None) or settlements.pop(key[1], None)
            where = f"bill {key[0]}|{key[1]} [{books.partition}]"
            if books.findings.unless(found is not None, "A5", where, "the replay does not know the bill"):
                _compare_replayed(found, state.bills[person, key], where, books.findings)
        for (person, year, measure), counters in state.years.items():
            replayed = self._persons.get(person, {}).get("years", {}).get(str(year), {}).get(measure, {})
            where = f"person {person[:12]}… {year} {measure} [{books.partition}]"
            for name in {*counters, *replayed}:
                a, b = counters.get(name, 0), fen(replayed[name]) if name in replayed else 0
                books.findings.unless(a == b, "A5", where, f"{name}: the state says {a} fen, the replay {b}")

    def left_over(self, findings: Findings) -> None:
        """Bills that only the replay knows; a bill that only waits (parked) may be left out of the state."""
        for person, body in self._persons.items():
            for setl_id, row in body.get("settlements", {}).items():
                if row.get("status") != "parked":
                    findings.add("A5", f"bill {setl_id}, person {person[:12]}…", "only the replay knows the bill")


def _compare_replayed(found: dict[str, Any], kept: BillState, where: str, findings: Findings) -> None:
    try:
        layers = {name: amount for name, amount in amounts(found["layers"]).items() if amount}
    except (Unreadable, KeyError):
        findings.add("A5", where, "the replay's layers cannot be read")
        return
    stated = {name: amount for name, amount in kept.layers.items() if amount}
    findings.unless(
        layers == stated, "A5", where, f"the state says {sum(stated.values())} fen, the replay {sum(layers.values())}"
    )
    same = (found.get("status"), found.get("reason")) == (kept.status, kept.reason)
    findings.unless(same, "A5", where, f"the state says {kept.status}/{kept.reason}, the replay otherwise")
