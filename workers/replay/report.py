"""The final state of a replay as one object (`schemas.replay.ReplayResult`), read from the stores and the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from schemas.money import text_of
from schemas.replay import HeldBill, PersonState, Posting, Recognition, Rejected, ReplayResult, SettlementState
from schemas.topics import full_name
from workers.entitlement.office import RULED, pending, read_word
from workers.entitlement.postings import payable
from workers.entitlement.state import Bill
from workers.ledger.city import CITY, LISTS
from workers.replay.engine import Emitted, Engine
from workers.replay.matters import Standing, came_late, flags_shown, with_decisions, with_flags, without_cause


class Collector:
    """Keeps what the ledger emitted: the newest decision of each bill, postings, tasks, alerts, flags."""

    def __init__(self, topic_prefix: str) -> None:
        self.clauses: dict[str, list[str]] = {}
        self.postings: list[Posting] = []
        self.tasks: dict[str, dict[str, Any]] = {}
        self.alerts: list[dict[str, Any]] = []
        self.flags: dict[str, list[dict[str, Any]]] = {}
        self.standing: dict[str, bool] = {}  # alert id → whether its cause still stands
        self.decisions = 0
        self._take = {
            full_name(short, topic_prefix): take
            for short, take in (
                ("assistance.decided", self._decided),
                ("task.opened", self._opened),
                ("task.closed", self._closed),
                ("alert.raised", self.alerts.append),
                ("entitlement.flagged", self._flagged),
            )
        }

    def __call__(self, emitted: Emitted) -> None:
        take = self._take.get(emitted.topic)
        if take is not None:
            take(orjson.loads(emitted.value))

    def _decided(self, body: dict[str, Any]) -> None:
        self.decisions += 1
        bill, person, subject = body["bill"], body["person_key"], body.get("subject")
        self.clauses[body["decision_id"]] = body["clauses"]
        for posting in body["postings"]:
            self.postings.append(
                Posting(
                    person_key=person,
                    region=(body["subject"] if bill is None else bill)["region"],
                    setl_id="" if bill is None else bill["setl_id"],
                    subject=subject,
                    decision_id=body["decision_id"],
                    **posting,
                )
            )

    def _opened(self, body: dict[str, Any]) -> None:
        known = self.tasks.get(body["task_id"], {})  # an export by partitions may tell the end of a moved task first
        self.tasks[body["task_id"]] = {**body, "state": "open", **known}

    def _closed(self, body: dict[str, Any]) -> None:
        self.tasks.setdefault(body["task_id"], {})
        self.tasks[body["task_id"]] |= {"state": "closed", "because": body["because"]}

    def _flagged(self, body: dict[str, Any]) -> None:
        self.flags.setdefault(body["person_key"], []).append(body)


def result_of(engine: Engine, collector: Collector) -> ReplayResult:
    """The whole answer. Persons, bills and tasks are sorted by their keys, so that equal states print equal bytes."""
    persons: dict[str, PersonState] = {}
    held: list[HeldBill] = []
    for key, names in _persons(engine):
        persons[key] = _person(key, names, collector)
        held += [
            HeldBill(person_key=key, region=bill.region, setl_id=_setl_id(shown), reason=bill.reason)
            for shown, bill in persons[key].settlements.items()
            if bill.status == "held"
        ]
    lists = _lists(engine)
    outcomes = {f"outcome_{code}": n for code, n in sorted(_outcomes(engine).items())}
    return ReplayResult(
        persons=persons,
        alerts=[
            {
                **without_cause(body),
                "standing": collector.standing.get(body["alert_id"], True) and not came_late(body, lists),
            }
            for body in collector.alerts
        ],
        tasks=[collector.tasks[task] for task in sorted(collector.tasks)],
        postings=collector.postings,
        held=held,
        rejected=[Rejected(**refused._asdict()) for refused in engine.refused],
        counts={**engine.counts, "decisions": collector.decisions, **outcomes},
    )


def _lists(engine: Engine) -> frozenset[tuple[str, ...]]:
    """Source, county and month of every monthly list that came; they are kept in partition 0."""
    raw = dict(engine.partitions[0].store.names(CITY)).get(LISTS, b"[]")
    return frozenset(tuple(each) for each in orjson.loads(raw))


def _outcomes(engine: Engine) -> dict[str, int]:
    total: dict[str, int] = {}
    for partition in engine.partitions:
        for code, n in partition.fold.take_counts().outcomes.items():
            total[code] = total.get(code, 0) + n
    return total


def _persons(engine: Engine) -> Iterator[tuple[str, dict[str, bytes]]]:
    keys = sorted(
        (group, partition)
        for partition in range(len(engine.partitions))
        for group in engine.partitions[partition].store.groups()
        if not group.startswith("!")
    )
    for key, partition in keys:
        yield key, dict(engine.partitions[partition].store.names(key))


def _person(key: str, names: dict[str, bytes], collector: Collector) -> PersonState:
    facts = orjson.loads(names["facts"]) if "facts" in names else {}
    known = orjson.loads(names["known"]) if "known" in names else {}
    bills = {
        tuple(name.split("|", 2)[1:]): orjson.loads(raw) for name, raw in names.items() if name.startswith("bill|")
    }
    settlements = {_shown(bills, place): _settlement(place, bill, collector) for place, bill in sorted(bills.items())}
    settlements |= _parked(facts, settlements) | _closed(names, collector)
    settlements = dict(sorted(settlements.items()))
    others, standing = known.get("others", {}), Standing(names, bills)
    collector.standing |= standing.alerts()
    return PersonState(
        settlements=settlements,
        years=_years(names),
        burdens={key: text_of(fen) for key, fen in sorted(facts.get("burdens", {}).items())},
        premium=with_decisions(_recorded(others, "premium.paid"), standing.grants("premium")),
        admissions=with_flags(_recorded(others, "admission.registered"), standing.flags()),
        recognitions=_recognitions(known.get("identities", {})),
        checkups=with_decisions(_recorded(others, "checkup.recorded"), standing.grants("checkup")),
        flags=flags_shown(collector.flags.get(key, [])),
        forwarded_to=orjson.loads(names["alias"])["to"] if "alias" in names else None,
    )


def _shown(bills: dict[tuple[str, ...], Any], place: tuple[str, ...]) -> str:
    """The settlement number; with its region in front where a person has the same number from two regions."""
    region, setl_id = place
    twice = sum(other[1] == setl_id for other in bills) > 1
    return f"{region}|{setl_id}" if twice else setl_id


def _setl_id(shown: str) -> str:
    return shown.rpartition("|")[2]


def _settlement(place: tuple[str, ...], bill: dict[str, Any], collector: Collector) -> SettlementState:
    return SettlementState(
        layers={layer: text_of(fen) for layer, fen in sorted(bill["layers"].items())},
        status=bill["status"],
        reason=bill["reason"],
        clauses=[] if bill["decision"] is None else collector.clauses.get(bill["decision"]["id"], []),
        region=place[0],
        recovery=_recovery(Bill(**bill)),
        paid_upstream=_yuan(bill.get("upstream", {})),
        mode="shadow" if bill.get("shadow") else None,
        payable=_yuan(payable(Bill(**bill)) or {}),
    )


def _yuan(amounts: Mapping[str, int]) -> dict[str, str]:
    return {name: text_of(fen) for name, fen in amounts.items()}


def _recovery(bill: Bill) -> dict[str, dict[str, str]]:
    """What officers ruled of the bill's money back, and what still waits for them."""
    accounts = {"pending": pending(bill)} | {name: read_word(bill).get(name, {}) for name in RULED}
    shown = {
        name: {layer: text_of(fen) for layer, fen in sorted(account.items()) if fen}
        for name, account in accounts.items()
    }
    return {name: account for name, account in shown.items() if account}


