"""How a bill is reported in practice: retried, completed, contradicted, cancelled, redone, reinstated, reversed.

Every bill goes through `report`. At most one of the large troubles (cancel, reversal, conflict, completion) befalls it,
so that the rates can be told apart; the others may be retried and reported by a second channel.
"""

from __future__ import annotations

from typing import Any

from workers.simulate import county
from workers.simulate.bills import Bill
from workers.simulate.draws import MILLION, Draws
from workers.simulate.envelope import DAY, Line, Sheet, money
from workers.simulate.rates import PPM

TOPIC = "settlement.reported"
_RETRY = 400  # seconds within which a hospital retries after a time-out


def report(sheet: Sheet, draws: Draws, bill: Bill, in_scope: bool) -> None:
    """Write the final bill and all that befalls it."""
    if draws.chance(PPM["cancel"]):
        _cancelled(sheet, draws, bill)
        return
    if draws.chance(PPM["reversal"]):
        _reversed(sheet, draws, bill)
        return
    if draws.chance(PPM["conflict"]):
        _conflicting(sheet, draws, bill)
        return
    if in_scope and bill.value["insured"] and draws.chance(PPM["completion"]):
        _completed(sheet, draws, bill)
        return
    _with_repeats(sheet, draws, bill)
    if draws.chance(PPM["cancel_without_bill"]):
        _cancel(sheet, bill.at + draws.below(5 * DAY), sheet.new_id("S"), bill.settled_day, sheet.new_id("C"))


def _final(sheet: Sheet, at: int, bill: Bill, value: dict[str, Any], source: str | None = None) -> tuple[Line, str]:
    message = sheet.new_id("M")
    body = {**value, "msgid": message}
    return sheet.add(at, TOPIC, "settlement.final", source or bill.source, body, message), message


def _with_repeats(sheet: Sheet, draws: Draws, bill: Bill) -> None:
    """The bill, perhaps retried with the same bytes, perhaps reported by the exchange as well."""
    line, message = _final(sheet, bill.at, bill, bill.value)
    if draws.chance(PPM["duplicate"]):
        sheet.again(line, bill.at + 1 + draws.below(_RETRY))
    if draws.chance(PPM["other_channel"]):
        body = {**bill.value, "msgid": message}
        at = bill.at + 3600 + draws.below(3 * DAY)
        sheet.add(at, TOPIC, "settlement.final", county.SOURCE_EXCHANGE, body)


