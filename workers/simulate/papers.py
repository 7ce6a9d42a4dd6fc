"""What people file and what is known of them: enrolments, premiums, descriptions, admissions, applications."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from workers.simulate import county
from workers.simulate.bills import Bill, Visit
from workers.simulate.draws import Draws
from workers.simulate.envelope import DAY, Calendar, Sheet
from workers.simulate.people import Person
from workers.simulate.rates import PPM

PERSONAL_CONTRIBUTION = "350.00"
"""Personal contribution of residents for 2023."""

_WINDOW_DAYS = 100  # the collection window: September to early December of the year before
_TILT_FROM_FEN = 5_000_000


def _office_hours(day: int, draws: Draws) -> int:
    return day * DAY + 9 * 3600 + draws.below(8 * 3600)


def write_enrolment(person: Person, sheet: Sheet, draws: Draws, first_day: int | None = None) -> None:
    """Enrolment and, for residents, the premium: in the collection window, or in the year if `first_day` is given."""
    calendar = sheet.calendar
    late = first_day is not None or draws.chance(20_000)
    registered = (
        first_day if first_day is not None else (130 if late else 5) + draws.below(30 if late else _WINDOW_DAYS)
    )
    paid = registered + draws.below(10)
    insutype = county.EMPLOYEE if person.employee else county.RESIDENT
    begins = max(paid, calendar.year_start_day)
    body: dict[str, Any] = {
        "enrolment_id": sheet.new_id("E"), "revision": 1, "insutype": insutype, "county": sheet.county,
        "registered_on": calendar.text(registered), "paid_on": calendar.text(paid), "first_day": calendar.text(begins),
        "last_day": calendar.text(calendar.year_start_day + calendar.days_in_year - 1), "supplementary": False,
    }  # fmt: skip
    at = _office_hours(paid, draws)
    sheet.add(at, "enrolment.changed", "enrolment.changed", county.SOURCE_PLATFORM, body)
    if not person.employee:
        premium = {
            "payment_id": sheet.new_id("Y"), "revision": 1, "coverage_year": calendar.year,
            "paid_on": calendar.text(paid),
            "standard": PERSONAL_CONTRIBUTION, "kind": "basic", "county": sheet.county,
        }  # fmt: skip
        sheet.add(at + 1, "enrolment.changed", "premium.paid", county.SOURCE_PLATFORM, premium)


def write_description(person: Person, sheet: Sheet, draws: Draws, death: int | None) -> None:
    """Facts of the person; a death is a second revision, some days late."""
    calendar = sheet.calendar
    disabled = draws.chance(120_000 if person.assisted else 20_000)
    body: dict[str, Any] = {
        "source_id": sheet.new_id("D"), "revision": 1, "born_on": _born_on(person, calendar, draws),
        "severe_disability": disabled, "disability_certificate": disabled or draws.chance(20_000),
        "rural": draws.chance(780_000), "registration_county": sheet.county,
    }  # fmt: skip
    if person.identity == "肇事肇祸的精神障碍患者":
        body["mental_disorder"] = True
    topic, source = "enrolment.changed", county.SOURCE_PLATFORM
    sheet.add(_office_hours(draws.below(110), draws), topic, "person.described", source, body)
    if death is not None:
        told = {**body, "revision": 2, "died_on": calendar.text(death)}
        sheet.add(_office_hours(death + 1 + draws.below(20), draws), topic, "person.described", source, told)


def _born_on(person: Person, calendar: Calendar, draws: Draws) -> str:
    birthday = date(calendar.year - 1 - person.age, 1, 1) + timedelta(days=draws.below(365))
    return birthday.isoformat()


def write_admission(sheet: Sheet, draws: Draws, visit: Visit, bill: Bill) -> None:
    """Admission of a stay as it begins and, for half of them, its discharge as a second revision."""
    value = bill.value
    admitted = date.fromisoformat(value["admitted_on"])
    day = (admitted - sheet.calendar.first_day).days
    body: dict[str, Any] = {
        "admission_id": sheet.new_id("B"), "revision": 1, "admitted_on": value["admitted_on"], "county": sheet.county,
        "place": value["place"], "designated": value["designated"], "referral": value["referral"],
        "primary_care_first": value.get("primary_care_first", False), "supplementary": False,
        "institution_code": value.get("institution_code", f"H{sheet.county[2:]}K001"),
    }  # fmt: skip
    topic = "admission.registered"
    sheet.add(_office_hours(day, draws), topic, topic, county.SOURCE_PLATFORM, body)
    if draws.chance(500_000):
        left = {**body, "revision": 2, "discharged_on": value["discharged_on"]}
        sheet.add(_office_hours(visit.day, draws) + 3600, topic, topic, county.SOURCE_PLATFORM, left)


def write_tilt(sheet: Sheet, draws: Draws, bills: list[Bill]) -> None:
    """Tilt is given on application (QN-1.4a): some of those whose own payments pass the size of the cap file one."""
    own = 0
    for bill in bills:
        own += bill.split.personal
        if own > _TILT_FROM_FEN:
            if draws.chance(PPM["tilt_application"]):
                day = bill.settled_day + draws.between(3, 50)
                _file(sheet, draws, day, "tilt", {"year": sheet.calendar.year})
            return


def write_uninsured_once(person: Person, sheet: Sheet, draws: Draws, bills: list[Bill], enrolled: int) -> None:
    """Enrolled at last, the person applies once for the bills until then (QN-1.3b)."""
    setl_ids = [str(bill.value["setl_id"]) for bill in bills if not bill.value["insured"]]
    write_enrolment(person, sheet, draws, enrolled)
    if setl_ids:
        day = max(enrolled + 10, max(bill.settled_day for bill in bills if not bill.value["insured"])) + draws.between(
            1, 20
        )
        _file(sheet, draws, day, "uninsured_once", {"setl_ids": setl_ids[-200:]})


def _file(sheet: Sheet, draws: Draws, day: int, kind: str, more: dict[str, Any]) -> None:
    body = {
        "application_id": sheet.new_id("A"), "revision": 1, "kind": kind, "applied_on": sheet.calendar.text(day),
        "setl_ids": [], "withdrawn": False, **more,
    }  # fmt: skip
    at = _office_hours(day, draws)
    sheet.add(at, "application.filed", "application.filed", county.SOURCE_WINDOW, body)
    if draws.chance(PPM["application_withdrawn"]):
        again = {**body, "revision": 2, "withdrawn": True}
        sheet.add(
            at + DAY + draws.below(20 * DAY), "application.filed", "application.filed", county.SOURCE_WINDOW, again
        )
