"""A8: what the workers count agrees with the log, and what intake read is what became of it.

A counter may never stand above the log: then it counts what was not committed. A worker that has run since before the
first record must have counted everything; one that was restarted has forgotten, and only the upper bound is left.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from workers.audit.findings import Findings
from workers.audit.source import AuditError

HTTP_TIMEOUT_S = 5.0
START = "process_start_time_seconds"

COUNTED = {
    "settlement_outcomes_total": "answers",
    "settlement_intake_accepted_total": "accepted",
    "settlement_dead_letters_total": "dead_letters",
}
"""Counter of the workers → what the log holds of it; intake may write a record again, and then counts it again."""

INPUTS, PARTS = "settlement_intake_records_total", ("settlement_intake_accepted_total", "settlement_dead_letters_total")
"""What intake read = what it put into the journal + dead letters, in whatever process and since whenever."""


class Exposed:
    """The sums of the counters over all exposures, and the latest start of a process."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.started_s = 0.0

    def take(self, text: str, where: str) -> None:
        """Add one exposure in Prometheus' text format."""
        try:
            for family in text_string_to_metric_families(text):
                for sample in family.samples:
                    if sample.name in COUNTED or sample.name == INPUTS:
                        self.totals[sample.name] += int(sample.value)
                    elif sample.name == START:
                        self.started_s = max(self.started_s, sample.value)
        except ValueError:
            raise AuditError(f"{where}: not Prometheus text") from None


async def read_metrics(places: tuple[str, ...]) -> Exposed:
    """Exposures from files or http URLs."""
    exposed = Exposed()
    for place in places:
        exposed.take(await asyncio.to_thread(_text, place), place)
    return exposed


def _text(place: str) -> str:
    try:
        if place.startswith(("http://", "https://")):
            with urllib.request.urlopen(place, timeout=HTTP_TIMEOUT_S) as answer:  # noqa: S310 (scheme checked above)
                return str(answer.read().decode())
        return Path(place).read_text(encoding="utf-8")
    except (OSError, urllib.error.URLError, UnicodeDecodeError) as error:
        raise AuditError(f"{place}: cannot be read ({type(error).__name__})") from None


def audit_metrics(exposed: Exposed, log: dict[str, int], first_record_ms: int, findings: Findings) -> None:
    """Compare the counters with the log and with each other."""
    whole = 0 < exposed.started_s * 1000 < first_record_ms
    for name in sorted(COUNTED.keys() & exposed.totals.keys()):
        total, there = exposed.totals[name], log[COUNTED[name]]
        findings.unless(total <= there, "A8", name, f"counts {total}, the log holds {there}")
        findings.unless(
            not whole or total >= there, "A8", name, f"counts {total} since the start, the log holds {there}"
        )
    if INPUTS in exposed.totals:
        read, became = exposed.totals[INPUTS], sum(exposed.totals[name] for name in PARTS)
        findings.unless(read == became, "A8", INPUTS, f"{read} records were read, {became} became something")
    findings.unless(bool(exposed.totals), "A8", "metrics", "none of the counters is exposed")
