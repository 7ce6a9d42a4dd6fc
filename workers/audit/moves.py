"""Persons merged, split and moved: what leaves one key arrives under another, once and unchanged (A2, A5).

The ledger of the old key and that of the new one lie in two partitions of the journal, so both sides are noted and
compared when all partitions were read. Forwarded records are compared with what they forward in the same way.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Container
from typing import Any

import orjson

from workers.audit.account import BillRow, Books
from workers.audit.decode import BillKey, Unreadable, is_bill, obj, subject_key, whole
from workers.audit.findings import Findings
from workers.audit.limits import own_payment
from workers.audit.source import Rec
from workers.audit.told import of_state, paid_of, stated_in

MOVES = frozenset({"bill.moved", "person.moved"})
Way = tuple[str, str, BillKey]  # from, to, bill


class Crossings:
    """What left and what arrived, over all partitions."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._left: dict[Way, str] = {}
        self._maybe: dict[Way, str] = {}
        self._came: dict[Way, tuple[str, str]] = {}
        self._sent: dict[tuple[int, int], str] = {}
        self._stood: dict[tuple[int, int], tuple[str, str]] = {}

    def left(self, way: Way, row: BillRow) -> None:
        self._left[way] = mark(row)

    def may_have_left(self, way: Way, row: BillRow) -> None:
        """Where a person was split more than once, a grant went one of the ways."""
        self._maybe[way] = mark(row)

    def came(self, way: Way, row: BillRow, where: str) -> None:
        self._came[way] = mark(row), where

    def forwards(self, record: Rec, body: dict[str, Any]) -> None:
        """A record that was answered `forwarded`."""
        self._sent[record.partition, record.offset] = _said(body)

    def forwarded(self, record: Rec, body: dict[str, Any], where: str) -> None:
        """A record that says it was forwarded."""
        self._stood[_sent_by(record)] = _said(body), where

    def end(self) -> None:
        """Everything must have its other side."""
        add = self._findings.add
        for way in self._left.keys() - self._came.keys():
            add("A5", f"bill {way[2][0]}|{way[2][1]}", "left its key and arrived nowhere")
        for way, (said, where) in self._came.items():
            if said not in (self._left.get(way), self._maybe.get(way)):
                add("A5", where, "arrives with other amounts or another decision than it had, or never left")
        for partition, offset in self._sent.keys() - self._stood.keys():
            add("A1", f"journal[{partition}]@{offset}", "answered forwarded, but nothing was written for it")
        for place, (said, where) in self._stood.items():
            if self._sent.get(place) != said:
                add("A1", where, "is not what the record it was forwarded from says")


class Moves:
    """The transfers of one partition, in the order of its journal."""

    def __init__(self, books: Books, crossings: Crossings) -> None:
        self._books, self._crossings = books, crossings
        self._away: dict[str, str] = {}
        self._split_off: dict[str, list[str]] = defaultdict(list)
        self._came_by: dict[str, dict[str, str]] = defaultdict(dict)
        self._staged: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
        self._complete: set[tuple[str, str, int]] = set()

    def allowed(self, record: Rec, body: dict[str, Any]) -> frozenset[str] | None:
        """`forwarded` where the key has been given up, or the record's own key was split off; None: says nothing."""
        person, kind = str(body.get("person_key")), body.get("type")
        via = _via(record)
        if kind == "person.transferred" or (kind in MOVES and (body.get("returns") or move_of(body) in self._complete)):
            return None
        to = self._away.get(person)
        if to is not None:
            return None if to in via else FORWARDED
        if kind not in MOVES and any(key not in self._came_by[person] for key in via):
            return FORWARDED
        return None

    def fold(self, record: Rec, body: dict[str, Any], outcome: str | None, where: str) -> None:
        """Before the decisions of a record: rows leave or arrive."""
        if record.header("moved_from") is not None and body.get("type") not in MOVES and "person_key" in body:
            self._crossings.forwarded(record, body, where)
        if outcome == "forwarded":
            self._crossings.forwards(record, body)
            return
        kind = body.get("type")
        if kind in MOVES and outcome == "repeat":
            self._again(body, where)
            return
        if kind == "person.transferred" and outcome in (None, "applied"):
            self._leave(body)
        elif kind == "bill.moved":
            self._staged[str(body["person_key"]), str(body["from_key"])][str(body["name"])] = body
        elif kind == "person.moved":
            self._arrive(body, where)

    def _leave(self, body: dict[str, Any]) -> None:
        person, to = str(body["person_key"]), str(body["to_key"])
        listed = {(str(bill["region"]), str(bill["setl_id"])) for bill in body.get("bills", ())}
        split = body["kind"] == "split"
        for own, key in [own for own in self._books.bills if own[0] == person]:
            if not split or key in listed:
                self._crossings.left((person, to, key), self._books.give_up((own, key)))
        if not split:
            self._away[person] = to
            return
        self._books.may_leave.add(person)
        self._split_off[person].append(to)
        for passed in [passed for passed, by in self._came_by[person].items() if to in (passed, by)]:
            del self._came_by[person][passed]

    def settle(self, known: Container[tuple[str, BillKey]]) -> None:
        """At the end of the partition: grants that are in the state no more have left with a split."""
        for person, key in [own for own in self._books.bills if own[0] in self._split_off]:
            if not is_bill(key) and (person, key) not in known:
                row = self._books.give_up((person, key))
                for to in self._split_off[person]:
                    self._crossings.may_have_left((person, to, key), row)

    def _again(self, body: dict[str, Any], where: str) -> None:
        """What has come already counts once; what never came is no repeat."""
        staged = self._staged.get((str(body["person_key"]), str(body["from_key"])), {})
        came = move_of(body) in self._complete or staged.get(str(body.get("name")), {}).get("state") == body["state"]
        self._books.findings.unless(came, "A2", where, "answered repeat, but this part of a move never came before")

    def _arrive(self, body: dict[str, Any], where: str) -> None:
        person, origin = str(body["person_key"]), str(body["from_key"])
        rest = obj(str(body["state"]).encode())
        staged = list(self._staged.pop((person, origin), {}).values())
        self._complete.add(move_of(body))
        stated = whole(body["bills"])
        self._books.findings.unless(len(staged) == stated, "A1", where, f"{len(staged)} bills came, it says {stated}")
        for bill in staged:
            _, region, setl_id = str(bill["name"]).split("|", 2)
            state = obj(str(bill["state"]).encode())
            self._take(person, origin, (region, setl_id), state, where)
            self._grants(person, origin, state.get("raised", {}), where)
        self._grants(person, origin, rest["matters"], where)
        if body.get("returns"):
            self._away.pop(person, None)
        if body["kind"] == "merge":
            self._came_by[person] |= {origin: origin, **dict.fromkeys(rest["absorbed"], origin)}

    def _grants(self, person: str, origin: str, raised: dict[str, Any], where: str) -> None:
        for grant in raised.get("grants", {}).values():
            key, stated = subject_key(grant["stated"]["subject"]), grant["stated"]
            state = {
                **stated,
                "layers": grant["layers"],
                "decision": grant["decision"],
                "shadow": grant.get("shadow", False),
                "paid": _told_of(grant),
            }
            self._take(person, origin, key, state, where)

    def _take(self, person: str, origin: str, key: BillKey, state: dict[str, Any], where: str) -> None:
        row = row_of(state)
        stated = stated_in(state)
        if stated:
            self._books.stated.setdefault((person, key), set()).update(stated)
            self._books.settled.setdefault((person, key), set()).add(str(state["facts"].get("settled_on")))
        if row is not None:
            self._crossings.came((origin, person, key), row, where)
            self._books.take_over((person, key), row)


