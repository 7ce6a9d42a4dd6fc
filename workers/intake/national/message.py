"""Whose envelope it is: of the settlement itself (2207 …), or of a query that only tells of it (5203)."""

from __future__ import annotations

from workers.intake.national.sheet import Sheet

_OF_THE_QUERY = ("msgid", "fixmedins_code", "fixmedins_name", "mdtrtarea_admvs", "mdtrtarea_admdvs")


def about_itself(sheet: Sheet, queried: bool) -> Sheet:
    """A record without what its envelope says of the query: who asked, and under which message number.

    The envelope's place stays while the record names no other institution: a hospital asks about its own patients.
    """
    if not queried or len(sheet.said) < 2:
        return sheet
    envelope, *inner = sheet.said
    own = next((part["fixmedins_code"] for part in inner if part.get("fixmedins_code")), None)
    asking = envelope.get("fixmedins_code")
    same = own is None or asking in (None, "", own)
    leave = {"msgid", *(() if same else _OF_THE_QUERY)}
    return sheet._replace(said=({name: value for name, value in envelope.items() if name not in leave}, *inner))


def message_number(sheet: Sheet, *, online: bool) -> str | None:
    """The message by which it was settled, as a 2601 names it (`omsgid`).

    Of a transaction that is the envelope's own number; of a record what it says of its message (`medins_setl_id`).
    """
    envelope, copied = sheet.vocabulary.fields["msgid"]
    order = (envelope, copied) if online else (copied, envelope)
    for name in order:
        for part in sheet.said if online else reversed(sheet.said):
            value = part.get(name)
            if value is not None and value != "":
                return sheet.plain(value, name)
    return None
