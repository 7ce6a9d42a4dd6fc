"""Counts what stands in a simulated file, from its lines alone: nothing here knows how they were drawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import orjson

from schemas.money import fen_of
from workers.simulate.rates import IDENTITY_PPM

ASSISTED = frozenset(name for name, _ in IDENTITY_PPM)
Json = dict[str, Any]


class _Bill:
    """All that was said of one settlement number."""

    def __init__(self) -> None:
        self.finals: list[tuple[Json, Json]] = []  # (headers, value), each distinct line once, in order of arrival
        self.cancels: set[str] = set()
        self.cancel_first = False
        self.after_cancel = 0


class Counting:
    """Feed it lines in order of arrival, then ask `counts`."""

    def __init__(self, year: int) -> None:
        self._start = date(year, 1, 1).isoformat()
        self._persons: set[str] = set()
        self._rows: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
        self._employees: set[str] = set()
        self._registered: dict[str, str] = {}
        self._described: set[str] = set()
        self._applications: dict[str, list[Json]] = defaultdict(list)
        self._bills: dict[str, _Bill] = defaultdict(_Bill)
        self._visits: dict[str, list[str]] = defaultdict(list)
        self._seen: set[bytes] = set()
        self.found: Counter[str] = Counter()

    def take(self, line: bytes) -> None:
        record = orjson.loads(line)
        value = record["value"]
        if "psn_no" not in value:
            return
        self._persons.add(value["psn_no"])
        if line in self._seen:
            self.found["duplicates"] += 1
            return
        self._seen.add(line)
        getattr(self, "_" + value["type"].replace(".", "_"))(record.get("headers", {}), value)

    def _identity_changed(self, _: Json, value: Json) -> None:
        self._rows[value["psn_no"]][value["source_id"]].append(value)

    def _enrolment_changed(self, _: Json, value: Json) -> None:
        if value["insutype"] == "310":
            self._employees.add(value["psn_no"])
        self._registered[value["psn_no"]] = value["registered_on"]

    def _premium_paid(self, _: Json, value: Json) -> None:
        self.found["premiums"] += 1

    def _person_described(self, _: Json, value: Json) -> None:
        self._described.add(value["psn_no"])

    def _admission_registered(self, _: Json, value: Json) -> None:
        self.found["admissions"] += 1

    def _application_filed(self, _: Json, value: Json) -> None:
        self._applications[value["application_id"]].append(value)

    def _settlement_final(self, headers: Json, value: Json) -> None:
        bill = self._bills[value["setl_id"]]
        if not bill.finals:
            self._visits[value["visit_id"]].append(value["setl_id"])
        if bill.cancels:
            bill.after_cancel += 1
        bill.finals.append((headers, value))

    def _settlement_cancel(self, _: Json, value: Json) -> None:
        bill = self._bills[value["setl_id"]]
        bill.cancel_first = bill.cancel_first or not bill.finals
        bill.cancels.add(value["own_id"])

    def _settlement_reinstate(self, _: Json, value: Json) -> None:
        self.found["reinstated"] += 1

    def _settlement_reverse(self, _: Json, value: Json) -> None:
        self.found["reinstated" if "own_id" in value else "reversed_bills"] += 1

    def counts(self) -> Counter[str]:
        """All counters that `workers.simulate.rates` names."""
        self._count_people()
        self._count_rows()
        self._count_bills()
        self._count_care()
        requests = [r for r in self._applications.values() if r[0]["kind"] != "class_recognition"]
        self.found["requests"] = len(requests)
        self.found["requests_withdrawn"] = sum(any(a["withdrawn"] for a in r) for r in requests)
        return self.found

    def _assisted(self) -> set[str]:
        return {p for p, rows in self._rows.items() if any(r[0]["identity"] in ASSISTED for r in rows.values())}

    def _count_people(self) -> None:
        assisted = self._assisted()
        late = (date.fromisoformat(self._start) + timedelta(days=59)).isoformat()
        self.found["persons"] = len(self._persons)
        self.found["persons_assisted"] = len(assisted)
        self.found["persons_employee"] = len(self._employees)
        self.found["persons_described"] = len(self._described)
        self.found["persons_uninsured"] = sum(self._registered[p] >= late for p in assisted)

    def _count_rows(self) -> None:
        for rows in self._rows.values():
            removals = {v["removed_on"] for revisions in rows.values() for v in revisions if "removed_on" in v}
            firsts = {source: min(r, key=lambda v: v["revision"]) for source, r in rows.items()}
            own = {s: f for s, f in firsts.items() if f["recognised_on"] not in removals}
            first = min(own, key=lambda source: int(source.rsplit("T", 1)[1]))
            self.found[f"first.{firsts[first]['identity']}"] += 1
            self.found["persons_two_identities"] += len(own) > 1
            self.found["class_changed"] += len(firsts) - len(own)
            successors = {f["recognised_on"] for s, f in firsts.items() if s not in own}
            for source in own:
                self._count_row(rows[source], firsts[source], successors)
            for revisions in rows.values():
                self.found["identity_revisions"] += len(revisions) - 1
                heads = [max(v["revision"] for v in revisions[: n + 1]) for n in range(len(revisions))]
                self.found["stale_revisions"] += sum(
                    v["revision"] < head for v, head in zip(revisions, heads, strict=True)
                )

    def _count_row(self, revisions: list[Json], first: Json, successors: set[str]) -> None:
        self.found["identity_rows"] += 1
        recognised = first["recognised_on"]
        if recognised >= self._start:
            self.found["recognised_in_year"] += 1
            self.found["recognised_late"] += first["list_month"] > recognised[:7]
        self.found["withdrawn"] += any(v["withdrawn"] for v in revisions)
        self.found["corrected"] += any(v["recognised_on"] != recognised for v in revisions)
        ends = [v for v in revisions if "removed_on" in v and v["removed_on"] not in successors]
        if ends:
            self.found["removed_for_good"] += 1
            self.found["removed_late"] += ends[0]["list_month"] > ends[0]["removed_on"][:7]

    def _count_bills(self) -> None:
        for bill in self._bills.values():
            if not bill.finals:
                self.found["cancels_without_bill"] += 1
                continue
            (headers, first), later = bill.finals[0], bill.finals[1:]
            self.found["cancels_first"] += bill.cancel_first
            self.found["sent_after_cancel"] += bill.after_cancel > bill.cancel_first
            self.found["completions"] += any(v["insurance_settled"] > first["insurance_settled"] for _, v in later)
            self.found["conflicts"] += any(v["total_fee"] != first["total_fee"] for _, v in later)
            self.found["other_channel"] += any(
                v["msgid"] == first["msgid"] and h["ce_source"] != headers["ce_source"] for h, v in later
            )

    def _count_care(self) -> None:
        own: Counter[str] = Counter()
        chronic: dict[str, bool] = {}
        for numbers in self._visits.values():
            headers, value = self._bills[numbers[0]].finals[0]
            self.found["bills"] += 1
            cancelled = any(self._bills[number].cancels for number in numbers)
            self.found["cancelled_bills"] += cancelled
            self.found["redone_bills"] += cancelled and len(numbers) > 1
            self.found["bills_late"] += _days_late(headers, value) > 1
            self._count_visit(value, chronic)
            own[value["psn_no"]] += fen_of(value.get("in_scope_personal", "0.00"))
        dialysis = {p for p, is_dialysis in chronic.items() if is_dialysis}
        self.found["persons_chronic"] = len(chronic)
        self.found["persons_dialysis"] = len(dialysis)
        self.found["persons_chronic_plain"] = len(chronic) - len(dialysis)
        over = {p for p, fen in own.items() if fen > 5_000_000} & self._assisted()
        tilt = {v["psn_no"] for revisions in self._applications.values() for v in revisions if v["kind"] == "tilt"}
        self.found["persons_over_50000"] = len(over)
        self.found["persons_over_50000_tilt"] = len(over & tilt)

    def _count_visit(self, value: Json, chronic: dict[str, bool]) -> None:
        kind = value["care_type"]
        self.found["bills_outpatient" if kind == "outpatient" else "bills_in_scope"] += 1
        if kind == "chronic_outpatient":
            dialysis = value["disease_code"] == "N18"
            self.found["bills_dialysis" if dialysis else "bills_chronic_plain"] += 1
            chronic[value["psn_no"]] = dialysis
        if "admitted_on" in value:
            self.found["bills_stay"] += 1
            self.found["stays_emergency"] += value["emergency_rescue"]
            self.found["stays_non_designated"] += not value["designated"]
            self.found["stays_out_of_province"] += value["place"] == "out_of_province"
            self.found["stays_unreferred"] += value["referral"] == "missing"
            self.found["stays_manual"] += value["channel"] == "manual" and value["insured"]


def _days_late(headers: Json, value: Json) -> int:
    sent = date.fromisoformat(headers["ce_time"][:10])
    return (sent - date.fromisoformat(value["settled_on"])).days


def count(lines: Iterable[bytes], year: int) -> Counter[str]:
    """Counters of these lines."""
    counting = Counting(year)
    for line in lines:
        counting.take(line)
    return counting.counts()
