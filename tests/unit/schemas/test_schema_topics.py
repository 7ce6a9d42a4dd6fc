"""The registry says of every topic what docs/records.md §1 says."""

from __future__ import annotations

import pytest

from schemas import topics as t
from schemas.topics import TOPICS, Cleanup, Kind, Timestamp, full_name, short_name

FEEDS = {
    "identity.changed",
    "settlement.reported",
    "application.filed",
    "enrolment.changed",
    "admission.registered",
    "office.ordered",
    "list.reported",
    "fund.reported",
    "payment.reported",
}


def test_all_topics_and_no_other() -> None:
    outputs = {"journal.answered", "assistance.decided", "person.accumulated", "entitlement.flagged", "task.opened"}
    outputs |= {"task.closed", "alert.raised", "quote.requested", "quote.answered"}
    outputs |= {"payment.instructed", "fund.allocated", "clearing.stated"}
    assert set(TOPICS) == FEEDS | {f"{f}.dlq" for f in FEEDS} | {"journal", "ledger-changelog"} | outputs
    assert set(t.FEEDS) == FEEDS


def test_names_go_both_ways() -> None:
    assert full_name("journal") == "medassist.journal.v1"
    assert full_name("settlement.reported.dlq", "pilot") == "pilot.settlement.reported.v1.dlq"
    for short in TOPICS:
        assert short_name(full_name(short)) == short
        assert short_name(full_name(short, "pilot"), "pilot") == short
    for strange in ("journal", "medassist.journal.v2", "other.journal.v1", "medassist.journal"):
        with pytest.raises(KeyError):
            short_name(strange)


def test_what_is_kept_for_ever_and_what_is_not() -> None:
    forever = {s for s, topic in TOPICS.items() if topic.cleanup is Cleanup.DELETE and topic.retention_ms == -1}
    assert forever == {"journal", "assistance.decided", "payment.instructed", "fund.allocated", "clearing.stated"}
    assert {s for s, topic in TOPICS.items() if topic.cleanup is Cleanup.COMPACT} == {
        "ledger-changelog",
        "person.accumulated",
    }
    days = {
        short: TOPICS[short].retention_ms // t.DAY_MS
        for short in ("settlement.reported", "office.ordered.dlq", "journal.answered")
    }
    assert days == {"settlement.reported": 30, "office.ordered.dlq": 90, "journal.answered": 7}
    assert (
        TOPICS["quote.answered"].config(1)["segment.ms"]
        == TOPICS["quote.answered"].config(1)["retention.ms"]
        == "600000"
    )


def test_the_journal_is_stamped_by_the_broker_and_never_loses_a_leader_uncleanly() -> None:
    assert {s for s, topic in TOPICS.items() if topic.timestamp is Timestamp.APPEND} == {"journal"}
    for topic in TOPICS.values():
        assert topic.config(3)["unclean.leader.election.enable"] == "false"
        assert topic.config(3)["min.insync.replicas"] == "2"
        assert topic.config(1)["min.insync.replicas"] == "1"
        assert topic.partitions == 12


def test_sizes_leave_room_for_a_typed_dead_letter() -> None:
    for feed in FEEDS:
        assert TOPICS[feed].dlq
        assert TOPICS[feed].max_message_bytes > 900_000
        assert TOPICS[t.dlq_of(feed)].max_message_bytes > TOPICS[feed].max_message_bytes + 10_000
    assert TOPICS["journal"].max_message_bytes > 1_000_000
    assert TOPICS["ledger-changelog"].max_message_bytes >= TOPICS["journal"].max_message_bytes


def test_whatever_bears_values_of_the_contract_names_its_models() -> None:
    bare = {s for s, topic in TOPICS.items() if not topic.models}
    assert bare == {t.dlq_of(f) for f in FEEDS} | {"ledger-changelog"}
    assert {topic.short for topic in t.of_kind(Kind.JOURNAL)} == {"journal"}
