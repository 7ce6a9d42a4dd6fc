"""From the bytes of a platform message to our events, or to the one reason why not. Nothing else can come out.

Which message it is says `infno`; without one, its shape: identities, or a row of settlements. What a feed carries is
checked like everywhere: bills and what undoes them on `settlement.reported`, identities on `identity.changed`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from schemas.national.load import National, Profile
from schemas.reasons import RejectReason
from workers.intake.national.amounts import amounts_of
from workers.intake.national.bill import Event, final_event
from workers.intake.national.codes import meaning, profile_of
from workers.intake.national.identity import identity_events
from workers.intake.national.sheet import Sheet, spread
from workers.intake.national.undone import cancel_event, reverse_event
from workers.intake.national.wrong import Refusal, Wrong

_INFNO = re.compile(r"([0-9]{4})[A-Z]?", re.ASCII)
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


def read(topic: str, raw: bytes, national: National) -> Read | Wrong:
    """Read one message of a feed (short topic name). `raw` is one sane JSON object without our `type`."""
    try:
        sheet = spread(raw, national.vocabulary)
        return _read(topic, sheet, national)
    except Refusal as refusal:
        return refusal.wrong


def kind_of(sheet: Sheet) -> str:
    """`final`, `cancel`, `reverse`, `record`, `trial` or `identities`; Refusal(unknown_type) for another interface."""
    stated = next((part["infno"] for part in sheet.said if part.get("infno") not in (None, "")), None)
    if stated is None:
        identities = "idetinfo" in sheet.lists or any(
            sheet.text(f"identity_{part}") for part in ("code", "name", "class")
        )
        return "identities" if identities else "record"
    found = _INFNO.fullmatch(stated) if isinstance(stated, str) else None
    kind = sheet.vocabulary.interfaces.get(found[1]) if found else None
    if kind is None:
        raise Refusal(RejectReason.UNKNOWN_TYPE, "infno", str(stated) if isinstance(stated, str) else None)
    return kind


def _read(topic: str, sheet: Sheet, national: National) -> Read:
    kind = kind_of(sheet)
    if kind == "trial":
        raise Refusal(RejectReason.TRIAL, "infno")
    if FEEDS[kind] != topic:
        raise Refusal(RejectReason.UNKNOWN_TYPE, "infno")
    if sheet.text("answered") not in (None, "0"):
        raise Refusal(RejectReason.NOT_SETTLED, sheet.vocabulary.shown("answered"))
    profile = profile_of(national, sheet)
    psn_no = _person(sheet)
    warnings: list[str] = []
    if kind == "identities":
        events = [{"type": "identity.changed", **event} for event in identity_events(sheet, profile)]
    else:
        event, warnings = _settlement(sheet, profile, kind)
        events = [event]
    common = {"version": 1, "region": profile.platform, "psn_no": psn_no}
    return Read(
        [{**event, **common} for event in events],
        tuple(dict.fromkeys(warnings)),
        f"platform/{profile.platform}",
        sheet.text("sent"),
    )


def _settlement(sheet: Sheet, profile: Profile, kind: str) -> tuple[dict[str, Any], list[str]]:
    warnings: list[str] = []
    online = kind == "final"
    if kind == "record":
        kind = _record_kind(sheet, profile)
    if kind == "reverse":
        event = reverse_event(sheet)
    elif kind == "cancel":
        event, warnings = cancel_event(sheet, profile)
    else:
        event, warnings = final_event(sheet, profile, online=online)
    return {"type": _TYPES[kind], **event}, warnings


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
