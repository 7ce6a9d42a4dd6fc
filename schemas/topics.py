"""The topic registry: the one place that knows every topic. AsyncAPI, `tuodi topics`, manifests and ACLs come from it.

Times are milliseconds, sizes bytes. Full names are `<prefix>.<short name>.v1`, those of dead letters the full name of
their feed and `.dlq`; code and docs use the short names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.codec import FEED_MODELS, JOURNAL_MODELS
from schemas.events.header import DEFAULT_PREFIX, Fields
from schemas.outputs.decision import AssistanceDecided, JournalAnswered, PersonAccumulated
from schemas.outputs.money_flow import ClearingStated, FundAllocated, PaymentInstructed
from schemas.outputs.person import AlertRaised, EntitlementFlagged, TaskClosed, TaskOpened
from schemas.outputs.quote import QuoteAnswered, QuoteRequested

PARTITIONS: Final = 12
DLQ: Final = ".dlq"
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
FOREVER_MS: Final = -1
MIN_INSYNC: Final = 2
"""With three replicas a write survives the loss of one; capped by the replication factor where there are fewer."""

FEED_BYTES_MAX: Final = 1_048_588
"""Kafka's default: a record over the contract's 512 kB still arrives and becomes a typed dead letter."""
DEAD_LETTER_BYTES_MAX: Final = 2_097_152
"""The original, encrypted, with its headers and ours."""
JOURNAL_BYTES_MAX: Final = 1_200_000
"""A journal record of 1 MB with its headers and the batch around it."""


class Cleanup(StrEnum):
    DELETE = "delete"
    COMPACT = "compact"


class Timestamp(StrEnum):
    CREATE = "CreateTime"
    APPEND = "LogAppendTime"


class Kind(StrEnum):
    """Who writes a topic and what a reader may rely on."""

    FEED = "feed"
    DEAD_LETTER = "dead_letter"
    JOURNAL = "journal"
    STATE = "state"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic with everything that is promised of it."""

    short: str
    kind: Kind
    key: str
    """What the record key means."""
    owners: tuple[str, ...]
    """Workers (or `others`) that write it."""
    models: tuple[type[Fields], ...]
    about: str
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int = FOREVER_MS
    timestamp: Timestamp = Timestamp.CREATE
    max_message_bytes: int = FEED_BYTES_MAX
    partitions: int = PARTITIONS
    min_insync: int = MIN_INSYNC
    dlq: bool = False

    def full_name(self, prefix: str = DEFAULT_PREFIX) -> str:
        """The name on the broker."""
        return full_name(self.short, prefix)

    def config(self, replication_factor: int) -> dict[str, str]:
        """Topic configuration in Kafka's words; `min.insync.replicas` never above the replicas there are."""
        values = {
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": str(self.max_message_bytes),
            "message.timestamp.type": self.timestamp.value,
            "min.insync.replicas": str(min(self.min_insync, replication_factor)),
            "unclean.leader.election.enable": "false",
        }
        if self.cleanup is Cleanup.DELETE:
            values["retention.ms"] = str(self.retention_ms)
            values["retention.bytes"] = "-1"
            if 0 < self.retention_ms < DAY_MS:  # a segment lives as long as its last record: roll as fast as we forget
                values["segment.ms"] = str(self.retention_ms)
        return values


def full_name(short: str, prefix: str = DEFAULT_PREFIX) -> str:
    """The name on the broker: `journal` → `medassist.journal.v1`, `<feed>.dlq` → the feed's full name and `.dlq`."""
    feed = short.removesuffix(DLQ)
    return f"{prefix}.{feed}.v1" if feed == short else f"{prefix}.{feed}.v1{DLQ}"


def _feed(short: str, key: str, owners: tuple[str, ...], about: str) -> Topic:
    return Topic(short, Kind.FEED, key, owners, FEED_MODELS[short], about, retention_ms=30 * DAY_MS, dlq=True)


def _output(short: str, key: str, owner: str, model: type[Fields], about: str, retention_ms: int) -> Topic:
    return Topic(short, Kind.OUTPUT, key, tuple(owner.split()), (model,), about, retention_ms=retention_ms)


_FEEDS = (
    _feed("identity.changed", "psn_no (lists: source_id)", ("others", "lists"), "recognised identities, closed lists"),
    _feed("settlement.reported", "psn_no", ("others", "gateway"), "bills, cancels, reversals, check-ups"),
    _feed("application.filed", "psn_no", ("others", "gateway"), "applications of people"),
    _feed("enrolment.changed", "psn_no", ("others",), "enrolments, premiums, facts of a person"),
    _feed("admission.registered", "psn_no", ("others", "gateway"), "stays that begin and end"),
    _feed(
        "office.ordered", "psn_no, else order_id", ("others", "console"), "an officer's orders, with a second signer"
    ),
    _feed("list.reported", "list_id", ("others",), "monthly lists of identities, line by line, by person number"),
    _feed("fund.reported", "report_id", ("others",), "balances, budgets and population of a pool"),
    _feed("payment.reported", "payment_id", ("others",), "what a bank did with an instruction"),
)

