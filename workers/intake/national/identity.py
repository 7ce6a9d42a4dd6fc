"""Identities: `idetinfo[]` of a 1101 answer and rows of the register of assisted persons (`mat_idet_code`).

The platform numbers no revisions: the time at which a row was written (or the answer given) makes one, in seconds since
2000 UTC+8, so that a later statement outranks an earlier one whatever the order of arrival. An end is inclusive on the
platform and exclusive with us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from schemas.events.words import DAY_MAX
from schemas.national.load import Profile
from schemas.reasons import RejectReason
from workers.intake.national.bill import Event
from workers.intake.national.codes import day_of_text, known, known_code
from workers.intake.national.sheet import Sheet
from workers.intake.national.wrong import Refusal

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_NAMES = re.compile(r"[,，、;；]")
_MONTH = re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])", re.ASCII)
NOTHING = "-"
"""A code that is known and has nothing to do with medical assistance."""

Item = Mapping[str, Any]


def identity_events(sheet: Sheet, profile: Profile) -> list[Event]:
    """One event for each identity that the message states; Refusal where it states none that concerns us."""
    events = [event for item in _items(sheet) for event in _of_item(sheet, profile, item)]
    if not events:
        raise Refusal(RejectReason.NOTHING_STATED)
    return events


def _items(sheet: Sheet) -> Iterator[Item]:
    listed = [*sheet.lists.get("idetinfo", ()), *sheet.lists.get("rows", ())]
    if listed:
        yield from listed
    elif any(sheet.text(word) for word in ("identity_code", "identity_name", "identity_class")):
        yield {name: value for part in sheet.said for name, value in part.items()}


def _of_item(sheet: Sheet, profile: Profile, item: Item) -> Iterator[Event]:
    names = [name for name in _names(sheet, profile, item) if name != NOTHING]
    if not names:
        return
    first, last = _interval(sheet, item)
    withdrawn = any(_word(sheet, profile, item, word) == "withdrawn" for word in ("valid", "change"))
    source_id = sheet.of_item(item, "source_id") or f"idet.{first.replace('-', '')}"
    for name in dict.fromkeys(names):
        event: Event = {
            "source_id": source_id, "identity": name, "revision": _revision(sheet, item), "recognised_on": first,
            "withdrawn": withdrawn, "removed_on": last, "list_month": _month(sheet, item),
        }  # fmt: skip
        yield {key: value for key, value in event.items() if value is not None}


def _names(sheet: Sheet, profile: Profile, item: Item) -> list[str]:
    """Identities in the words of the measure: by code, else by name, else by the coarse class. None is guessed."""
    code, name, class_ = (sheet.of_item(item, f"identity_{part}") for part in ("code", "name", "class"))
    if code is not None:
        return [known(sheet, profile, "identity_code", part) for part in _parted(sheet, profile, "identity_code", code)]
    if name is not None:
        return [known(sheet, profile, "identity_name", part) for part in _parted(sheet, profile, "identity_name", name)]
    if class_ is None:
        raise Refusal(RejectReason.BAD_FIELD, sheet.vocabulary.shown("identity_code"))
    # either kind of value is found in this field: the coarse class, or the code of the identity itself
    field = sheet.vocabulary.shown("identity_code")
    by_identity = profile.dictionary.meaning(field, class_)
    return [by_identity if by_identity is not None else known(sheet, profile, "identity_class", class_)]


def _parted(sheet: Sheet, profile: Profile, word: str, text: str) -> list[str]:
    """Several identities in one field; a name that holds a mark itself (农村低保一、二类保障对象) is one."""
    if known_code(sheet, profile, word, text):
        return [text]
    return [part.strip() for part in _NAMES.split(text)]


def _interval(sheet: Sheet, item: Item) -> tuple[str, str | None]:
    """First day with the identity and first day without (None: open). A17: they are in order."""
    shown = sheet.vocabulary.shown
    begin, end = sheet.of_item(item, "identity_from"), sheet.of_item(item, "identity_to")
    if begin is None:
        raise Refusal(RejectReason.BAD_FIELD, shown("identity_from"))
    first = day_of_text(begin, shown("identity_from"))
    if end is None:
        return first, None
    try:
        last = date.fromisoformat(day_of_text(end, shown("identity_to")))
        if last > DAY_MAX:
            return first, None  # 9999-12-31, 2999-12-31: the field's ways of writing an open end
        if last < date.fromisoformat(first):
            raise Refusal(RejectReason.BAD_DATE, shown("identity_to"), check="A17")
        return first, (last + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        raise Refusal(RejectReason.BAD_DATE, shown("identity_to"), check="A17") from None


def _word(sheet: Sheet, profile: Profile, item: Item, word: str) -> str | None:
    code = sheet.of_item(item, word)
    return None if code is None else known(sheet, profile, word, code)


def _revision(sheet: Sheet, item: Item) -> int:
    """The row's own revision, else the second in which it was written or told."""
    shown = sheet.vocabulary.shown
    own = sheet.of_item(item, "revision")
    if own is not None:
        if not (own.isascii() and own.isdigit() and 1 <= len(own) <= 10):
            raise Refusal(RejectReason.BAD_FIELD, shown("revision"))
        return int(own)
    written = _written(sheet, item)
    if written is None:
        raise Refusal(RejectReason.BAD_FIELD, shown("updated"))
    day_of_text(written, shown("updated"))
    try:
        moment = datetime.fromisoformat(written[:19]).replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(RejectReason.BAD_DATE, shown("updated"), check="A17") from None
    return int((moment - _EPOCH).total_seconds())


def _written(sheet: Sheet, item: Item) -> str | None:
    return sheet.of_item(item, "updated") or sheet.text("updated") or sheet.text("sent")


def latest_written(sheet: Sheet) -> str | None:
    """The latest day on which an identity of the message says it was written; None where rows number themselves."""
    days = [written[:10] for item in _items(sheet) if (written := _written(sheet, item)) is not None]
    return max(days, default=None)


def _month(sheet: Sheet, item: Item) -> str | None:
    stated = sheet.of_item(item, "list_month")
    if stated is None:
        return None
    found = _MONTH.fullmatch(stated)
    if found is None:
        raise Refusal(RejectReason.BAD_DATE, sheet.vocabulary.shown("list_month"))
    return f"{found[1]}-{found[2]}"
