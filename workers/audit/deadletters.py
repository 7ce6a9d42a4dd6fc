"""A9: a dead letter leads back to its source, says why in a closed code, and holds the original bytes encrypted."""

from __future__ import annotations

import orjson

from workers.audit.findings import Findings
from workers.audit.source import Rec

HEADERS = tuple(
    """__dlq.errors.topic __dlq.errors.partition __dlq.errors.offset __dlq.errors.group __dlq.errors.delivery.count
    __dlq.errors.message dlq_id dlq_reason dlq_stage dlq_failed_at dlq_app_version dlq_key_id""".split()
)

REASONS = frozenset(
    """empty key_missing key_mismatch too_large not_json unknown_type unknown_version bad_field bad_amount bad_sum
    bad_date unknown_code personal_data wrong_source""".split()
)
"""The closed list of the contract; the audit's own copy."""

NONCE_AND_TAG_BYTES = 12 + 16


def check_dead_letter(record: Rec, where: str, findings: Findings) -> None:
    missing = [name for name in HEADERS if not record.header(name)]
    if missing:
        findings.add("A9", where, f"lacks {', '.join(missing)}")
    reason = record.header("dlq_reason")
    findings.unless(reason is None or reason in REASONS, "A9", where, "the reason is not on the closed list")
    value = record.value or b""
    findings.unless(len(value) >= NONCE_AND_TAG_BYTES, "A9", where, "holds no encrypted original")
    findings.unless(not _readable(value), "A9", where, "the original is not encrypted")


def _readable(value: bytes) -> bool:
    try:
        return isinstance(orjson.loads(value), dict | list)
    except orjson.JSONDecodeError:
        return False
