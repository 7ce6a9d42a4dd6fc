"""From checked lines to journal records, and the code by which a dry run is confirmed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from schemas.money import text_of
from workers.journal.balance import balance_record
from workers.journal.record import Journal, JournalRecord, Source
from workers.opening.control import Place, Total, differences, read_control, totals_of
from workers.opening.signature import verify
from workers.opening.table import Balance, Counters, Table, read_table
from workers.policy.adoption import build_adoption, load_adoption

SOURCE = "tuodi/import"


class Signers(NamedTuple):
    """Who answers for the import, as for an office order."""

    author: str
    second_signer: str
    document: str


class Asked(NamedTuple):
    """What the operator named."""

    file: Path
    signature: Path
    public_key: Path
    control: Path
    opened_on: date
    revision: int
    signers: Signers


class Plan(NamedTuple):
    """What an import would do. `code` names just this file, control and signers."""

    table: Table
    totals: dict[Place, Total]
    differences: list[str]
    code: str

    @property
    def sound(self) -> bool:
        return not (self.table.wrong or self.differences)


def plan_of(asked: Asked, counters: Counters) -> Plan:
    """Prove, read and reconcile; writes nothing."""
    body = verify(asked.file, asked.signature, asked.public_key)
    table = read_table(asked.file, counters)
    totals = totals_of(table.balances)
    stated = (asked.opened_on.isoformat(), str(asked.revision), *asked.signers)
    code = hashlib.sha256(b"\0".join([body, asked.control.read_bytes(), *(each.encode() for each in stated)]))
    return Plan(table, totals, differences(totals, read_control(asked.control)), code.hexdigest()[:12])


def counters_of_law(rulebooks: Path | None = None) -> dict[str, frozenset[str]]:
    """Measure → counters that its rules keep for any group."""
    found: dict[str, set[str]] = {}
    for instrument in load_adoption(build_adoption(rulebooks)).instruments:
        names = found.setdefault(instrument.measure, set())
        for group in instrument.context.groups.values():
            names.update(group.counters.values(), *(pool.counters.values() for pool in group.pools.values()))
    return {measure: frozenset(names) for measure, names in found.items()}


def records_of(plan: Plan, asked: Asked, journal: Journal, time_ms: int) -> Iterator[JournalRecord]:
    """One record a line, in the order of the file."""
    for balance in plan.table.balances:
        yield balance_record(journal, _fields(balance, asked), Source(SOURCE, time_ms))


def _fields(balance: Balance, asked: Asked) -> dict[str, Any]:
    return {
        "region": balance.region,
        "psn_no": balance.psn_no,
        "balance_id": f"{balance.measure}-{balance.year}",
        "revision": asked.revision,
        "measure": balance.measure,
        "year": balance.year,
        "used": {name: text_of(fen) for name, fen in balance.used.items()},
        "paid": text_of(balance.paid),
        "opened_on": asked.opened_on.isoformat(),
        **asked.signers._asdict(),
    }
