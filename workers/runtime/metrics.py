"""What a runtime tells Prometheus: plain numbers in the hot path, carried over to bound children by `flush`.

No label per event, no person in a label; a partition number is the finest label there is. Base units: seconds, records.
"""

from __future__ import annotations

import time
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from workers.runtime.restore import RestoreProgress

COMMIT_BUCKETS_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
BATCH_BUCKETS_RECORDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

_BY_WORKER: Final = ("worker",)
_BY_PARTITION: Final = ("worker", "partition")


class _Families:
    """The metric families of one registry; several runtimes of a process share them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str) -> Counter:
            return Counter(f"settlement_{name}", text, _BY_WORKER, registry=registry)

        def gauge(name: str, text: str, labels: tuple[str, ...] = _BY_WORKER) -> Gauge:
            return Gauge(f"settlement_{name}", text, labels, registry=registry)

        self.records = counter("records", "Input records whose outcome is committed")
        self.batches = counter("batches", "Transactions that were answered as committed, or found so")
        self.fenced = counter("fenced", "Times a newer owner took a partition from this worker")
        self.unknown = counter("commit_unknown", "Commits whose outcome had to be asked from the log")
        self.dropped = counter("stale_records", "Records fetched in an older generation and dropped")
        self.rejoins = counter("rejoins", "Times this worker left its group and joined anew by itself")
        self.stops = counter("partition_stops", "Times a broken invariant stopped a partition")
        self.restored = counter("restore_records", "Changelog records read by restores")
        self.batch_size = Histogram(
            "settlement_batch_records",
            "Input records per transaction",
            _BY_WORKER,
            registry=registry,
            buckets=BATCH_BUCKETS_RECORDS,
        )
        self.commit = Histogram(
            "settlement_commit_seconds",
            "Time from cutting a batch to its known commit",
            _BY_WORKER,
            registry=registry,
            buckets=COMMIT_BUCKETS_SECONDS,
        )
        self.remaining = gauge("restore_remaining_offsets", "Changelog offsets still to be read", _BY_PARTITION)
        self.eta = gauge("restore_eta_seconds", "Estimated time until the restore ends", _BY_PARTITION)
        self.progress = gauge("last_progress_timestamp_seconds", "Unix time at which a position last moved")
        self.lag_records = gauge("lag_records", "Offsets between the position and the end of the input", _BY_PARTITION)
        self.lag_seconds = gauge("lag_seconds", "Time since the last processed record was appended; 0 without lag")
        self.stopped = gauge("stopped_partitions", "Partitions stopped by a broken invariant")
        self.owned = gauge("owned_partitions", "Partitions assigned to this worker")


_families: WeakKeyDictionary[CollectorRegistry, _Families] = WeakKeyDictionary()


class RuntimeMetrics:
    """Counters of one runtime. Attributes are plain numbers; `flush` moves them into children bound here, once."""

    def __init__(self, worker: str, registry: CollectorRegistry = REGISTRY) -> None:
        families = _families.get(registry)
        if families is None:
            families = _families[registry] = _Families(registry)
        self._families, self._worker = families, worker
        self.records = self.batches = self.fenced = self.commit_unknown = 0
        self.stale_records = self.rejoins = self.restore_records = self.stops = 0
        self._counters = [
            (name, family.labels(worker))
            for name, family in (
                ("records", families.records),
                ("batches", families.batches),
                ("fenced", families.fenced),
                ("commit_unknown", families.unknown),
                ("stale_records", families.dropped),
                ("rejoins", families.rejoins),
                ("stops", families.stops),
                ("restore_records", families.restored),
            )
        ]
        self._flushed = dict.fromkeys((name for name, _ in self._counters), 0)
        self._batch_size = families.batch_size.labels(worker)
        self._commit = families.commit.labels(worker)
        self._progress = families.progress.labels(worker)
        self._lag_seconds = families.lag_seconds.labels(worker)
        self._stopped = families.stopped.labels(worker)
        self._owned = families.owned.labels(worker)
        self._moved = False
        self._shown: set[int] = set()

    def batch(self, records: int, seconds: float) -> None:
        """One committed batch: two histogram observations per batch, none per record."""
        self.records += records
        self.batches += 1
        self._batch_size.observe(records)
        self._commit.observe(seconds)
        self._moved = True

    def restoring(self, progress: RestoreProgress, records: int) -> None:
        """One batch of a restore."""
        self.restore_records += records
        partition = str(progress.partition)
        self._families.remaining.labels(self._worker, partition).set(progress.offsets_remaining)
        self._families.eta.labels(self._worker, partition).set(progress.eta_seconds)
        self._moved = True

    def lag(self, lags: dict[int, int], seconds: float) -> None:
        """Lag of the owned partitions; of others nothing is known here, so their children go."""
        for partition in self._shown - lags.keys():
            self._families.lag_records.remove(self._worker, str(partition))
        self._shown = set(lags)
        for partition, records in lags.items():
            self._families.lag_records.labels(self._worker, str(partition)).set(records)
        self._lag_seconds.set(seconds)

    def ownership(self, owned: int, stopped: int) -> None:
        """How many partitions are ours, and how many of them stand."""
        self._owned.set(owned)
        self._stopped.set(stopped)

    def flush(self) -> None:
        """Carry the plain numbers over; called once per housekeeping round and before a scrape is answered."""
        for name, child in self._counters:
            now = getattr(self, name)
            child.inc(now - self._flushed[name])
            self._flushed[name] = now
        if self._moved:
            self._progress.set(time.time())
            self._moved = False
