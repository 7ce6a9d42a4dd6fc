"""What strangers may send: a county year with people's data in every place that a sender fills.

Each line of the year is published as it is, and every so often beside it a twin into which somebody's card, phone or
name was written: unknown and nested fields, fields of the platform's interface, ids and codes, keys, header names and
values, broken and foreign-coded bodies. Twins have numbers of their own, so that they disturb nothing.

Not planted: a name in a *label* (the words of a dictionary: `identity`, `sub_class`, `recognised_by`, `exclusion_fact`)
or in the number of a document. A name has no shape; what stands there is the word of a department that we asked for.
Cards and phones are planted there too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from tests.privacy.plants import FULL_WIDTH, Plants, Someone

Body = dict[str, Any]
Headers = list[tuple[str, bytes]]


class Sent(NamedTuple):
    """A record as a stranger publishes it, to a feed by its short name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


Make = Callable[[str, str, Body, Headers, Someone], Sent]


def _value(change: Callable[[Body, Someone], Body]) -> Make:
    def make(topic: str, key: str, body: Body, headers: Headers, one: Someone) -> Sent:
        return Sent(topic, key.encode(), orjson.dumps(change(body, one)), headers)

    return make


def _header(change: Callable[[Someone], Headers]) -> Make:
    def make(topic: str, key: str, body: Body, headers: Headers, one: Someone) -> Sent:
        return Sent(topic, key.encode(), orjson.dumps(body), [*headers, *change(one)])

    return make


def _key(change: Callable[[Someone], str]) -> Make:
    def make(topic: str, key: str, body: Body, headers: Headers, one: Someone) -> Sent:
        psn_no = {"psn_no": change(one)} if "psn_no" in body else {}
        return Sent(topic, change(one).encode(), orjson.dumps({**body, **psn_no}), headers)

    return make


def _bytes(change: Callable[[Body, Someone], bytes]) -> Make:
    def make(topic: str, key: str, body: Body, headers: Headers, one: Someone) -> Sent:
        return Sent(topic, key.encode(), change(body, one), headers)

    return make


def _all_texts(body: Body, value: str) -> Body:
    return {name: value if isinstance(text, str) and name not in ("type",) else text for name, text in body.items()}


NATIVE: tuple[Make, ...] = (
    _value(lambda b, one: {**b, "psn_name": one.name}),
    _value(lambda b, one: {**b, "psn_name": one.name, "certno": one.card, "tel": one.phone}),
    _value(lambda b, one: {**b, "contact": {"name": one.name, "deep": [{"tel": one.phone}]}}),
    _value(lambda b, one: {**b, one.card: 1}),
    _value(lambda b, one: {**b, one.name: one.name}),
    _value(lambda b, one: {**b, "note": one.card.translate(FULL_WIDTH)}),
    _value(lambda b, one: {**b, "note": f"{one.phone[:3]} {one.phone[3:7]} {one.phone[7:]}"}),
    _value(lambda b, one: {**b, "document": one.card}),
    _value(lambda b, one: {**b, "identity": one.phone}),
    _value(lambda b, one: {**b, "recognised_by": f"{one.card}号"}),
    _value(lambda b, one: {**b, "institution_code": one.name}),
    _value(lambda b, one: {**b, "disease_code": one.card.lower()}),
    _value(lambda b, one: {**b, "msgid": one.phone}),
    _value(lambda b, one: {**b, "setl_id": one.name}),
    _value(lambda b, one: {**b, "type": one.name}),
    _value(lambda b, one: {**b, "county": one.name}),
    _value(lambda b, one: _all_texts(b, one.name)),
    _value(lambda b, one: _all_texts(b, one.phone)),
    _header(lambda one: [("ce_source", one.name.encode())]),
    _header(lambda one: [("ce_source", one.phone.encode()), ("ce_subject", one.card.encode())]),
    _header(lambda one: [(one.name, b"1"), (one.card, b"2"), ("x-tel", one.phone.encode())]),
    _header(lambda one: [("x-name", one.name.encode("gb18030")), ("ce_id", one.card.encode())]),
    _key(lambda one: one.card),
    _key(lambda one: one.phone),
    _key(lambda one: one.name),
    _bytes(lambda b, one: orjson.dumps({**b, "psn_name": one.name, "tel": one.phone})[:-9]),
    _bytes(lambda b, one: f"姓名{one.name}，身份证{one.card}，电话{one.phone}".encode("gb18030")),
    _bytes(lambda b, one: json.dumps({**b, "psn_name": one.name}).encode()),
    _bytes(lambda b, one: json.dumps({**b, "memo": one.card.translate(FULL_WIDTH)}).encode()),
    _bytes(lambda b, one: json.dumps({**b, "psn_name": one.name}, ensure_ascii=False).encode("gb18030")),
    _bytes(lambda b, one: b'{"type":"a","type":"' + one.name.encode() + b'"}'),
    _bytes(lambda b, one: f"<bill><psn_name>{one.name}</psn_name><certno>{one.card}</certno></bill>".encode()),
)
"""Ways of spoiling an event of ours."""


