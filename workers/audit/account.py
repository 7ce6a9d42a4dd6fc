"""The audit's own books of one partition: bills, yearly sums, sequences. Amounts in fen.

A2: one chain of decisions per bill. A3: sequence, id, input order. A4: totals and caps. A10: sums of the figures.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from workers.audit.decode import BillKey, Decision, is_bill, outcome_id
from workers.audit.findings import Findings
from workers.audit.limits import BY_YEAR, LAYERS, heshan_limit, own_payment
from workers.audit.modes import Modes
from workers.audit.told import Told, after, both, faults, paid_after, stated_of

TOPIC = "assistance.decided"


@dataclass(slots=True)
class BillRow:
    """The last decision of one bill."""

    decision_id: str
    sequence: int
    status: str
    year: int
    measure: str
    layers: dict[str, int]
    deductible: int
    own: int | None  # own payment as the journal states it; None: no record of the bill was read
    twin: str | None = None  # the last decision of the same bill under another key, where the two became one
    told: Told = field(default_factory=dict)  # what stands in accounts that only say who has paid
    mode: str | None = None  # live or shadow, from the first decision on that decided it
    figures: dict[str, int] = field(default_factory=dict)
    paid: dict[tuple[str, str], int] = field(default_factory=dict)  # what was posted, by payee and layer


@dataclass
class Books:
    """All bills of one partition as the decisions left them."""

    partition: int
    findings: Findings
    owners: set[bytes]  # hashes of business keys decided in any partition
    origins: dict[str, str] = field(default_factory=dict)
    bills: dict[tuple[str, BillKey], BillRow] = field(default_factory=dict)
    sums: dict[tuple[str, int, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    sequences: dict[str, int] = field(default_factory=dict)
    own: dict[tuple[str, BillKey], int] = field(default_factory=dict)
    owns: dict[tuple[str, BillKey], set[int]] = field(default_factory=dict)
    """What the bodies of a bill say the person paid."""
    ordered: set[BillKey] = field(default_factory=set)
    """Bills that an order names."""
    stated: dict[tuple[str, BillKey], set[int]] = field(default_factory=dict)
    """What the bodies of a bill say the platform paid as assistance."""
    settled: dict[tuple[str, BillKey], set[str]] = field(default_factory=dict)
    modes: Modes = field(default_factory=Modes)
    paid_by_persons: Counter[tuple[str, int, str]] = field(default_factory=Counter)  # own payments of a year's bills
    unknown: Counter[tuple[str, int, str]] = field(default_factory=Counter)  # bills of a year without a journal record
    heshan_cap: int | None = None
    moved_in: int = 0
    moved_out: int = 0
    last_cause: int = -1
    may_leave: set[str] = field(default_factory=set)
    """Persons that were split: a grant goes with the payment it rests on, which the order does not name."""

    def give_up(self, own: tuple[str, BillKey]) -> BillRow:
        """A row leaves for another key of the same person, with what it has."""
        row = self.bills.pop(own)
        self._carry(own, row, -1)
        return row

    def take_over(self, own: tuple[str, BillKey], row: BillRow) -> None:
        """A row that has left another key; a bill that is here already is the same bill: what both got is added up."""
        self._carry(own, row, 1)
        here = self.bills.get(own)
        if row.own is not None:
            self.own[own] = max(row.own, self.own.get(own, 0))
        if here is not None:
            layers = {
                layer: here.layers.get(layer, 0) + row.layers.get(layer, 0) for layer in {**here.layers, **row.layers}
            }
            own_payment_of_both = None if here.own is None or row.own is None else here.own + row.own
            row = replace(
                here, layers=layers, deductible=here.deductible + row.deductible, own=own_payment_of_both,
                twin=row.decision_id, told=both(here.told, row.told),
            )  # fmt: skip
        self.bills[own] = row

    def _carry(self, own: tuple[str, BillKey], row: BillRow, sign: int) -> None:
        total = sign * sum(row.layers.values())
        self.moved_in += total
        self.moved_out += total
        if is_bill(own[1]):
            sums = self.sums[own[0], row.year, row.measure]
            sums.update({layer: sign * amount for layer, amount in row.layers.items()})
            sums["deductible"] += sign * row.deductible
            self._owned(own[0], row, sign)

    def hear(self, body: dict[str, Any]) -> None:
        """What a journal record says of own payments and adopted limits; of two bodies of a bill the dearer counts."""
        if body.get("type") == "rulebook.adopted":
            self.heshan_cap = heshan_limit(str(body.get("body")))
        self.modes.hear(body)
        if body.get("type") == "office.ordered" and body.get("setl_id") is not None:
            self.ordered.add((str(body.get("region")), str(body["setl_id"])))
        if body.get("type") != "settlement.final":
            return
        key = str(body.get("person_key")), (str(body.get("region")), str(body.get("setl_id")))
        self.stated.setdefault(key, set()).add(stated_of(body))
        self.settled.setdefault(key, set()).add(str(body.get("settled_on")))
        self.owns.setdefault(key, set()).add(own_payment(body))
        before, now = self.own.get(key, -1), own_payment(body)
        if now <= before:
            return
        self.own[key] = now
        row = self.bills.get(key)
        if row is not None and row.own is not None:
            self.paid_by_persons[key[0], row.year, row.measure] += now - row.own
            row.own = now

    def take(self, d: Decision) -> None:
        """One decision, in log order."""
        where = f"{TOPIC}[{self.partition}]@{d.at}"
        self._order(d, where)
        self._figures(d, where)
        self._chain(d, where)
        self._sum(d)

    def close_group(self, group: list[Decision]) -> None:
        """After all decisions of one journal record: no yearly limit is exceeded, nor what the person paid (A4)."""
        at = f"{TOPIC}[{self.partition}]@{group[-1].at}"
        for key in {(d.person, d.year, d.measure) for d in group}:
            for what in self._over(key):
                self.findings.add("A4", at, what)
        for d in group:
            own, given = self.own.get((d.person, d.bill)), sum(d.layers.values())
            self._whole(d, given)
            if d.measure not in BY_YEAR and own is not None and given > own:
                at = f"{TOPIC}[{self.partition}]@{d.at}"
                self.findings.add("A4", at, f"{given} fen granted where the person paid {own}")

    def _whole(self, d: Decision, given: int) -> None:
        """Base and what is excluded from it are what the person paid (A10), where one body alone says what that was.

        Facts that an officer corrected are stated by no body; a layer that pays on burden may exceed its bill.
        """
        key = d.person, d.bill
        said = self.owns.get(key, set())
        if len(said) != 1 or d.status != "decided" or d.bill in self.ordered:
            return
        (own,) = said
        due = max(own, given) if d.measure in BY_YEAR else own
        whole = d.figures.get("base", 0) + d.figures.get("excluded", 0)
        at = f"{TOPIC}[{self.partition}]@{d.at}"
        self.findings.unless(whole == due, "A10", at, f"{whole} fen are base or excluded, the bill is of {due}")

    def _over(self, key: tuple[str, int, str]) -> Iterator[str]:
        """What a year of one person shows beyond a limit, or beyond the person's own payments."""
        _, year, measure = key
        layers = {layer: total for layer, total in self.sums[key].items() if layer != "deductible"}
        given, own = sum(layers.values()), self.paid_by_persons[key]
        for layer, total in layers.items():
            cap = self.heshan_cap if (measure, layer) == ("HS", "ordinary") else LAYERS.get((measure, layer))
            if cap is not None and total > cap:
                yield f"{layer} of {year} stands at {total} fen, the limit is {cap}"
        if measure == "HS" and given and self.heshan_cap is None:
            yield f"{given} fen of {year} granted while no figure of Heshan is adopted"
        if given > own and not self.unknown[key]:
            yield f"{given} fen of {year} granted where the person paid {own}"

    def _order(self, d: Decision, where: str) -> None:
        check = self.findings.unless
        expected = self.sequences.get(d.person, 0) + 1
        check(d.sequence == expected, "A3", where, f"sequence {d.sequence} where {expected} was due")
        self.sequences[d.person] = d.sequence
        origin = self.origins.get(d.person, d.person)
        check(outcome_id(origin, TOPIC, d.sequence) == d.decision_id, "A3", where, "decision_id is not the hash")
        check(d.cause[0] == self.partition, "A3", where, f"the cause lies in partition {d.cause[0]}")
        check(d.cause[1] >= self.last_cause, "A3", where, f"caused by {d.cause[1]} after {self.last_cause}")
        self.last_cause = max(self.last_cause, d.cause[1])

    def _figures(self, d: Decision, where: str) -> None:
        check, given = self.findings.unless, sum(d.layers.values())
        parts = [d.figures.get(name, 0) for name in ("deductible", "own_share", "over_cap")]
        base = d.figures.get("base", 0)
        check(base == given + sum(parts), "A10", where, f"base {base} is not {given} given + {sum(parts)} not given")
        check(min([*parts, base, *d.layers.values()]) >= 0, "A10", where, "an amount is negative")
        check(given <= base, "A4", where, f"{given} fen granted where {base} was asked for")
        posted: Counter[str] = Counter()
        for layer, amount in d.postings:
            posted[layer] += amount
        for layer in {*posted, *d.delta}:
            due = d.delta.get(layer, 0)
            check(
                posted[layer] == due,
                "A10",
                where,
                f"postings of {layer} sum to {posted[layer]}, the difference is {due}",
            )
        if d.status == "reversed":
            check(given == 0 and base == 0, "A10", where, "a reversed bill has amounts")
        self.moved_out += sum(posted.values())

    def _chain(self, d: Decision, where: str) -> None:
        check, before = self.findings.unless, self.bills.get((d.person, d.bill))
        if before is None:
            check(d.supersedes is None, "A2", where, "supersedes a decision that is not on the log")
            mark = hashlib.blake2b("\0".join(d.bill).encode(), digest_size=12).digest()
            check(mark not in self.owners, "A2", where, "this bill was decided before, for another person")
            self.owners.add(mark)
        elif d.supersedes is None:
            self.findings.add("A2", where, f"the bill is decided a second time, first by {before.decision_id}")
        else:
            known = (before.decision_id, before.twin)
            check(d.supersedes in known, "A2", where, f"supersedes another than {before.decision_id}")
        was = before.layers if before else {}
        for layer in {*d.layers, *d.delta, *was}:
            total = was.get(layer, 0) + d.delta.get(layer, 0)
            stated = d.layers.get(layer, 0)
            check(
                total == stated, "A4", where, f"{layer}: previous + difference is {total}, the decision says {stated}"
            )

    def _sum(self, d: Decision) -> None:
        key = d.person, d.bill
        before, own = self.bills.get(key), self.own.get(key)
        withheld = d.figures.get("deductible", 0)
        told = after({} if before is None else before.told, d)
        row = BillRow(d.decision_id, d.sequence, d.status, d.year, d.measure, d.layers, withheld, own, told=told)
        was = None if before is None else before.mode
        row.figures = d.figures
        row.paid = paid_after({} if before is None else before.paid, d)
        row.mode = was if d.status != "decided" else "shadow" if d.mode == "shadow" else "live"
        wrong = [*faults(d, told, self.stated.get(key)), *self.modes.faults(d, was, self.settled.get(key, ()))]
        for what in wrong:
            self.findings.add("A10", f"{TOPIC}[{self.partition}]@{d.at}", what)
        self.moved_in += sum(row.layers.values()) - (sum(before.layers.values()) if before is not None else 0)
        self.bills[d.person, d.bill] = row
        if not is_bill(d.bill):
            return  # money that is not a bill's uses no yearly counter
        if before is not None:
            old = self.sums[d.person, before.year, before.measure]
            old.subtract(before.layers)
            old["deductible"] -= before.deductible
            self._owned(d.person, before, -1)
        new = self.sums[d.person, d.year, d.measure]
        new.update(row.layers)
        new["deductible"] += row.deductible
        self._owned(d.person, row, 1)

    def _owned(self, person: str, row: BillRow, sign: int) -> None:
        """Count a bill's own payment, or that it is not known, in its year."""
        year = person, row.year, row.measure
        self.paid_by_persons[year] += sign * (row.own or 0)
        self.unknown[year] += sign * (row.own is None)
