"""What the audit found wrong: counted without end, listed within a bound, ids only."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

LISTED_PER_CHECK = 20

CHECKS = {
    "A0": "every record of ours can be read",
    "A1": "each journal record has one answer, each feed record a journal record or a dead letter",
    "A2": "no business key is decided twice; sameness is answered as the page of records says",
    "A3": "decisions stand in input order, sequences have no gap, ids are the recomputed hash",
    "A4": "never more than was asked for, nor than was left under the cap; totals add up",
    "A5": "the last cap table and state are the sum of the decisions and the result of a replay",
    "A6": "a committed reader that ran meanwhile saw the same list",
    "A7": "no transaction is open at rest",
    "A8": "the metrics agree with the log",
    "A9": "dead letters carry all headers and are encrypted",
    "A10": "base = layers + deductible + own share + over the cap; postings sum to the difference",
}


class Finding(NamedTuple):
    check: str
    where: str  # topic short name, partition, offset or an id; never a person's data
    what: str

    def __str__(self) -> str:
        return f"{self.check} {self.where}: {self.what}"


class Findings:
    """Collects findings; memory is bounded by `LISTED_PER_CHECK` per check."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.listed: list[Finding] = []

    def add(self, check: str, where: str, what: str) -> None:
        self.counts[check] += 1
        if self.counts[check] <= LISTED_PER_CHECK:
            self.listed.append(Finding(check, where, what))

    def unless(self, fine: bool, check: str, where: str, what: str) -> bool:
        """Add a finding unless `fine`; returns `fine`."""
        if not fine:
            self.add(check, where, what)
        return fine

    @property
    def clean(self) -> bool:
        return not self.counts

    def lines(self) -> list[str]:
        """The list for people, with how many were left out."""
        out = [str(finding) for finding in sorted(self.listed, key=lambda f: (int(f.check[1:]), f.where))]
        for check, count in sorted(self.counts.items(), key=lambda item: int(item[0][1:])):
            left_out = max(0, count - LISTED_PER_CHECK)
            out.append(f"{check} {count} wrong ({CHECKS[check]})" + (f"; {left_out} not listed" if left_out else ""))
        return out