def _closed(names: dict[str, bytes], collector: Collector) -> dict[str, SettlementState]:
    """Bills of closed years, compacted; with its region where the number is in use again."""
    found = {}
    for name in sorted(names):
        if name.startswith("closed|"):
            _, region, setl_id = name.split("|", 2)
            bill = orjson.loads(names[name])
            shown = f"{region}|{setl_id}" if f"bill|{region}|{setl_id}" in names else setl_id
            found[shown] = SettlementState(
                layers={layer: text_of(fen) for layer, fen in sorted(bill["layers"].items())},
                status=bill["status"],
                reason=bill["reason"],
                clauses=[] if bill["decision"] is None else collector.clauses.get(bill["decision"]["id"], []),
                region=region,
            )
    return found


def _parked(facts: dict[str, Any], known: dict[str, SettlementState]) -> dict[str, SettlementState]:
    """Bills that only a parked cancel, reversal or reinstatement speaks of."""
    return {
        item["setl_id"]: SettlementState(
            layers={}, status="parked", reason="waits_for_bill", clauses=[], region=item["region"]
        )
        for item in facts.get("parked", [])
        if item.get("setl_id") and item["setl_id"] not in known
    }


def _years(names: dict[str, bytes]) -> dict[str, dict[str, dict[str, str]]]:
    years: dict[str, dict[str, dict[str, str]]] = {}
    for name, raw in sorted(names.items()):
        if name.startswith("year|"):
            _, year, measure = name.split("|")
            counters = {counter: text_of(fen) for counter, fen in sorted(orjson.loads(raw).items())}
            years.setdefault(year, {})[measure] = counters
    return years


def _recorded(others: dict[str, Any], kind: str) -> dict[str, dict[str, object]]:
    """What was recorded of one kind, by its own id: premiums, admissions, check-ups."""
    prefix = f"{kind}|"
    return {
        name.rpartition("|")[2]: {"revision": entry["revision"], **entry["body"]}
        for name, entry in sorted(others.items())
        if name.startswith(prefix)
    }


def _recognitions(identities: dict[str, Any]) -> list[Recognition]:
    return [
        Recognition(
            source_id=entry["body"]["source_id"],
            identity=entry["body"]["identity"],
            revision=entry["revision"],
            recognised_on=entry["body"]["recognised_on"],
            removed_on=entry["body"].get("removed_on"),
            withdrawn=entry["body"].get("withdrawn", False),
        )
        for _, entry in sorted(identities.items())
    ]