_JOURNAL = Topic(
    "journal",
    Kind.JOURNAL,
    "person_key, or ! and the type",
    ("intake", "gateway", "clock", "cli", "ledger"),
    JOURNAL_MODELS,
    "every record that may change money, in the order of its arrival, for ever",
    timestamp=Timestamp.APPEND,
    max_message_bytes=JOURNAL_BYTES_MAX,
)

_CHANGELOG = Topic(
    "ledger-changelog",
    Kind.STATE,
    "group|name",
    ("ledger",),
    (),
    "the ledger's state, amounts in fen (docs/records.md §5)",
    cleanup=Cleanup.COMPACT,
    max_message_bytes=JOURNAL_BYTES_MAX,
)

_ACCUMULATED = Topic(
    "person.accumulated",
    Kind.OUTPUT,
    "person_key|year|measure",
    ("ledger",),
    (PersonAccumulated,),
    "the cap table, last value per person, year and measure",
    cleanup=Cleanup.COMPACT,
)

_YEAR_MS = 365 * DAY_MS
_OUTPUTS = (
    _output("journal.answered", "as the journal", "ledger", JournalAnswered, "one outcome per record", 7 * DAY_MS),
    _output("assistance.decided", "person_key", "ledger", AssistanceDecided, "decisions", FOREVER_MS),
    _ACCUMULATED,
    _output("entitlement.flagged", "person_key", "ledger", EntitlementFlagged, "waivers, preferences", _YEAR_MS),
    _output("task.opened", "person_key", "ledger lists", TaskOpened, "work for a person", _YEAR_MS),
    _output("task.closed", "person_key", "ledger lists", TaskClosed, "ends of tasks", _YEAR_MS),
    _output("alert.raised", "person_key, else alert_id", "ledger", AlertRaised, "warnings, referrals", _YEAR_MS),
    _output("quote.requested", "person_key", "gateway", QuoteRequested, "trials", 10 * MINUTE_MS),
    _output("quote.answered", "person_key", "ledger", QuoteAnswered, "answers to trials", 10 * MINUTE_MS),
    _output("payment.instructed", "payment_id", "payment", PaymentInstructed, "instructions to pay", FOREVER_MS),
    _output("fund.allocated", "allocation_id", "fund", FundAllocated, "allocations to funds", FOREVER_MS),
    _output("clearing.stated", "clearing_id", "fund", ClearingStated, "monthly hospital statements", FOREVER_MS),
)


def dlq_of(feed: str) -> str:
    """Short name of a feed's dead-letter topic."""
    return f"{feed}{DLQ}"


_READERS = {"list.reported": "lists", "fund.reported": "fund", "payment.reported": "payment"}

_DEAD_LETTERS = tuple(
    Topic(
        dlq_of(feed.short),
        Kind.DEAD_LETTER,
        "as the feed; hashed where it is not a plain id",
        (_READERS.get(feed.short, "intake"),),
        (),
        f"refused records of {feed.short}: original bytes encrypted, reason in the headers (docs/records.md §8)",
        retention_ms=90 * DAY_MS,
        max_message_bytes=DEAD_LETTER_BYTES_MAX,
    )
    for feed in _FEEDS
)

TOPICS: Final[dict[str, Topic]] = {t.short: t for t in (*_FEEDS, *_DEAD_LETTERS, _JOURNAL, _CHANGELOG, *_OUTPUTS)}
"""Every topic by its short name."""

_SHORT_OF: Final = {full_name(short).removeprefix(f"{DEFAULT_PREFIX}."): short for short in TOPICS}

JOURNAL: Final = _JOURNAL.short
CHANGELOG: Final = _CHANGELOG.short
FEEDS: Final[tuple[str, ...]] = tuple(t.short for t in _FEEDS)


def topic(short: str) -> Topic:
    """A topic by its short name; KeyError where there is none."""
    return TOPICS[short]


def short_name(full: str, prefix: str = DEFAULT_PREFIX) -> str:
    """The short name of a topic on the broker; KeyError where it is not ours."""
    if not full.startswith(f"{prefix}."):
        raise KeyError(full)
    return _SHORT_OF[full.removeprefix(f"{prefix}.")]


def of_kind(*kinds: Kind) -> Iterator[Topic]:
    """All topics of these kinds, in the registry's order."""
    return (t for t in TOPICS.values() if t.kind in kinds)
