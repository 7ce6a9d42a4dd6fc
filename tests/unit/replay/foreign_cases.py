"""Cases as somebody writes them who has the law and docs/replay.md alone: a small text, several ways to write the feed.

A case is a person. `= name` begins it; the measure is that of the file. Lines of events, then lines of what comes out:

    id NAME RECOGNISED                bill NUMBER OWN DISCHARGED         cancel BILL OWN-ID     reinstate BILL OWN-ID
    app KIND DAY                      enrol REGISTERED                   premium ID YEAR PAID STANDARD
    describe                          admit ID DAY                       checkup ID DAY AMOUNT  order KIND DAY
    > bill NUMBER STATUS REASON layer=amount        > year YEAR counter=amount      > premium ID REASON AMOUNT
    > flags KIND …   > alerts KIND …   > tasks KIND …     (all that stand, or are open; `tax_list` is not looked at)

Any event line may go on with field=value, where `field=` leaves the field out; a value that begins with [ or { is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from schemas.replay import ReplayResult
from workers.journal.keys import PersonKeys, person_keys
from workers.settings import Settings

FOLDER = Path(__file__).parent / "foreign"
PLACES = {
    "QN": ("520000", "522701"), "JY": ("440000", "445202"), "HS": ("440700", "440784"), "LZ": ("620000", "620102"),
    "DT": ("330000", "330305"),
}  # fmt: skip
NOT_LOOKED_AT = frozenset({"tax_list", "payment_extract"})
FORMS = {  # word → topic, type, fields in order, field that is the event's own number
    "id": ("identity.changed", "identity.changed", ("identity", "recognised_on"), "source_id"),
    "bill": ("settlement.reported", "settlement.final", ("setl_id", "in_scope_personal", "discharged_on"), ""),
    "cancel": ("settlement.reported", "settlement.cancel", ("setl_id", "own_id"), ""),
    "reinstate": ("settlement.reported", "settlement.reinstate", ("setl_id", "cancel_own_id"), "own_id"),
    "app": ("application.filed", "application.filed", ("kind", "applied_on"), "application_id"),
    "enrol": ("enrolment.changed", "enrolment.changed", ("registered_on",), "enrolment_id"),
    "premium": ("enrolment.changed", "premium.paid", ("payment_id", "coverage_year", "paid_on", "standard"), ""),
    "describe": ("enrolment.changed", "person.described", (), "source_id"),
    "admit": ("admission.registered", "admission.registered", ("admission_id", "admitted_on"), ""),
    "checkup": ("settlement.reported", "checkup.recorded", ("checkup_id", "performed_on", "amount"), ""),
    "order": ("office.ordered", "office.ordered", ("kind", "ordered_on"), "order_id"),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "bill": {
        "care_type": "inpatient", "insutype": "390", "designated": True, "emergency_rescue": False,
        "place": "in_county", "referral": "not_required",
    },
    "enrol": {"insutype": "390", "supplementary": False},
    "premium": {"kind": "basic", "insutype": "390"},
    "admit": {
        "place": "in_county", "designated": True, "primary_care_first": True, "referral": "not_required",
        "institution_code": "H-1", "supplementary": False,
    },
    "checkup": {"chronic_management": True, "supplementary": True, "institution_code": "H-1"},
    "order": {"author": "O-1", "second_signer": "O-2", "document": "D-1"},
}  # fmt: skip
WITH_COUNTY = frozenset({"bill", "enrol", "premium", "admit"})
WITH_REVISION = frozenset({"id", "app", "enrol", "premium", "describe", "admit", "checkup"})
PLAIN = {"true": True, "false": False}


class Case(NamedTuple):
    """A person: lines of the feed, and what is expected of whom."""

    name: str
    measure: str
    psn_no: str
    lines: list[dict[str, Any]]
    expected: list[list[str]]


def read(measure: str) -> list[Case]:
    """All cases of a measure."""
    cases: list[Case] = []
    for raw in (FOLDER / f"{measure}.txt").read_text(encoding="utf-8").splitlines():
        words = raw.partition(" #")[0].split()
        if not words or words[0] == "#":
            continue
        if words[0] == "=":
            cases.append(Case(words[1], measure, f"{measure}-{words[1]}", [], []))
        elif words[0] == ">":
            cases[-1].expected.append(words[1:])
        else:
            cases[-1].lines.append(_line(cases[-1], words))
    return cases


def _line(case: Case, words: list[str]) -> dict[str, Any]:
    word, *rest = words
    topic, type_, names, own = FORMS[word]
    region, county = PLACES[case.measure]
    value: dict[str, Any] = {"type": type_, "version": 1, "region": region, "psn_no": case.psn_no}
    value |= DEFAULTS.get(word, {}) | ({"county": county} if word in WITH_COUNTY else {})
    value |= {"revision": 1} if word in WITH_REVISION else {}
    value |= {name: _said(name, text) for name, text in zip(names, rest, strict=False)}
    if word == "bill":
        value["settled_on"] = value["discharged_on"]
    if own:
        value[own] = f"{word}-{value['identity'].encode().hex()[:24]}" if word == "id" else f"{word}-{len(case.lines)}"
    for pair in rest[len(names) :]:
        name, _, text = pair.partition("=")
        value.pop(name, None)
        if text:
            value[name] = _said(name, text)
    if value.get("in_scope_personal") == "-":
        del value["in_scope_personal"]
    return {"topic": topic, "key": case.psn_no, "value": value}


def _said(name: str, text: str) -> Any:
    if text[0] in "[{":
        return json.loads(text)
    return int(text) if name in ("revision", "coverage_year", "year") else PLAIN.get(text, text)


# ---------------------------------------------------------------------------------------------- ways to write a feed
Lines = list[dict[str, Any]]


def _kind(line: dict[str, Any]) -> int:
    type_ = line["value"]["type"]
    return 2 if type_ == "office.ordered" else 1 if type_.startswith("settlement.") else 0


def _bills_first(lines: Lines) -> Lines:
    return sorted(lines, key=lambda line: (1, 0, 2)[_kind(line)])


def _facts_backwards(lines: Lines) -> Lines:
    facts = [line for line in lines if _kind(line) == 0]
    return [*(line for line in lines if _kind(line) == 1), *facts[::-1], *(line for line in lines if _kind(line) == 2)]


def _full_names(lines: Lines) -> Lines:
    return [
        {
            "value": {**dict(reversed(line["value"].items())), "a_field_of_tomorrow": {"a": [1]}, "msgid": None},
            "key": line["key"], "headers": {"ce_source": "tester"}, "topic": f"medassist.{line['topic']}.v1",
        }
        for line in lines
    ]  # fmt: skip


WRITINGS: dict[str, Callable[[Lines], Lines]] = {
    "as it is told": lambda lines: lines,
    "bills before everything else": _bills_first,
    "everything else before the bills": lambda lines: sorted(lines, key=_kind),
    "facts backwards behind the bills": _facts_backwards,
    "full topics, fields in another order, unknown fields": _full_names,
    "every line twice": lambda lines: [line for line in lines for _ in range(2)],
}


# ------------------------------------------------------------------------------------------------------ what came out
@lru_cache(maxsize=1)
def _keys() -> PersonKeys:
    return person_keys(Settings.model_construct(), dev_keys=True)


def wrong(case: Case, answer: ReplayResult) -> Iterator[str]:
    """What came out otherwise than expected, in words."""
    key = _keys().person_key(PLACES[case.measure][0], case.psn_no)
    person = answer.persons[key].model_dump()
    for what, *rest in case.expected:
        names = [word for word in rest if "=" not in word]
        amounts = dict(word.split("=") for word in rest if "=" in word)
        found: object
        if what == "bill":
            bill = person["settlements"][names[0]]
            found = [names[0], bill["status"], bill["reason"], _above_zero(bill["layers"])]
            wanted: object = [*names, amounts]
        elif what == "year":
            found, wanted = _above_zero(person["years"].get(names[0], {}).get(case.measure, {})), amounts
        elif what == "premium":
            paid = person["premium"][names[0]]
            found, wanted = [names[0], paid["reason"], paid["layers"]["premium"]], names
        elif what == "checkup":
            found, wanted = [names[0], person["checkups"][names[0]]["layers"].get("package", "0.00")], names
        else:
            found, wanted = sorted(_kinds(what, key, person, answer)), sorted(names)
        if found != wanted:
            yield f"{case.measure} {case.name}: {what} {' '.join(rest)}, but {found}"


def _above_zero(amounts: dict[str, str]) -> dict[str, str]:
    return {name: amount for name, amount in amounts.items() if amount != "0.00"}


def _kinds(what: str, key: str, person: dict[str, Any], answer: ReplayResult) -> Iterator[str]:
    if what == "flags":
        listed = person["flags"]
    else:
        listed = [each for each in getattr(answer, what) if each.get("person_key") == key]
    for each in listed:
        if each["kind"] not in NOT_LOOKED_AT and (each["state"] == "open" if what == "tasks" else each["standing"]):
            yield str(each["kind"])
