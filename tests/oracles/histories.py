"""Random histories of one person, seeded, biased to edges: caps, deductibles, brackets, window ends, days ±1.

Everything is legal for intake; much of it is nasty: facts left out, days that tie, identities that overlap, are late,
withdrawn or last no day, bills that come back, contradict themselves or are cancelled before they come.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracles.fold import back
from tests.oracles.profiles import Profile

Line = dict[str, Any]


CARE = ("outpatient", "emergency", "pharmacy", "maternity", "other", "special_outpatient", "major_outpatient")
TOPIC = {"identity": "identity.changed", "application": "application.filed", "enrolment": "enrolment.changed"}
TOPIC |= {"person": "enrolment.changed", "premium": "enrolment.changed", "settlement": "settlement.reported"}
TOPIC |= {"office": "office.ordered", "admission": "admission.registered", "checkup": "settlement.reported"}
HUGE = 99_999_990_000_000


class Writer:
    """One history in the making."""

    def __init__(self, profile: Profile, seed: str, number: str) -> None:
        self.p, self.r, self.number = profile, Random(f"{profile.city} {seed} {number}"), number
        r = self.r
        anchors = r.sample(profile.days, k=min(3, len(profile.days)))
        self.days = [shift(d, r.choice((-1, 0, 0, 1))) for d in anchors]
        self.days += [shift(profile.days[0], r.randrange(0, 700)) for _ in range(3)]
        self.bills: list[dict[str, Any]] = []
        self.bill_ids = [f"S{n}.{number}" for n in range(1, 9)]
        self.cancels: list[tuple[str, str]] = []

    def day(self) -> str:
        r = self.r
        one = r.choice(self.days)
        turn = r.random()
        if turn < 0.15:
            return shift(one, r.choice((-1, 1)))
        if turn < 0.25:
            return back(one, r.choice((1, 6, 12, 12))) if r.random() < 0.8 else month_end(one)
        return one

    def amount(self) -> int:
        r, turn = self.r, self.r.random()
        if turn < 0.55:
            return max(0, r.choice(self.p.fen) + r.choice((-1, 0, 0, 1)))
        if turn < 0.6:
            return r.choice((0, 1, HUGE))
        return r.choice((r.randrange(100), r.randrange(500_000), r.randrange(6_000_000), r.randrange(30_000_000)))

    def event(self, type_: str, **fields: Any) -> Line:
        value = {"type": type_, "version": 1, "region": self.p.region, "psn_no": self.number} | fields
        value = {name: v for name, v in value.items() if v is not None}
        return {"topic": TOPIC[type_.split(".")[0]], "key": self.number, "value": value}

    def history(self) -> list[Line]:
        """All lines in order of arrival."""
        r = self.r
        if self.p.windows and r.random() < 0.15:
            return self.premiums()
        lines = [self.identity() for _ in range(r.choice((0, 1, 1, 2, 2, 3, 5)))]
        lines += [self.bill(n) for n in range(r.choice((1, 2, 3, 4, 5, 7)))]
        lines += [self.application() for _ in range(r.choice((0, 0, 1, 2, 3)))]
        lines += [self.enrolment() for _ in range(r.choice((0, 0, 0, 1, 2)))]
        lines += [self.described() for _ in range(r.choice((0, 0, 1, 2)))]
        lines += [self.cancel() for _ in range(r.choice((0, 0, 1, 2)))]
        lines += [self.undo() for _ in range(r.choice((0, 0, 0, 1, 2)))]
        lines += [self.again() for _ in range(r.choice((0, 0, 1, 2)))]
        if r.random() < 0.3:  # the hospital says later that its window was closed
            lines.append(self.event("settlement.final", **{**r.choice(self.bills), "advanced_by": "person"}))
        lines += [self.aside() for _ in range(r.choice((0, 0, 1)))]
        lines += [self.admission() for _ in range(r.choice((0, 0, 0, 1, 2)))]
        lines += [self.checkup() for _ in range(r.choice((0, 0, 1, 3)) if self.p.city == "dongtou" else 0)]
        lines += [self.county_list()] if self.p.listed and r.random() < 0.04 else []
        r.shuffle(lines)
        return lines

    def county_list(self) -> Line:
        """An order about nobody: it holds for everybody of the run."""
        r, kind = self.r, self.r.choice(("identities", "identities", "exclusions"))
        names = (
            *self.p.listed,
            *(f"premium:{name}" for name in self.p.listed),
            "低保对象",
            f"premium:{self.p.names[6]}",
        )
        entries = r.sample(names, k=r.choice((0, 1, 2))) if kind == "identities" else [r.choice(("Z41", "N97.9"))]
        if kind == "exclusions" and r.random() < 0.2:
            entries.append("整容")
        facts: dict[str, Any] = dict(order_id=f"O{r.choice((1, 2))}.{self.number}", kind="county_list")
        facts |= dict(county=r.choice(("445202", "445202", "445202", "445281", "445200", "522701")), list_kind=kind)
        facts |= dict(entries=entries or ["其他"], author="U1", second_signer=r.choice(("U1", *["U2"] * 5)))
        facts |= dict(document="D1", ordered_on=self.day(), type="office.ordered", version=1, region=self.p.region)
        return {"topic": TOPIC["office"], "key": facts["order_id"], "value": facts}

    def admission(self) -> Line:
        r, on = self.r, self.day()
        facts: dict[str, Any] = dict(admission_id=f"B{r.choice((1, 2, 3))}.{self.number}", revision=r.choice((1, 2)))
        facts |= dict(admitted_on=on, discharged_on=r.choice((None, shift(on, r.choice((0, 1, 20))))))
        facts["county"] = r.choice(self.p.counties) if r.random() < 0.9 else r.choice(self.p.elsewhere)
        facts["place"] = r.choice(("in_county", "in_county", "in_city", "in_province", "out_of_province"))
        facts |= dict(designated=r.random() < 0.85, primary_care_first=r.random() < 0.8)
        facts["referral"] = r.choice(("referred", "referred", "not_required", "filed", "missing"))
        facts |= dict(supplementary=r.random() < 0.6, institution_code="H-1")
        facts["withdrawn"] = True if r.random() < 0.07 else None
        return self.event("admission.registered", **facts)

    def checkup(self) -> Line:
        r = self.r
        facts: dict[str, Any] = dict(checkup_id=f"K{r.choice((1, 2, 3, 4))}.{self.number}", revision=r.choice((1, 2)))
        facts |= dict(performed_on=self.day(), amount=yuan(r.choice((1, 100_000, 349_999, 350_000, 350_001, 200_000))))
        facts |= dict(chronic_management=r.random() < 0.85, supplementary=r.choice((None, True, True, True, False)))
        facts |= dict(institution_code="H-1", withdrawn=True if r.random() < 0.07 else None)
        return self.event("checkup.recorded", **facts)

    def identity(self) -> Line:
        r, name = self.r, self.r.choice(self.p.names)
        since = self.day()
        until = r.choice((None, None, self.day(), self.day()))
        if until is not None and until < since:
            since, until = until, since
        facts: dict[str, Any] = dict(source_id=r.choice(("I1", "I1", "I2")) + "." + self.number, identity=name)
        facts |= dict(revision=r.choice((1, 1, 1, 2, 3)), recognised_on=since, removed_on=until)
        if until is not None:
            facts["removal_reason"] = r.choice((None, "death", "ineligible", "moved", "expired", "other"))
        facts["applied_on"] = self.day() if r.random() < 0.3 else None
        facts["entered_on"] = self.day() if r.random() < 0.15 else None
        if r.random() < 0.1:
            facts["approved_on"] = max(self.day(), facts["applied_on"] or "", facts["entered_on"] or "")
        if r.random() < 0.3:
            facts["county"] = r.choice((*self.p.counties, *self.p.elsewhere))
        facts["withdrawn"] = True if r.random() < 0.07 else r.choice((None, False))
        return self.event("identity.changed", **facts | self.p.identity(r, name))

    def bill(self, n: int) -> Line:
        r = self.r
        care = r.choice(self.p.care if r.random() < 0.9 else CARE)
        out = self.day()
        facts: dict[str, Any] = dict(setl_id=self.bill_ids[n], msgid=f"M{n}.{self.number}", care_type=care)
        facts["county"] = r.choice(self.p.counties) if r.random() < 0.95 else r.choice(self.p.elsewhere)
        facts |= dict(discharged_on=out, settled_on=shift(out, r.choice((0, 0, 0, 1, 30, 365))))
        if care == "inpatient" and r.random() < 0.8:
            facts["admitted_on"] = min(out, r.choice((self.day(), shift(out, -r.randrange(0, 60)))))
        own = self.amount()
        facts["in_scope_personal"] = yuan(own) if r.random() < 0.95 else None
        facts["in_scope"] = yuan(own + r.choice((0, 1, r.randrange(1_000_000)))) if r.random() < 0.8 else None
        for name in ("class_b_first_pay", "over_limit_price_pay", "out_of_scope"):
            facts[name] = None if r.random() < 0.6 else yuan(r.choice((0, 1, 50_000, self.amount() // 10)))
        for name in ("assistance_paid_upstream", "supplementary_paid"):
            facts[name] = yuan(min(own, r.choice((0, 1, 50_000, own // 2, own)))) if r.random() < 0.15 else None
        facts["insured"] = r.choice((None, True, True, True, True, False))
        facts["insutype"] = r.choice(("390", "390", "390", "390", "390", "390", "310", None))
        facts["insurance_settled"] = r.choice((None, True, True, True, True, True, False)) if r.random() < 0.3 else None
        facts |= self.place()
        facts["advanced_by"] = r.choice((None, None, None, None, "hospital", "person"))
        facts["disease_code"] = r.choice(self.p.diseases)
        facts["major_disease"] = r.choice((None, False, True))
        facts["channel"] = r.choice((None, "one_stop", "manual"))
        facts["formal_receipt"] = r.choice((None, True, True, False)) if r.random() < 0.5 else True
        if r.random() < 0.08:
            facts["exclusion"] = r.choice(("self_harm", "self_harm", "third_party_traffic", "illegal_act", "other"))
        self.bills.append(facts)
        return self.event("settlement.final", **facts)

    def place(self) -> dict[str, Any]:
        r = self.r
        facts: dict[str, Any] = dict(designated=r.choice((True,) * 9 + (False,)))
        facts["emergency_rescue"] = r.choice((False, False, False, True))
        facts["referral"] = r.choice(("not_required", "not_required", "referred", "filed", "missing"))
        if facts["referral"] == "missing":
            facts["referral_missing_by"] = r.choice(("person", "person", "other", None))
        facts["place"] = r.choice(("in_county", "in_county", "in_city", "in_province", "out_of_province"))
        if r.random() < 0.15:
            facts[r.choice(list(facts))] = None
        return facts

    def application(self) -> Line:
        r, on = self.r, self.day()
        facts: dict[str, Any] = dict(application_id=f"A{r.choice((1, 2, 3))}.{self.number}", applied_on=on)
        facts |= dict(revision=r.choice((1, 1, 2)), kind=r.choice(self.p.applications))
        facts["year"] = r.choice((None, None, None, int(self.day()[:4])))
        facts["setl_ids"] = None if r.random() < 0.5 else r.sample(self.bill_ids, k=r.choice((1, 2, 4)))
        facts["identity"] = r.choice(self.p.names) if r.random() < 0.25 else None
        facts["county"] = r.choice((*self.p.counties, *self.p.elsewhere)) if r.random() < 0.3 else None
        facts["not_assisted_proof"] = r.choice((None, True, True, False))
        facts["rejected_on"] = on if r.random() < 0.1 else None
        facts["approved_on"] = on if r.random() < 0.2 else None
        facts["withdrawn"] = True if r.random() < 0.08 else None
        return self.event("application.filed", **facts)

    def enrolment(self) -> Line:
        r, on = self.r, self.day()
        facts: dict[str, Any] = dict(enrolment_id=f"E{r.choice((1, 2))}.{self.number}", revision=r.choice((1, 2)))
        facts |= dict(insutype=r.choice(("390", "390", "390", "310")), registered_on=on)
        facts["county"] = r.choice(self.p.counties) if r.random() < 0.9 else r.choice(self.p.elsewhere)
        facts["paid_on"] = r.choice((None, on, on, self.day()))
        facts["last_day"] = r.choice((None, None, None, self.day()))
        facts |= dict(supplementary=r.choice((True, False)), withdrawn=True if r.random() < 0.07 else None)
        return self.event("enrolment.changed", **facts)

    def described(self) -> Line:
        r = self.r
        facts: dict[str, Any] = dict(source_id=f"D{r.choice((1, 2))}.{self.number}", revision=r.choice((1, 2)))
        facts |= dict(mental_disorder=r.choice((None, True, False)), rural=r.choice((None, True, False)))
        facts["registration_county"] = r.choice((None, *self.p.counties[:2], *self.p.elsewhere))
        facts["long_residence"] = r.choice((None, None, True, False))
        facts["disability_certificate"] = r.choice((None, True, False))
        ages = [f"{int(day[:4]) - age}{day[4:]}" for day in self.days for age in (18, 60)]
        born = [shift(day, r.choice((-1, 0, 1))) for day in ages if not day.endswith("02-29")]
        facts["born_on"] = r.choice((None, "1990-05-05", *born)) if born else None
        facts["severe_disability"] = r.choice((None, False, False, True))
        facts["violence_risk"] = r.choice((None, None, None, False, True))
        facts["household_means"] = r.choice((None, None, "within", "above"))
        return self.event("person.described", **facts)

    def cancel(self) -> Line:
        setl_id = self.r.choice(self.bill_ids[: len(self.bills) + 1])
        own_id = f"C{self.r.randrange(3)}{setl_id}"  # a number belongs to one cancel of one bill
        self.cancels.append((setl_id, own_id))
        return self.event("settlement.cancel", setl_id=setl_id, own_id=own_id)

    def undo(self) -> Line:
        r = self.r
        if self.cancels and r.random() < 0.6:
            setl_id, own_id = r.choice(self.cancels)
            if r.random() < 0.5:
                return self.event(
                    "settlement.reinstate",
                    setl_id=setl_id,
                    cancel_own_id=own_id,
                    own_id=f"R{r.randrange(3)}.{self.number}",
                )
            return self.event("settlement.reverse", own_id=own_id, reversal_id=f"V{r.randrange(3)}.{self.number}")
        n = r.randrange(len(self.bills) + 1)
        named = {"setl_id": self.bill_ids[n]} if r.random() < 0.5 else {"msgid": f"M{n}.{self.number}"}
        return self.event("settlement.reverse", reversal_id=f"V{r.randrange(3)}.{self.number}", **named)

    def again(self) -> Line:
        """A bill again: the same, with more or fewer facts, by another channel, or contradicting."""
        r = self.r
        bill = dict(r.choice(self.bills))
        turn = r.random()
        if turn < 0.4:
            for name in r.sample(("designated", "referral", "place", "emergency_rescue", "in_scope_personal"), k=2):
                bill[name] = None if bill[name] is not None else self.place().get(name)
            bill["insurance_settled"] = None if bill.get("in_scope") is None else bill["insurance_settled"]
        elif turn < 0.6:
            bill |= {"channel": "manual", "msgid": f"M9.{self.number}"}
        elif turn < 0.75:
            bill["place"] = "out_of_province"
        if r.random() < 0.4:
            bill["advanced_by"] = r.choice((None, "hospital", "person", "person"))
        if bill["referral"] == "missing":
            bill.setdefault("referral_missing_by", "person")
        return self.event("settlement.final", **bill)

    def aside(self) -> Line:
        """What moves no bill, or closes a day."""
        r, on = self.r, self.day()
        if r.random() < 0.3:
            return {"topic": "day.closed", "value": {"date": on}}
        if r.random() < 0.2:
            facts = dict(source_id=r.choice(("CIVIL-1", "RURAL-1")), list_month=on[:7], count=1, version=1)
            facts |= dict(county=r.choice(self.p.counties), region=self.p.region)
            value = {"type": "identity.snapshot_closed", **facts}
            return {"topic": "identity.changed", "key": facts["source_id"], "value": value}
        return self.premium(1)

    def premium(self, n: int) -> Line:
        r, on = self.r, self.day()
        facts: dict[str, Any] = dict(payment_id=f"P{n}.{self.number}", revision=1, paid_on=on)
        facts["coverage_year"] = r.choice((2022, 2023, 2023, 2024, 2024, 2025, int(on[:4])))
        facts |= dict(
            standard=yuan(r.choice((35_000, 38_000, 33_333, 33_335))), insutype=r.choice((None, "390", "390", "310"))
        )
        facts |= dict(kind=r.choice(("basic",) * 6 + ("supplementary",)), county=r.choice(self.p.counties))
        return self.event("premium.paid", **facts)

    def premiums(self) -> list[Line]:
        """A history about contributions: identities and payments around the last day of a window."""
        r = self.r
        self.days += [shift(d, r.choice((-1, 0, 0, 1))) for d in r.sample(self.p.windows * 2, k=3)]
        lines = [self.identity() for _ in range(r.choice((1, 2, 2, 3)))] + [self.described()]
        lines += [self.premium(n) for n in range(1, r.choice((2, 3, 4)))]
        r.shuffle(lines)
        return lines


def shift(day: str, by: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=by)).isoformat()


def month_end(day: str) -> str:
    first = date.fromisoformat(day[:8] + "01") + timedelta(days=32)
    return (first.replace(day=1) - timedelta(days=1)).isoformat()


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
