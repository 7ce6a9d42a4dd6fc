"""Which instrument governs a bill, that verdicts are within their bounds, and that the oracle agrees."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import text_of
from schemas.reasons import Reason
from tests.oracles.qiannan import oracle
from tests.oracles.qiannan_premium import CLASS
from workers.cases.laws import changed, law_of, shipped, with_readings
from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.law import Law
from workers.policy.types import Application, BillFacts, Enrolment, Identity, PersonFacts, Status

LAW = load_adoption(build_adoption())
BILL = BillFacts(
    "520000", "S1", "522701", "inpatient", date(2023, 5, 6), date(2023, 5, 6), in_scope_personal=100_000,
    designated=True, emergency_rescue=False, place="in_county", referral="not_required",
)  # fmt: skip
LOW = PersonFacts(identities=(Identity("I1", "低保对象", date(2023, 1, 1)),))


def test_each_county_of_the_prefecture_is_governed() -> None:
    for county in shipped().book.place.counties:
        assert LAW.benefit_key(BILL._replace(county=county), LOW) == ("QN", 2023)
        assert LAW.decide(BILL._replace(county=county), LOW, {}).layers == {"ordinary": 70_000, "tilt": 0}


def test_another_place_is_held_and_never_decided_at_zero() -> None:
    elsewhere = BILL._replace(county="445201")
    assert LAW.benefit_key(elsewhere, LOW) is None
    verdict = LAW.decide(elsewhere, LOW, {})
    assert (verdict.status, verdict.reason) == (Status.HELD, "no_instrument")


def test_a_last_day_is_the_last_day_of_the_instrument() -> None:
    from workers.policy.values import DateValue

    table = shipped().book.instrument
    ending = DateValue(value=date(2027, 8, 21), cite=table.in_force.cite)
    law = law_of(changed(shipped().book, ("instrument", "last_day"), lambda _: ending))
    reasons = [
        law.decide(BILL._replace(discharged_on=day, settled_on=day), LOW, {}).reason
        for day in (date(2027, 8, 20), date(2027, 8, 21), date(2027, 8, 22))
    ]
    assert reasons == ["assisted", "assisted", "after_expiry"]


def test_a_bill_is_decided_by_the_revision_of_its_date() -> None:
    old = changed(shipped().book, ("group", 1, "rate", "value"), lambda rate: rate / 2)
    old = changed(old, ("instrument", "last_day"), lambda _: shipped().book.instrument.in_force.model_copy(
        update={"value": date(2023, 6, 30)}))  # fmt: skip
    new = changed(shipped().book, ("instrument", "in_force", "value"), lambda _: date(2023, 7, 1))
    from workers.policy.instrument import Instrument

    law = Law([Instrument(shipped()._replace(book=book)) for book in (new, old)], "0" * 64, 1)
    paid = [
        law.decide(BILL._replace(discharged_on=day), LOW, {}).layers["ordinary"]
        for day in (date(2023, 6, 30), date(2023, 7, 1))
    ]
    assert paid == [35_000, 70_000]


def test_reasons_are_those_of_the_closed_list() -> None:
    known = {reason.value for reason in Reason}
    for rule in shipped().book.rule:
        assert getattr(rule, "reason", "assisted") in known


def test_fresh_counters_have_names_of_their_own() -> None:
    law = law_of(with_readings(shipped().book, {"X-A4": "fresh"}))
    assert law.decide(BILL, LOW, {}).uses == {"ordinary_used.class_2": 70_000}


# --- bounds ----------------------------------------------------------------------------------------------------------
AMOUNT = st.integers(0, 30_000_000)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(sorted(CLASS)),
    own=AMOUNT,
    class_b=st.integers(0, 100_000),
    used=st.fixed_dictionaries(
        {"ordinary_used": st.integers(0, 6_000_000), "tilt_used": st.integers(0, 6_000_000),
         "deductible_used": st.integers(0, 300_000)}
    ),
    insured=st.booleans(),
    cut=st.booleans(),
    readings=st.fixed_dictionaries({
        "QN-A2": st.sampled_from(["expense_over_cap", "excess_entitlement", "all_residual"]),
        "X-A3": st.sampled_from(["half_up", "truncate", "half_even"]),
        "QN-A4": st.sampled_from(["rate_halved", "payment_halved", "rate_and_cap_halved"]),
    }),
)  # fmt: skip
def test_no_verdict_leaves_its_bounds(
    name: str, own: int, class_b: int, used: dict[str, int], insured: bool, cut: bool, readings: dict[str, str]
) -> None:
    law = law_of(with_readings(shipped().book, readings))
    person = PersonFacts(
        (Identity("I", name, date(2023, 1, 1)),),
        (Application("A", "tilt", date(2023, 2, 1)), Application("B", "uninsured_once", date(2023, 6, 1))),
        (Enrolment("E", "390", "522701", date(2023, 2, 1), date(2023, 2, 1)),),
    )
    bill = BILL._replace(
        insured=insured, in_scope_personal=own if insured else None, in_scope=own, class_b_first_pay=class_b,
        out_of_scope=77, referral="missing" if cut else "referred", referral_missing_by="person" if cut else None,
    )  # fmt: skip
    verdict = law.decide(bill, person, used)
    assert verdict.status is Status.DECIDED
    ordinary, tilt = verdict.layers["ordinary"], verdict.layers["tilt"]
    assert verdict.base == own + class_b
    assert verdict.excluded == 77
    assert verdict.base == ordinary + tilt + verdict.deductible + verdict.own_share + verdict.over_cap
    assert min(ordinary, tilt, verdict.deductible, verdict.own_share, verdict.over_cap) >= 0
    assert ordinary <= max(0, 5_000_000 - used["ordinary_used"])
    assert tilt <= max(0, 5_000_000 - used["tilt_used"])
    assert ordinary + tilt <= verdict.base
    assert verdict.uses.get("ordinary_used", 0) == ordinary
    assert verdict.uses.get("tilt_used", 0) == tilt
    assert all(amount > 0 for amount in verdict.uses.values())


@settings(max_examples=200, deadline=None)
@given(own=AMOUNT, more=st.integers(0, 1_000_000), name=st.sampled_from(sorted(CLASS)))
def test_more_own_payment_never_gives_less(own: int, more: int, name: str) -> None:
    person = PersonFacts((Identity("I", name, date(2023, 1, 1)),), (Application("A", "tilt", date(2023, 2, 1)),))
    less = sum(LAW.decide(BILL._replace(in_scope_personal=own), person, {}).layers.values())
    assert sum(LAW.decide(BILL._replace(in_scope_personal=own + more), person, {}).layers.values()) >= less


# --- the oracle, written from the text by somebody else --------------------------------------------------------------
class History:
    """A random person with bills, as facts and as the feed events that state them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.events: list[dict[str, Any]] = []
        identities = tuple(self._identity(number) for number in range(chance.choice([0, 1, 1, 1, 2, 3])))
        applications = tuple(self._application(number) for number in range(chance.choice([0, 1, 2])))
        enrolments = tuple(self._enrolment() for _ in range(chance.choice([0, 1])))
        self.person = PersonFacts(identities, applications, enrolments)
        self.bills = [self._bill(number) for number in range(chance.randint(1, 8))]

    def _day(self, low: int, high: int) -> date:
        return date(2022, 11, 1) + timedelta(days=self.chance.randint(low, high))

    def _say(self, event: str, **fields: Any) -> None:
        stated = {name: value for name, value in fields.items() if value is not None}
        texts = {name: value.isoformat() if isinstance(value, date) else value for name, value in stated.items()}
        self.events.append({"type": event, "region": "520000", "psn_no": "P", "revision": 1, **texts})

    def _identity(self, number: int) -> Identity:
        chance, start = self.chance, self._day(0, 500)
        end = chance.choice([None, None, start + timedelta(days=chance.randint(1, 300))])
        applied = chance.choice([None, start - timedelta(days=chance.randint(0, 60))])
        made = Identity(
            f"i{number}", chance.choice(sorted(CLASS)), start, end, "ineligible" if end else None,
            chance.random() < 0.05, applied,
        )  # fmt: skip
        self._say(
            "identity.changed", source_id=made.source_id, identity=made.identity, recognised_on=start,
            removed_on=end, applied_on=applied, withdrawn=made.withdrawn,
        )  # fmt: skip
        return made

    def _application(self, number: int) -> Application:
        chance = self.chance
        made = Application(
            f"a{number}", chance.choice(["tilt", "tilt", "uninsured_once"]), self._day(0, 500),
            chance.choice([None, 2023, 2024]), tuple(chance.sample([f"S{each}" for each in range(8)], 2)),
            withdrawn=chance.random() < 0.1,
        )  # fmt: skip
        self._say("application.filed", **made._replace(setl_ids=list(made.setl_ids))._asdict())  # type: ignore[arg-type]
        return made

    def _enrolment(self) -> Enrolment:
        day = self._day(0, 300)
        self._say(
            "enrolment.changed", enrolment_id="e", insutype="390", county="522701", registered_on=day, paid_on=day
        )
        return Enrolment("e", "390", "522701", day, day)

    def _bill(self, number: int) -> BillFacts:
        chance, day = self.chance, self._day(30, 500)
        referral = chance.choice(["not_required"] * 4 + ["referred", "filed", "missing", "missing", None])
        own = [
            0,
            1,
            3,
            chance.randint(0, 300_000),
            chance.randint(0, 20_000_000),
            chance.randint(4_000_000, 12_000_000),
        ]
        made = BillFacts(
            region="520000", setl_id=f"S{number}", county=chance.choice(["522701"] * 20 + ["520100"]),
            care_type=chance.choice(["inpatient"] * 6 + ["chronic_outpatient"] * 3 + ["outpatient", "emergency"]),
            discharged_on=day, settled_on=day + timedelta(days=chance.choice([0, 0, 1, 20])),
            insured=chance.random() < 0.85, insurance_settled=chance.random() < 0.95,
            designated=chance.choice([True] * 8 + [False, None]),
            emergency_rescue=chance.choice([False] * 6 + [True, True, None]),
            place=chance.choice(["in_county", "in_city", "in_province", "out_of_province", None]), referral=referral,
            referral_missing_by=chance.choice(["person", "other", None]) if referral == "missing" else None,
            in_scope_personal=chance.choice(own), in_scope=chance.randint(0, 5_000_000),
            class_b_first_pay=chance.choice([0, 0, 5000]), over_limit_price_pay=chance.choice([0, 0, 333]),
            out_of_scope=chance.choice([0, 777]),
        )  # fmt: skip
        amounts = {"in_scope_personal", "in_scope", "class_b_first_pay", "over_limit_price_pay", "out_of_scope"}
        stated = {name: value for name, value in made._asdict().items() if value is not None}
        for name in ("supplementary_paid", "assistance_paid_upstream", "channel"):
            stated.pop(name)
        texts = {name: text_of(value) if name in amounts else value for name, value in stated.items()}
        self._say("settlement.final", **texts)
        return made


@pytest.mark.parametrize("seed", range(8))
def test_the_oracle_agrees_on_random_histories(seed: int) -> None:
    chance = random.Random(seed)
    reasons: set[str] = set()
    for _ in range(250):
        history = History(chance)
        expected = oracle(history.events)["P"]["bills"]
        counters: dict[Any, dict[str, int]] = {}
        for bill in history.bills:
            used = counters.setdefault(LAW.benefit_key(bill, history.person), {})
            verdict = LAW.decide(bill, history.person, used)
            for name, amount in verdict.uses.items():
                used[name] = used.get(name, 0) + amount
            got = {
                "status": verdict.status.value, "reason": verdict.reason,
                "ordinary": verdict.layers.get("ordinary", 0), "tilt": verdict.layers.get("tilt", 0),
            }  # fmt: skip
            assert got == expected["520000", bill.setl_id], (bill, history.person)
            reasons.add(verdict.reason)
    assert len(reasons) >= 10, "the histories do not reach enough of the law"