def _told_of(grant: dict[str, Any]) -> dict[str, Any]:
    """The accounts of a grant that only tell: all of it in shadow, else what the platform has paid of it."""
    if grant.get("shadow"):
        return {"shadow": grant["layers"]}
    paid = grant.get("platform") or {}
    return {
        "upstream": {layer: min(whole(amount), whole(paid.get(layer, 0))) for layer, amount in grant["layers"].items()}
    }


def move_of(body: dict[str, Any]) -> tuple[str, str, int]:
    """To, from and serial: which move a record belongs to."""
    return str(body["person_key"]), str(body["from_key"]), whole(body["serial"])


FORWARDED = frozenset({"forwarded"})


def row_of(state: dict[str, Any]) -> BillRow | None:
    """The last decision of a moved bill or grant, from its packed state; None where it has none."""
    made = state["decision"]
    if made is None:
        return None
    layers = {str(name): whole(amount) for name, amount in state["layers"].items()}
    deductible = whole((state.get("figures") or {}).get("deductible", 0))
    status, year, measure = str(state["status"]), whole(state["year"]), str(state["measure"])
    own = own_payment(state["facts"], whole) if isinstance(state.get("facts"), dict) else None
    sequence, told = whole(made["sequence"]), of_state(state)
    figures = {str(name): whole(amount) for name, amount in (state.get("figures") or {}).items()}
    return BillRow(
        str(made["id"]), sequence, status, year, measure, layers, deductible, own, told=told, mode=_mode(state),
        figures=figures, paid=paid_of(state),
    )  # fmt: skip


def _mode(state: dict[str, Any]) -> str | None:
    """Of a bill that was decided; None where it was not yet."""
    shadow = state.get("shadow")
    return None if shadow is None else "shadow" if shadow else "live"


def mark(row: BillRow) -> str:
    """What must not change on the way."""
    given = sorted((layer, amount) for layer, amount in row.layers.items() if amount)
    return repr((row.decision_id, row.sequence, row.year, row.measure, given, row.deductible, sorted(row.told.items())))


def _via(record: Rec) -> list[str]:
    via = record.header("via")
    return via.split(",") if via else []


def _sent_by(record: Rec) -> tuple[int, int]:
    partition, _, offset = str(record.header("moved_from")).partition(",")
    try:
        return int(partition), int(offset)
    except ValueError:
        raise Unreadable("moved_from is not partition,offset") from None


def _said(body: dict[str, Any]) -> str:
    left_out = ["person_key"]
    if body.get("type") == "person.transferred":  # a merge may be turned over: the other key is given up
        left_out += ["to_key", "turned"]
    said = orjson.dumps({name: v for name, v in body.items() if name not in left_out}, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(said, digest_size=16).hexdigest()
