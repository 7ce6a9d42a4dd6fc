"""What the ledger publishes of an outcome (docs/records.md §3, 4, 6, 7), keys in a fixed order: the same on replay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from schemas.events.header import MOVED_FROM
from schemas.money import text_of
from workers.entitlement.outcome import Decision, Outcome, Posting, RaisedAlert
from workers.journal.names import topic_name
from workers.journal.partition import partition_of
from workers.ledger.cause import Cause
from workers.ledger.matters import alert_value, bill_value, flag_value
from workers.log.port import Headers
from workers.runtime.port import Emit
from workers.settings import Settings

DECIDED = "assistance.decided"
ANSWERED = "journal.answered"
ACCUMULATED = "person.accumulated"
OPENED = "task.opened"
CLOSED = "task.closed"
FLAGGED = "entitlement.flagged"
ALERTED = "alert.raised"
_PUBLISHED = (DECIDED, ANSWERED, ACCUMULATED, OPENED, CLOSED, FLAGGED, ALERTED, "journal")


class Receipt(NamedTuple):
    """Under which law a decision was made."""

    engine: int
    rulebook: str | None


NOTHING_ADOPTED_RECEIPT = Receipt(1, None)


class Publisher:
    """Writes outcomes into the transaction; knows topic names, nothing of the law."""

    def __init__(self, settings: Settings) -> None:
        self._partitions = settings.partitions
        self._topics = {short: topic_name(settings, short) for short in _PUBLISHED}

    def outcome(self, emit: Emit, cause: Cause, person_key: str, outcome: Outcome, receipt: Receipt) -> None:
        """Decisions, counters and tasks of one person, without the answer."""
        key = person_key.encode()
        for decision in outcome.decisions:
            value = _decided(decision, person_key, cause, receipt)
            self._emit(emit, DECIDED, key, value, cause.headers(DECIDED, decision.decision_id.encode()))
        for year in outcome.years:
            value = {
                "type": ACCUMULATED,
                "version": 1,
                "person_key": person_key,
                "year": year.year,
                "measure": year.measure,
                "counters": _money(year.counters),
                "sequence": year.sequence,
            }
            name = f"{person_key}|{year.year}|{year.measure}".encode()
            self._emit(emit, ACCUMULATED, name, value, cause.headers(ACCUMULATED, b"%b-%d" % (name, year.sequence)))
        if outcome.opened or outcome.closed:
            self._tasks(emit, cause, person_key, outcome)
        for flag in outcome.flags:
            id_ = b"flag-%b-%d" % (key, flag.sequence)
            self._emit(emit, FLAGGED, key, flag_value(flag, person_key, cause), cause.headers(FLAGGED, id_))
        for raised in outcome.alerts:
            self.alert(emit, cause, person_key, raised)

    def alert(self, emit: Emit, cause: Cause, person_key: str | None, raised: RaisedAlert) -> None:
        """One alert, about a person or about a city."""
        key = f"!{ALERTED}" if person_key is None else person_key
        value = alert_value(raised, person_key, cause)
        self._emit(emit, ALERTED, key.encode(), value, cause.headers(ALERTED, raised.alert_id.encode()))

    def answer(self, emit: Emit, cause: Cause, person_key: str | None, outcome: Outcome) -> None:
        """The one answer to a journal record."""
        value: dict[str, Any] = {
            "type": ANSWERED,
            "version": 1,
            "partition": cause.partition,
            "offset": cause.offset,
            "person_key": person_key,
            "outcome": outcome.code,
            "decision_ids": outcome.decision_ids,
            "tasks": outcome.tasks,
        }
        if outcome.bill is not None:
            value["bill"] = bill_value(outcome.bill)
        if outcome.status is not None:
            value["status"], value["reason"] = outcome.status, outcome.reason
        if outcome.layers is not None:
            value["layers"] = _money(outcome.layers)
        if outcome.payable is not None:
            value["payable"] = _money(outcome.payable)
        if outcome.decision_id is not None:
            value["decision_id"] = outcome.decision_id
        if outcome.shadow:
            value["mode"] = "shadow"
        key = f"!{cause.type}" if person_key is None else person_key
        id_ = b"answer-%d-%d" % (cause.partition, cause.offset)
        self._emit(emit, ANSWERED, key.encode(), value, cause.headers(ANSWERED, id_))

    def derived(
        self, emit: Emit, cause: Cause, type_: str, fields: Mapping[str, Any], partition: int | None = None
    ) -> None:
        """A record that the ledger itself writes into the journal: into its own partition, or the one named."""
        value = {"type": type_, "version": 1, **fields}
        raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        id_ = b"%b-%d-%d" % (type_.encode(), cause.partition, cause.offset)
        headers: Headers = [*cause.headers(type_, id_), ("derived", b"1")]
        if partition is not None:
            headers = [*headers, (MOVED_FROM, b"%d,%d" % (cause.partition, cause.offset))]
        emit(self._topics["journal"], f"!{type_}".encode(), raw, headers, partition=partition)

    def moved(self, emit: Emit, cause: Cause, to_key: str, value: bytes, headers: Headers) -> None:
        """A person's record for another key of the same person, into that key's journal partition."""
        partition = partition_of(to_key, self._partitions)
        emit(self._topics["journal"], to_key.encode(), value, headers, partition=partition)

    def _tasks(self, emit: Emit, cause: Cause, person_key: str, outcome: Outcome) -> None:
        key = person_key.encode()
        for task in outcome.opened:
            value: dict[str, Any] = {
                "type": OPENED,
                "version": 1,
                "task_id": task.task_id,
                "sequence": task.sequence,
                "person_key": person_key,
                "kind": task.kind,
                "cause": cause.fields(),
                "facts": task.facts,
            }
            if task.bill is not None:
                value["bill"] = bill_value(task.bill)
            self._emit(emit, OPENED, key, value, cause.headers(OPENED, task.task_id.encode()))
        for end in outcome.closed:
            value = {
                "type": CLOSED,
                "version": 1,
                "task_id": end.task_id,
                "sequence": end.sequence,
                "person_key": person_key,
                "because": end.because,
                "cause": cause.fields(),
            }
            if end.order_id is not None:
                value |= {"order_id": end.order_id, "document": end.document}
            self._emit(emit, CLOSED, key, value, cause.headers(CLOSED, b"closed-" + end.task_id.encode()))

    def _emit(self, emit: Emit, short: str, key: bytes, value: dict[str, Any], headers: Headers) -> None:
        emit(self._topics[short], key, orjson.dumps(value), headers)


def _decided(decision: Decision, person_key: str, cause: Cause, receipt: Receipt) -> dict[str, Any]:
    return {
        "type": DECIDED,
        "version": 1,
        "decision_id": decision.decision_id,
        "sequence": decision.sequence,
        "person_key": person_key,
        "supersedes": decision.supersedes,
        **_about(decision),
        "cause": cause.fields(),
        "measure": decision.measure,
        "year": decision.year,
        "benefit_date": decision.benefit_date,
        "county": decision.county,
        "status": decision.status,
        "reason": decision.reason,
        "layers": _money(decision.layers),
        "delta": _money(decision.delta),
        "figures": _money(decision.figures),
        "postings": [_posting(posting) for posting in decision.postings],
        "funding": decision.funding,
        "clauses": decision.clauses,
        "questions": decision.questions,
        "receipt": {"engine": receipt.engine, "rulebook": receipt.rulebook},
        "steps": [tuple(step) for step in decision.steps],
        **_beside(decision),
    }


def _beside(decision: Decision) -> dict[str, Any]:
    """What only some decisions say: that the platform has paid, and that not all of the layers is payable."""
    beside: dict[str, Any] = {}
    if decision.upstream:
        beside["paid_upstream"] = _money(decision.upstream)
    if decision.payable is not None:
        beside["payable"] = _money(decision.payable)
    if decision.shadow:
        beside["mode"] = "shadow"
    return beside


def _posting(posting: Posting) -> dict[str, Any]:
    value: dict[str, Any] = {"layer": posting.layer, "payee": posting.payee, "kind": posting.kind}
    value["amount"] = text_of(posting.amount)
    if posting.pending:
        value["pending"] = True
    return value


def _about(decision: Decision) -> dict[str, Any]:
    """The bill, or the subject of a decision that is about something else."""
    if decision.subject is None:
        return {"bill": None if decision.bill is None else bill_value(decision.bill)}
    kind, region, id_ = decision.subject
    return {"bill": None, "subject": {"kind": kind, "region": region, "id": id_}}


def _money(amounts: Mapping[str, int]) -> dict[str, str]:
    return {name: text_of(amount) if amount else "0.00" for name, amount in amounts.items()}
