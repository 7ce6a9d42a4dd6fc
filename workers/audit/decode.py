"""The audit's own reading of what the ledger writes. Money becomes int fen; anything unexpected is `Unreadable`."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any, NamedTuple

import orjson

_MONEY = re.compile(r"(-?)(0|[1-9][0-9]{0,11})\.([0-9]{2})", re.ASCII)


class Unreadable(Exception):
    """A record that is not of the shape of docs/records.md; says which field."""


BillKey = tuple[str, str]  # region, setl_id


class Answer(NamedTuple):
    partition: int
    offset: int
    person: str | None
    outcome: str
    decision_ids: tuple[str, ...]
    layers: dict[str, int] | None
    payable: dict[str, int] | None = None
    bill: BillKey | None = None
    decision_id: str | None = None


class Upstream(NamedTuple):
    """`paid_upstream` of a decision, fen."""

    stated: int
    counted: int
    beyond: int


class Decision(NamedTuple):
    """One `assistance.decided` in fen."""

    at: int  # its own offset
    decision_id: str
    sequence: int
    person: str
    supersedes: str | None
    bill: BillKey
    cause: tuple[int, int]  # journal partition, offset
    measure: str
    year: int
    status: str
    layers: dict[str, int]
    delta: dict[str, int]
    figures: dict[str, int]
    postings: tuple[tuple[str, int], ...]  # layer, amount
    payees: tuple[tuple[str, str, int], ...] = ()  # layer, payee, amount
    reason: str = ""
    mode: str = "live"
    county: str = ""
    benefit_date: str = ""
    cause_type: str = ""
    upstream: Upstream | None = None  # where the platform paid assistance itself
    payable: dict[str, int] | None = None


def fen(text: Any) -> int:
    """ "1234.50" → 123450."""
    found = _MONEY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Unreadable("an amount is not a decimal text with two places")
    amount = int(found[2]) * 100 + int(found[3])
    return -amount if found[1] else amount


def amounts(body: Any) -> dict[str, int]:
    """A mapping of names to amounts."""
    if not isinstance(body, dict):
        raise Unreadable("amounts are not an object")
    return {str(name): fen(text) for name, text in body.items()}


def whole(value: Any) -> int:
    if type(value) is not int:
        raise Unreadable("a number is not whole")
    return value


def obj(value: bytes | None) -> dict[str, Any]:
    """A JSON object."""
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        raise Unreadable("the value is not JSON") from None
    if not isinstance(body, dict):
        raise Unreadable("the value is not an object")
    return body


def answer(value: bytes | None) -> Answer:
    body = obj(value)
    try:
        layers = amounts(body["layers"]) if body.get("layers") is not None else None
        ids = tuple(str(i) for i in body.get("decision_ids") or ())
        bill = body.get("bill")
        return Answer(
            partition=whole(body["partition"]),
            offset=whole(body["offset"]),
            person=body.get("person_key"),
            outcome=str(body["outcome"]),
            decision_ids=ids,
            layers=layers,
            payable=None if body.get("payable") is None else amounts(body["payable"]),
            bill=None if bill is None else (str(bill["region"]), str(bill["setl_id"])),
            decision_id=body.get("decision_id"),
        )
    except (KeyError, TypeError) as error:
        raise Unreadable(f"journal.answered lacks {error}") from None


def decision(value: bytes | None, at: int) -> Decision:
    body = obj(value)
    try:
        cause = body["cause"]
        return Decision(
            at=at,
            decision_id=str(body["decision_id"]),
            sequence=whole(body["sequence"]),
            person=str(body["person_key"]),
            supersedes=body["supersedes"],
            bill=_about(body),
            cause=(whole(cause["partition"]), whole(cause["offset"])),
            measure=str(body["measure"]),
            year=whole(body["year"]),
            status=str(body["status"]),
            layers=amounts(body["layers"]),
            delta=amounts(body["delta"]),
            figures=amounts(body["figures"]),
            postings=tuple((str(p["layer"]), fen(p["amount"])) for p in body["postings"]),
            payees=tuple((str(p["layer"]), str(p.get("payee")), fen(p["amount"])) for p in body["postings"]),
            reason=str(body["reason"]),
            mode=str(body.get("mode", "live")),
            county=str(body.get("county")),
            benefit_date=str(body.get("benefit_date")),
            cause_type=str(cause.get("type")),
            upstream=_upstream(body.get("paid_upstream")),
            payable=None if body.get("payable") is None else amounts(body["payable"]),
        )
    except (KeyError, TypeError) as error:
        raise Unreadable(f"assistance.decided lacks {error}") from None


def _upstream(body: Any) -> Upstream | None:
    return None if body is None else Upstream(*(fen(body[name]) for name in Upstream._fields))


def _about(body: dict[str, Any]) -> BillKey:
    """The bill; of another subject its region and `kind|id`: `|` stands in no settlement number."""
    bill = body.get("bill")
    if bill is not None:
        return str(bill["region"]), str(bill["setl_id"])
    return subject_key([body["subject"][name] for name in ("kind", "region", "id")])


def subject_key(subject: list[Any]) -> BillKey:
    """Key of a decision that is not about a bill."""
    kind, region, id_ = map(str, subject)
    return region, f"{kind}|{id_}"


def is_bill(key: BillKey) -> bool:
    return "|" not in key[1]


def outcome_id(origin: str, topic: str, sequence: int) -> str:
    """Lower-case base32 of the first 20 bytes of sha256(origin key, 00, short topic name, 00, decimal sequence)."""
    raw = hashlib.sha256(b"\0".join((origin.encode(), topic.encode(), str(sequence).encode()))).digest()
    return base64.b32encode(raw[:20]).decode().lower()
