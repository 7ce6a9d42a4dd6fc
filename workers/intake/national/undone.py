"""What undoes a settlement: cancels (2208, 2305, a refund row) and reversals (2601)."""

from __future__ import annotations

from schemas.national.load import Profile
from schemas.reasons import RejectReason
from workers.intake.national.amounts import amounts_of, negated, not_negative, null_stated, wire_amounts
from workers.intake.national.bill import CARRIED, Event
from workers.intake.national.codes import INFNO, day_of
from workers.intake.national.message import message_number
from workers.intake.national.sheet import Sheet
from workers.intake.national.sums import balanced, own_in_scope
from workers.intake.national.wrong import Refusal


def cancel_event(sheet: Sheet, profile: Profile, *, online: bool) -> tuple[Event, list[str]]:
    """A cancel: the bill it names, its own id (its number if that differs, else its message), what it gives back.

    `online`: the message is the cancelling transaction itself, not a row that tells of it.
    """
    stated_original, asked = sheet.text("original"), sheet.asked_text("setl_id")
    if stated_original is not None and asked not in (None, stated_original):
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("original"))  # two bills named: neither is chosen
    original = stated_original or asked
    stated = amounts_of(sheet)
    if original is None and not stated:
        original = sheet.needed("setl_id")  # the bare input of 2208: setl_id, mdtrt_id, psn_no
    if original is None:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("original"))
    answered, msgid = sheet.text("setl_id", asked=False), message_number(sheet, online=online)
    own_id = answered if answered not in (None, original) else msgid
    if own_id is None:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("msgid"))
    event: Event = {"setl_id": original, "own_id": own_id, "msgid": msgid, "cancelled_on": _cancelled_on(sheet)}
    warnings: tuple[str, ...] = ()
    if stated:
        given_back = negated(stated)
        not_negative(sheet, given_back)
        amounts, warnings = balanced(sheet, profile, given_back, derive=null_stated(sheet, "hospital_share"))
        event |= wire_amounts(amounts, CARRIED)
        event |= wire_amounts({"in_scope_personal": own_in_scope(profile, amounts)[0]}, ("in_scope_personal",))
    return {name: value for name, value in event.items() if value is not None}, list(warnings)


def _cancelled_on(sheet: Sheet) -> str | None:
    return day_of(sheet, "settled") or day_of(sheet, "sent")


def reverse_event(sheet: Sheet) -> Event:
    """A 2601: the message it names and, by that message's interface, whether it undoes a bill or a cancel."""
    vocabulary = sheet.vocabulary
    named, interface = sheet.needed("reversed_message"), sheet.needed("reversed_interface")
    found = INFNO.fullmatch(interface)
    undoes = vocabulary.reversible.get(found[1]) if found else None
    if undoes is None:
        raise Refusal(RejectReason.UNKNOWN_CODE, vocabulary.shown("reversed_interface"), interface, "A13")
    own = message_number(sheet, online=True)
    if own is None:
        raise Refusal(RejectReason.BAD_FIELD, vocabulary.shown("msgid"))
    event: Event = {"reversal_id": own}
    event["msgid" if undoes == "bill" else "own_id"] = named
    return event
