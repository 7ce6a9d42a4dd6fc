"""A settlement (2207, 2304, a 5203 record or a row of the core table) as `settlement.final`."""

from __future__ import annotations

from typing import Any

from schemas.national.load import Profile
from schemas.reasons import RejectReason
from workers.intake.national.amounts import amounts_of, not_negative, wire_amounts
from workers.intake.national.codes import day_of, division_of, insured_place, known, known_code, meaning
from workers.intake.national.message import message_number
from workers.intake.national.sheet import Sheet
from workers.intake.national.sums import balanced, own_in_scope
from workers.intake.national.wrong import Refusal

CARRIED = (
    "total_fee", "in_scope", "class_b_first_pay", "over_limit_price_pay", "out_of_scope", "assistance_paid_upstream",
    "pool_pay", "critical_illness_pay", "large_amount_pay", "civil_servant_pay", "enterprise_pay", "disabled_pay",
    "other_fund_pay", "account_pay", "cash_pay", "hospital_share", "fund_total", "person_total",
)  # fmt: skip
_STAYS = ("inpatient",)
_PLAIN = ("visit_id", "disease_code", "institution_code", "institution_level", "clearing_type", "clearing_org")

Event = dict[str, Any]


def final_event(sheet: Sheet, profile: Profile, *, online: bool) -> tuple[Event, list[str]]:
    """The event and the checks it only warns of. `online`: the interface itself says that a hospital settled it."""
    setl_id = sheet.needed("setl_id")  # first: a request without its answer lacks this before all else
    stated = amounts_of(sheet)
    not_negative(sheet, stated)
    amounts, warnings = balanced(sheet, profile, stated)
    if amounts["assistance_paid_upstream"] and profile.maf_pay == "refused":
        raise Refusal(RejectReason.PAID_UPSTREAM, sheet.vocabulary.shown("assistance_paid_upstream"))
    base, more = own_in_scope(profile, amounts)
    where, unsaid = _settled_where(sheet, profile, online)
    event: Event = {
        "setl_id": setl_id,
        "msgid": message_number(sheet, online=online),
        **_days(sheet, profile),
        **where,
        **wire_amounts(amounts, CARRIED),
        **wire_amounts({"in_scope_personal": base}, ("in_scope_personal",)),
        **{word: sheet.text(word) for word in _PLAIN},
    }
    event["benefit_year"] = _year(sheet)
    checks = [*warnings, *more, *unsaid, *_late_year(event)]
    return {name: value for name, value in event.items() if value is not None}, checks


def _days(sheet: Sheet, profile: Profile) -> Event:
    """Days of a stay or visit. A stay names its own end; at a mid-stay settlement it is the day of the settlement."""
    sheet.needed("care_type")
    care_type = meaning(sheet, profile, "care_type")
    interim = meaning(sheet, profile, "interim") == "yes"
    settled = day_of(sheet, "settled")
    if settled is None:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("settled"), check="A9")
    begins, ends = day_of(sheet, "begins"), day_of(sheet, "ends")
    stays = care_type in _STAYS
    if ends is None and stays and not interim:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("ends"), check="A12")
    return {
        "care_type": care_type,
        "admitted_on": begins if stays else None,
        "discharged_on": ends or (settled if stays else begins or settled),
        "settled_on": settled,
        "interim": interim or None,
    }


def _settled_where(sheet: Sheet, profile: Profile, online: bool) -> tuple[Event, list[str]]:
    channel = meaning(sheet, profile, "settled_how") or "one_stop"
    insutype = sheet.text("insutype")
    if insutype is not None:
        known(sheet, profile, "insutype", insutype)
    county = insured_place(sheet)
    place = place_of(county, division_of(sheet, "treated_at"))
    rescue = meaning(sheet, profile, "reason") == "emergency_rescue"
    referral, warnings = _referral(sheet, profile, place)
    return {
        "county": county,
        "insutype": insutype,
        "channel": channel,
        # the platform settles one-stop with designated institutions (定点) only; of a manual claim it does not say
        "designated": True if channel == "one_stop" and (online or sheet.text("institution_code")) else None,
        "emergency_rescue": rescue or None,
        "place": place,
        "referral": referral,
    }, warnings


def place_of(county: str, treated_at: str | None) -> str | None:
    """Where the treatment was, by division codes (GB/T 2260: province, prefecture, county); None: not stated."""
    if treated_at is None:
        return None
    if treated_at == county:
        return "in_county"
    if treated_at[:4] == county[:4]:
        return "in_city"
    return "in_province" if treated_at[:2] == county[:2] else "out_of_province"


def _referral(sheet: Sheet, profile: Profile, place: str | None) -> tuple[str | None, list[str]]:
    """What the platform's flag means; A13 where nobody said what it means and no referral is asked for anyway."""
    code = sheet.text("referral")
    free = {"in_county": ("in_county",), "in_city": ("in_county", "in_city"), "": ()}[profile.referral_free]
    if code is not None and place in free and not known_code(sheet, profile, "referral", code):
        return "not_required", ["A13"]
    if code is not None:
        return known(sheet, profile, "referral", code), []
    return ("not_required" if place in free else None), []


def _year(sheet: Sheet) -> int | None:
    year = sheet.text("benefit_year")
    if year is None:
        return None
    if not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("benefit_year"))
    return int(year)


def _late_year(event: Event) -> list[str]:
    """A14: the platform's year is that of the discharge or of the settlement."""
    years = {event["discharged_on"][:4], event["settled_on"][:4]}
    return [] if event["benefit_year"] is None or str(event["benefit_year"]) in years else ["A14"]