def _cancel(
    sheet: Sheet, at: int, setl_id: str, day: int, own_id: str, gives_back: dict[str, Any] | None = None
) -> None:
    body = {"setl_id": setl_id, "own_id": own_id, "cancelled_on": sheet.calendar.text(max(day, at // DAY))}
    sheet.add(at, TOPIC, "settlement.cancel", county.SOURCE_PLATFORM, body, bill=gives_back)


def _cancelled(sheet: Sheet, draws: Draws, bill: Bill) -> None:
    setl_id, own_id = bill.value["setl_id"], sheet.new_id("C")
    at = bill.at + 600 + draws.below(6 * DAY if draws.chance(500_000) else 8 * 3600)
    if draws.chance(PPM["cancel_first"]):
        # The cancel overtakes its bill: by minutes as a rule, now and then by more than the parking time.
        held_up = draws.between(31, 45) * DAY if draws.chance(100_000) else 60 + draws.below(2 * DAY)
        _final(sheet, at + held_up, bill, bill.value)
    else:
        _final(sheet, bill.at, bill, bill.value)
    _cancel(sheet, at, setl_id, bill.settled_day, own_id, bill.value)
    if draws.chance(PPM["reinstate"]):
        _reinstated(sheet, draws, setl_id, own_id, at)
        return
    if draws.chance(PPM["sent_after_cancel"] * MILLION // (MILLION - PPM["reinstate"])):
        _final(sheet, at + 300 + draws.below(DAY), bill, bill.value)
    if draws.chance(PPM["redo"] * MILLION // (MILLION - PPM["reinstate"])):
        _redone(sheet, draws, bill, at)


def _reinstated(sheet: Sheet, draws: Draws, setl_id: str, own_id: str, at: int) -> None:
    later = at + 60 + draws.below(DAY)
    if draws.chance(500_000):
        body = {"setl_id": setl_id, "cancel_own_id": own_id, "own_id": sheet.new_id("R")}
        sheet.add(later, TOPIC, "settlement.reinstate", county.SOURCE_PLATFORM, body)
    else:
        body = {"own_id": own_id, "reversal_id": sheet.new_id("R")}
        sheet.add(later, TOPIC, "settlement.reverse", county.SOURCE_PLATFORM, body)


def _redone(sheet: Sheet, draws: Draws, bill: Bill, at: int) -> None:
    """Settled anew under a new number, mostly with other amounts."""
    value = {**bill.value, "setl_id": sheet.new_id("S")}
    if draws.chance(600_000):
        value.update(_shifted(draws, bill))
    redone = at + 600 + draws.below(2 * DAY)
    value["settled_on"] = sheet.calendar.text(max(bill.settled_day, redone // DAY))
    _final(sheet, redone, bill, value)


def _shifted(draws: Draws, bill: Bill) -> dict[str, Any]:
    """One item moved out of the catalogue: the total stays, I1 stays."""
    moved = min(bill.split.personal, bill.split.in_scope) * draws.between(5, 40) // 100
    return {
        "in_scope": money(bill.split.in_scope - moved),
        "in_scope_personal": money(bill.split.personal - moved),
        "out_of_scope": money(bill.split.out_of_scope + moved),
    }


def _reversed(sheet: Sheet, draws: Draws, bill: Bill) -> None:
    """2601: the hospital does not know whether its settlement happened, undoes it and settles again, numbered anew."""
    _, message = _final(sheet, bill.at, bill, bill.value)
    at = bill.at + 30 + draws.below(3 * _RETRY)
    named = {"setl_id": bill.value["setl_id"]} if draws.chance(500_000) else {"msgid": message}
    body = {**named, "reversal_id": sheet.new_id("R")}
    sheet.add(at, TOPIC, "settlement.reverse", county.SOURCE_PLATFORM, body)
    if draws.chance(800_000):
        _final(sheet, at + 60 + draws.below(1800), bill, {**bill.value, "setl_id": sheet.new_id("S")})


def _conflicting(sheet: Sheet, draws: Draws, bill: Bill) -> None:
    """The same number with other amounts; half of them end as they should: cancelled and settled under a new number."""
    _with_repeats(sheet, draws, bill)
    other = {**bill.value, **_shifted(draws, bill)}
    other["total_fee"] = money(bill.split.total + 100)
    out_of_scope = bill.split.total + 100 - bill.split.in_scope - bill.split.class_b - bill.split.over_limit
    other.update(in_scope=money(bill.split.in_scope), in_scope_personal=money(bill.split.personal))
    other["out_of_scope"] = money(out_of_scope)
    if "cash_pay" in other:
        other["cash_pay"] = money(bill.split.person_total - bill.split.account + 100)
        other["person_total"] = money(bill.split.person_total + 100)
    at = bill.at + 3600 + draws.below(10 * DAY)
    _final(sheet, at, bill, other, county.SOURCE_EXCHANGE)
    if draws.chance(500_000):
        ended = at + DAY + draws.below(20 * DAY)
        _cancel(sheet, ended, bill.value["setl_id"], bill.settled_day, sheet.new_id("C"), bill.value)
        _redone(sheet, draws, bill, ended)


def _completed(sheet: Sheet, draws: Draws, bill: Bill) -> None:
    """First without the result of the insurances, later with it: only facts that were absent are added."""
    missing = {"in_scope_personal", "pool_pay", "critical_illness_pay", "fund_total", "person_total", "cash_pay"}
    first = {name: field for name, field in bill.value.items() if name not in missing}
    first["insurance_settled"] = False
    _final(sheet, bill.at, bill, first)
    _final(sheet, bill.at + 3600 + draws.below(40 * DAY), bill, bill.value)
