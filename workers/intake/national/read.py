"""From the bytes of a platform message to our events, or to the one reason why not. Nothing else can come out.

Which message it is says `infno`; without one, its shape: identities, or a row of settlements. What a feed carries is
checked like everywhere: bills and what undoes them on `settlement.reported`, identities on `identity.changed`.
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.national.load import National, Profile
from schemas.reasons import RejectReason
from workers.intake.national.amounts import amounts_of
from workers.intake.national.bill import Event, final_event
from workers.intake.national.codes import INFNO, meaning, profile_of
from workers.intake.national.identity import identity_events, latest_written
from workers.intake.national.message import about_itself
from workers.intake.national.sheet import Sheet, records_of, spread
from workers.intake.national.undone import cancel_event, reverse_event
from workers.intake.national.wrong import Refusal, Wrong

_TYPES = {"final": "settlement.final", "cancel": "settlement.cancel", "reverse": "settlement.reverse"}
FEEDS = {"final": "settlement.reported", "cancel": "settlement.reported", "reverse": "settlement.reported",
         "record": "settlement.reported", "trial": "settlement.reported", "identities": "identity.changed"}  # fmt: skip
"""Kind of message → the feed that carries it."""


class Read(NamedTuple):
    """Events of our contract in wire form, not yet checked by its models; `warnings` are checks (A5, A6 …) not met."""

    events: list[Event]
    warnings: tuple[str, ...]
    source: str
    sent: str | None
    written: str | None = None
    """The latest day on which a row of identities says it was written: it ranks revisions and is never ahead."""


def read(topic: str, raw: bytes, national: National) -> Read | Wrong:
    """Read one message of a feed (short topic name). `raw` is one sane JSON object without our `type`."""
    try:
        sheet = spread(raw, national.vocabulary)
        return _read(topic, sheet, national)
    except Refusal as refusal:
        return refusal.wrong


def kind_of(sheet: Sheet) -> str:
    """`final`, `cancel`, `reverse`, `record`, `trial` or `identities`; Refusal(unknown_type) for another interface.

    A row without `infno` that has a settlement number or amounts is a settlement, whatever identity it mentions.
    """
    stated = stated_interface(sheet)
    if stated is None:
        return "identities" if _only_identities(sheet) else "record"
    found = INFNO.fullmatch(stated) if isinstance(stated, str) else None
    kind = sheet.vocabulary.interfaces.get(found[1]) if found else None
    if kind is None:
        raise Refusal(RejectReason.UNKNOWN_TYPE, "infno", str(stated) if isinstance(stated, str) else None)
    return kind


def stated_interface(sheet: Sheet) -> object | None:
    """The value of `infno`, whatever it is."""
    return next((part["infno"] for part in sheet.said if part.get("infno") not in (None, "")), None)


def _only_identities(sheet: Sheet) -> bool:
    parts = [*sheet.said, *sheet.lists.get("rows", ()), *sheet.lists.get("setlinfo", ())]
    if any(name in part for part in parts for name in ("setl_id", "medfee_sumamt")):
        return False
    words = [f"identity_{part}" for part in ("code", "name", "class")]
    return "idetinfo" in sheet.lists or any(sheet.of_item(part, word) for part in parts for word in words)


def _read(topic: str, sheet: Sheet, national: National) -> Read:
    kind = kind_of(sheet)
    if kind == "trial":
        raise Refusal(RejectReason.TRIAL, "infno")
    if FEEDS[kind] != topic:
        raise Refusal(RejectReason.UNKNOWN_TYPE, "infno")
    if sheet.text("answered") not in (None, "0"):
        raise Refusal(RejectReason.NOT_SETTLED, sheet.vocabulary.shown("answered"))
    profile = profile_of(national, sheet)
    psn_no, source = _person(sheet), f"platform/{profile.platform}"
    warnings: list[str] = []
    written = None
    if kind == "identities":
        events = [{"type": "identity.changed", **event} for event in identity_events(sheet, profile)]
        written = latest_written(sheet)
    else:
        events = _settlements(sheet, profile, kind, warnings)
    common = {"version": 1, "region": profile.platform, "psn_no": psn_no}
    events = [{**event, **common} for event in events]
    return Read(events, tuple(dict.fromkeys(warnings)), source, sheet.text("sent"), written)


def _settlements(sheet: Sheet, profile: Profile, kind: str, warnings: list[str]) -> list[Event]:
    """What the message settles: one bill or undoing; a 5203 answer or a file of rows may hold several."""
    if kind == "record":
        sheets = [about_itself(found, stated_interface(sheet) is not None) for found in records_of(sheet)]
        return [_settlement(found, profile, _record_kind(found, profile), False, warnings) for found in sheets]
    found = records_of(sheet)
    if len(found) > 1:
        raise Refusal(RejectReason.BAD_FIELD, "setlinfo")
    return [_settlement(found[0], profile, kind, True, warnings)]


def _settlement(sheet: Sheet, profile: Profile, kind: str, online: bool, warnings: list[str]) -> Event:
    """`online`: the message is the transaction itself, so its own number is the one a 2601 will name."""
    event: Event
    if meaning(sheet, profile, "trial") == "trial":
        raise Refusal(RejectReason.TRIAL, sheet.vocabulary.shown("trial"))
    if kind == "reverse":
        event = reverse_event(sheet)
    else:
        make = cancel_event if kind == "cancel" else final_event
        event, more = make(sheet, profile, online=online)
        warnings += more
    return {"type": _TYPES[kind], **event}


def _record_kind(sheet: Sheet, profile: Profile) -> str:
    """A record is a bill or a refund: its flag says so, else the sign of its total."""
    flag = meaning(sheet, profile, "refunded")
    if flag is None:
        return "cancel" if amounts_of(sheet).get("total_fee", 0) < 0 else "final"
    return "cancel" if flag == "yes" else "final"


def _person(sheet: Sheet) -> str:
    """The one person of the message; two different numbers in it refuse it."""
    name = sheet.vocabulary.shown("psn_no")
    parts = [*sheet.said, *sheet.asked, *(item for items in sheet.lists.values() for item in items)]
    stated = {str(part[name]) for part in parts if part.get(name) not in (None, "")}
    if len(stated) != 1:
        raise Refusal(RejectReason.BAD_FIELD, name)
    return stated.pop()