def _everywhere(body: Body, fields: Body) -> Body:
    """The fields in the message and in every object below it, as the platform's messages carry them."""
    filled = {name: _filled(value, fields) for name, value in body.items()}
    return {**filled, **fields}


def _filled(value: Any, fields: Body) -> Any:
    if isinstance(value, dict):
        return _everywhere(value, fields)
    return [_filled(each, fields) for each in value] if isinstance(value, list) else value


def _names(one: Someone) -> Body:
    texts = ("psn_name", "opter_name", "opter", "fixmedins_name", "memo", "setl_proc_info", "dise_name", "err_msg")
    return dict.fromkeys(texts, one.name)


NATIONAL: tuple[Make, ...] = (
    _value(lambda b, one: _everywhere(b, _names(one))),
    _value(lambda b, one: _everywhere(b, {"psn_name": one.name, "certno": one.card, "psn_cert_type": "01"})),
    _value(lambda b, one: {**b, "opter_name": one.name, "tel": one.phone}),
    _value(lambda b, one: _everywhere(b, {"memo": f"联系人{one.name}电话{one.phone}"})),
    _value(lambda b, one: {**b, "infno": one.name, "msgid": one.name}),
    _value(lambda b, one: _everywhere(b, {"mat_idet_name": one.name, "mat_idet_code": None})),
    _value(lambda b, one: _everywhere(b, {"psn_no": one.card})),
    _value(lambda b, one: _everywhere(b, {"med_type": one.name, "insutype": one.name})),
    *NATIVE[18:25],
)
"""Ways of spoiling a message of the platform."""


def year(lines: list[bytes], plants: Plants, every: int) -> Iterator[Sent | bytes]:
    """The year with its twins; a line that is no feed (a day, an adoption) comes as it is."""
    turn = {True: 0, False: 0}
    for number, raw in enumerate(lines):
        line = orjson.loads(raw)
        if line["topic"] in ("day.closed", "rulebook.adopted"):
            yield raw
            continue
        body, headers = line["value"], [(name, text.encode()) for name, text in line.get("headers", {}).items()]
        yield Sent(line["topic"], line["key"].encode(), orjson.dumps(body), headers)
        if number % every == 0:
            native = "type" in body
            ways = NATIVE if native else NATIONAL
            make = ways[turn[native] % len(ways)]
            turn[native] += 1
            yield make(line["topic"], line["key"], _twin(body, number), headers, plants.someone())


def _twin(body: Body, number: int) -> Body:
    """The same under other numbers of its own."""
    own = ("setl_id", "msgid", "source_id", "application_id", "enrolment_id", "payment_id", "admission_id")
    return {name: f"T{number}" if name in own else value for name, value in body.items()}
