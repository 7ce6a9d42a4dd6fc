"""The journal record of an opening balance: checked here, since it comes from a file and not through intake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from schemas.codec import journal_model
from schemas.reasons import RejectReason
from workers.errors import Reject
from workers.journal.record import Journal, JournalRecord, Source

BALANCE = "balance.opened"


def balance_record(journal: Journal, fields: Mapping[str, Any], source: Source) -> JournalRecord:
    """The record of one balance; `fields` carry `region` and `psn_no`. Reject(bad_field) names the field."""
    made = journal.person_record({"type": BALANCE, "version": 1, **fields}, source)
    try:
        journal_model(BALANCE, 1).validate_json(made.value)
    except ValidationError as error:
        where = ", ".join(sorted({str(found["loc"][0]) for found in error.errors(include_input=False) if found["loc"]}))
        raise Reject(RejectReason.BAD_FIELD, f"an opening balance does not fit its model in: {where}") from None
    return made
