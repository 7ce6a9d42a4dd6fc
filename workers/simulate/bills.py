"""The bills of one person and year, in the order of their benefit dates, before anything goes wrong with them."""

from __future__ import annotations

from typing import Any, NamedTuple

from workers.simulate import county
from workers.simulate.amounts import Insurance, Split
from workers.simulate.draws import Draws
from workers.simulate.envelope import DAY, Sheet, money
from workers.simulate.national import national_extras
from workers.simulate.people import Person
from workers.simulate.rates import PPM

_ORDINARY_STAY = (PPM["stay"] * 1_000_000 - PPM["assisted"] * PPM["stay_assisted"]) // (1_000_000 - PPM["assisted"])
_EXPENSIVE_STAYS = 3


class Visit(NamedTuple):
    day: int
    care_type: str
    disease: str
    expensive: bool


class Bill(NamedTuple):
    """A bill as it should have been reported: `at` is when, `source` by whom; `value` has amounts as texts."""

    at: int
    source: str
    settled_day: int
    value: dict[str, Any]
    split: Split


def visits_of(person: Person, draws: Draws, start: int, end: int) -> list[Visit]:
    """The days of care of a person between two days of the file, in their order."""
    length = max(0, end - start)
    if length == 0:
        return []
    visits = [
        Visit(start + draws.below(length), county.OUTPATIENT, "", False)
        for _ in range(draws.count(PPM["outpatient"] * length // 365))
    ]
    mean = (PPM["stay_assisted"] if person.assisted else _ORDINARY_STAY) * length // 365
    for number in range(draws.count(mean) + (_EXPENSIVE_STAYS if person.expensive else 0)):
        emergency = draws.chance(PPM["emergency"])
        expensive = person.expensive and number < _EXPENSIVE_STAYS
        disease = draws.choice(county.TUMOURS if expensive else county.STAY_DISEASES)
        care_type = county.EMERGENCY if emergency and draws.chance(300_000) else county.INPATIENT
        visits.append(Visit(start + draws.below(length), care_type, disease, expensive))
    if person.chronic is not None:
        visits.extend(_chronic_visits(person.chronic, draws, start, end))
    visits.sort()
    return visits


def _chronic_visits(disease: str, draws: Draws, start: int, end: int) -> list[Visit]:
    dialysis = disease == county.DIALYSIS
    day, visits = start + draws.below(3 if dialysis else 30), []
    while day < end:
        if not dialysis or not draws.chance(80_000):
            visits.append(Visit(day, county.CHRONIC, disease, False))
        day += draws.between(2, 3) if dialysis else draws.between(30, 42)
    return visits


class Biller:
    """Turns visits of one person into bills; knows what the insurances have paid so far."""

    def __init__(self, person: Person, sheet: Sheet, draws: Draws, national_size: bool) -> None:
        self._person, self._sheet, self._draws = person, sheet, draws
        self._insurance = Insurance(person.employee, person.employee and draws.chance(150_000))
        self._national_size = national_size

    def bill(self, visit: Visit, insured: bool) -> Bill:
        """The bill of one visit, settled and on its way."""
        draws = self._draws
        stay = visit.care_type in (county.INPATIENT, county.EMERGENCY)
        place = draws.weighted([(place, place.weight) for place in county.PLACES]) if stay else county.PLACES[0]
        if visit.expensive:
            place = draws.choice(county.PLACES[1:3])
        split = self._insurance.settle(draws, self._total(visit, stay, place), visit.care_type, place, insured)
        manual = not insured or (stay and draws.chance(PPM["manual"]))
        settled = visit.day + (draws.between(15, 60) if manual else draws.between(1, 8) if draws.chance(30_000) else 0)
        value = self._value(visit, place, split, settled, insured, manual, stay)
        return Bill(self._arrival(settled), _source(manual), settled, value, split)

    def _total(self, visit: Visit, stay: bool, place: county.Place) -> int:
        if visit.expensive:
            return self._draws.amount(18_000_000, 35)
        if stay:
            return self._draws.amount(place.median_fen, 70)
        if visit.care_type == county.CHRONIC:
            return self._draws.amount(*((42_000, 15) if visit.disease == county.DIALYSIS else (18_000, 60)))
        return self._draws.amount(8_500, 75)

    def _arrival(self, settled: int) -> int:
        at = settled * DAY + 8 * 3600 + self._draws.below(10 * 3600)
        if self._draws.chance(PPM["late"]):
            at += self._draws.between(2, 25) * DAY
        return at

    def _value(
        self, visit: Visit, place: county.Place, split: Split, settled: int, insured: bool, manual: bool, stay: bool
    ) -> dict[str, Any]:
        calendar, draws, sheet = self._sheet.calendar, self._draws, self._sheet
        value: dict[str, Any] = {
            "setl_id": sheet.new_id("S"),
            "visit_id": sheet.new_id("V"),
            "county": sheet.county,
            "care_type": visit.care_type,
            "discharged_on": calendar.text(visit.day),
            "settled_on": calendar.text(settled),
            "insured": insured,
            "insurance_settled": True,
            "designated": True,
            "emergency_rescue": False,
            "place": place.code,
            "referral": "not_required",
            "channel": "manual" if manual else "one_stop",
            **_amounts(split),
        }
        if insured:
            value["insutype"] = county.EMPLOYEE if self._person.employee else county.RESIDENT
        if visit.disease:
            value["disease_code"] = visit.disease
        if stay:
            self._stay(value, visit, place)
        if manual:
            value["formal_receipt"] = True
        if draws.chance(500_000) or self._national_size:
            self._carried(value, place, split, stay)
        return value

    def _stay(self, value: dict[str, Any], visit: Visit, place: county.Place) -> None:
        draws = self._draws
        days = draws.between(4, 30) if visit.expensive else 1 + draws.below(14)
        value["admitted_on"] = self._sheet.calendar.text(visit.day - days)
        value["major_disease"] = visit.expensive
        if visit.care_type == county.EMERGENCY or draws.chance(PPM["emergency"] * 7 // 10):
            value["emergency_rescue"] = True
        if draws.chance(PPM["non_designated"]):
            value["designated"] = False
        if place.code == "in_county":
            value["primary_care_first"] = draws.chance(300_000)
        elif draws.chance(PPM["unreferred"] * 1000 // 310):
            value["referral"] = "missing"
            value["referral_missing_by"] = "person" if draws.chance(800_000) else "other"
        else:
            value["referral"] = "filed" if place.code == "out_of_province" else "referred"
            value["primary_care_first"] = draws.chance(600_000)

    def _carried(self, value: dict[str, Any], place: county.Place, split: Split, stay: bool) -> None:
        """Facts that are only carried: insurers' payments, institution, clearing."""
        code = f"H{self._sheet.county[2:]}K{self._draws.between(1, 60):03d}"
        value.update(
            institution_code=code, institution_level=place.level, clearing_type="21" if stay else "11",
            clearing_org=county.PREFECTURE, pool_pay=money(split.pool), critical_illness_pay=money(split.critical),
            large_amount_pay=money(split.large), civil_servant_pay=money(split.civil_servant),
            enterprise_pay="0.00", disabled_pay="0.00", other_fund_pay="0.00", account_pay=money(split.account),
            cash_pay=money(split.person_total - split.account), hospital_share="0.00",
            fund_total=money(split.fund_total), person_total=money(split.person_total), interim=False,
            benefit_year=self._sheet.calendar.year,
        )  # fmt: skip
        if self._national_size:
            value.update(national_extras(value, split))


def _amounts(split: Split) -> dict[str, str]:
    return {
        "total_fee": money(split.total),
        "in_scope": money(split.in_scope),
        "in_scope_personal": money(split.personal),
        "class_b_first_pay": money(split.class_b),
        "over_limit_price_pay": money(split.over_limit),
        "out_of_scope": money(split.out_of_scope),
        "assistance_paid_upstream": "0.00",
        "supplementary_paid": "0.00",
    }


def _source(manual: bool) -> str:
    return county.SOURCE_WINDOW if manual else county.SOURCE_PLATFORM
