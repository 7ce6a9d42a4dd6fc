"""The county year of a demonstration, and the bill that is worth explaining in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workers.errors import TuodiError
from workers.simulate.output import write
from workers.simulate.year import Plan

DAYS_BETWEEN_CLOSES = 14
"""A demonstration closes every fourteenth day: closing a day waits for intake, and 365 such waits are long to watch."""


def write_county(seed: int, persons: int, file: Path) -> int:
    """Write a year whose days are closed every fortnight; returns the number of lines."""
    return write(Plan(seed=seed, persons=persons, close_every=DAYS_BETWEEN_CLOSES), file).lines


def bill_to_explain(database: sqlite3.Connection) -> tuple[str, str]:
    """An assisted bill that was decided more than once, if there is one (it shows what changed), and its person."""
    found = database.execute(
        "SELECT b.setl_id, b.person_key FROM bill b JOIN decision d ON d.setl_id = b.setl_id AND d.region = b.region "
        "WHERE b.reason = 'assisted' GROUP BY b.setl_id ORDER BY count(*) DESC, b.setl_id LIMIT 1"
    ).fetchone()
    if found is None:
        raise TuodiError("no bill was assisted in this county year; take more persons")
    return str(found[0]), str(found[1])
