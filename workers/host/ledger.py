"""The ledger as a service: the runtime with the ledger's fold, and the ledger's counts as metrics."""

from __future__ import annotations

from typing import Any

from prometheus_client import Counter

from schemas.topics import TOPICS, Kind, full_name
from workers.journal.names import ledger_group
from workers.ledger.fold import LedgerFold, make_fold
from workers.log.port import Log
from workers.runtime.options import RuntimeOptions
from workers.runtime.service import PartitionRuntime
from workers.settings import Settings

_OUTCOMES = Counter("settlement_outcomes", "Outcomes of journal records, one each", ["outcome"])
_DECISIONS = Counter("settlement_decisions", "Decisions by measure, layer and reason", ["measure", "layer", "reason"])

_WARNINGS = Counter("settlement_ledger_warnings", "Checks not met that refuse nothing, by check", ["check"])


def output_topics(settings: Settings) -> tuple[str, ...]:
    """What only the owner of a journal partition writes in transactions, into the partition of the same number."""
    outputs = (t.short for t in TOPICS.values() if t.kind is Kind.OUTPUT and "ledger" in t.owners)
    return tuple(full_name(short, settings.topic_prefix) for short in outputs)


def ledger_options(settings: Settings, instance_id: str) -> RuntimeOptions:
    """Settings as the runtime takes them; times in milliseconds."""
    group = ledger_group(settings)
    return RuntimeOptions(
        group=group,
        input_topic=full_name("journal", settings.topic_prefix),
        changelog_topic=full_name("ledger-changelog", settings.topic_prefix),
        output_topics=output_topics(settings),
        client_id=f"{group}-{instance_id}",
        instance_id=instance_id,
        batch_records_max=settings.batch_records_max,
        batch_bytes_max=settings.batch_bytes_max,
        restore_batch_records=settings.restore_batch_records,
        tick_ms=settings.tick_ms,
        transaction_timeout_ms=settings.transaction_timeout_ms,
        session_timeout_ms=settings.session_timeout_ms,
        commit_deadline_ms=settings.commit_deadline_ms,
        stall_ms=settings.stall_ms,
    )


class LedgerService(PartitionRuntime):
    """`PartitionRuntime` over the journal, with one `LedgerFold` per owned partition."""

    def __init__(self, log: Log, settings: Settings, instance_id: str, **options: Any) -> None:
        self._folds: dict[int, LedgerFold] = {}
        self._settings = settings
        super().__init__(log, ledger_options(settings, instance_id), self._make, **options)

    def _make(self, partition: int) -> LedgerFold:
        fold = make_fold(partition, self._settings)
        self._folds[partition] = fold
        return fold

    def flush_counts(self) -> None:
        """Carry the folds' plain numbers into Prometheus; called before a scrape."""
        for fold in list(self._folds.values()):
            counts = fold.take_counts()
            for outcome, n in counts.outcomes.items():
                _OUTCOMES.labels(outcome).inc(n)
            for (measure, layer, reason), n in counts.decisions.items():
                _DECISIONS.labels(measure, layer, reason).inc(n)
            for check, n in counts.warnings.items():
                _WARNINGS.labels(check).inc(n)
