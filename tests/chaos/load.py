"""What is published: a seeded stream of persons, bills and everything that goes wrong with them. Same seed, same bytes.

Wilder than a county year (`tuodi simulate`): a small number of persons, so that caps, deductibles, cancels, conflicts
and late identities meet in one person, and a few records that must end as dead letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any, NamedTuple

import orjson

REGION, COUNTIES = "520000", ("522701", "522722", "522732")
NAMES = ("特困人员", "低保对象", "边缘易致贫人口", "低保边缘家庭人口", "因病致贫重病患者", "相对困难职工")
FIRST_DAY = date(2022, 12, 1)
DAYS = 420  # bills of the end of 2022, all of 2023 and the beginning of 2024


class Feed(NamedTuple):
    """One record to publish; `wrong` names the reason for which it must become a dead letter."""

    topic: str
    key: bytes | None
    value: bytes | None
    wrong: str | None = None


@dataclass
class Person:
    """What has been sent about one person."""

    number: str
    bills: list[dict[str, Any]] = field(default_factory=list)
    cancels: list[tuple[str, str]] = field(default_factory=list)  # bill, own id
    revisions: dict[tuple[str, str], int] = field(default_factory=dict)
    sent: list[Feed] = field(default_factory=list)
    serial: int = 0

    def next_id(self, kind: str) -> str:
        self.serial += 1
        return f"{kind}{self.serial}.{self.number}"


def load(seed: int, persons: int) -> Iterator[Feed]:
    """Records without end about so many persons, in the order of publishing."""
    random = Random(f"chaos load {seed}")
    people = [Person(f"C{seed}.P{n:04d}") for n in range(persons)]
    for n in count():
        person = people[n] if n < len(people) else random.choice(people)
        yield _poison(random, person, n) if random.random() < 0.02 else _event(random, person)


def _event(random: Random, person: Person) -> Feed:
    if not person.revisions:
        return _identity(random, person)
    makers, weights = zip(*_MIX, strict=True)
    feed: Feed = random.choices(makers, weights)[0](random, person)
    person.sent.append(feed)
    return feed


def _feed(topic: str, person: Person, **fields: Any) -> Feed:
    value = {"version": 1, "region": REGION, "psn_no": person.number} | fields
    return Feed(topic, person.number.encode(), orjson.dumps(value))


def _day(random: Random) -> date:
    return FIRST_DAY + timedelta(days=random.randrange(DAYS))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _bill(random: Random, person: Person) -> Feed:
    """A new bill; a few are incomplete, a few are for the uninsured."""
    discharged = _day(random)
    own = random.choice((random.randrange(0, 60_000), random.randrange(60_000, 900_000), random.randrange(6_000_000)))
    extra = [random.choice((0, 0, random.randrange(50_000))) for _ in range(3)]
    in_scope = own + random.randrange(2_000_000)
    bill: dict[str, Any] = {"type": "settlement.final", "setl_id": person.next_id("S"), "msgid": person.next_id("M")}
    bill |= {"county": random.choice(COUNTIES), "discharged_on": discharged.isoformat()}
    bill |= {"settled_on": (discharged + timedelta(days=random.choice((0, 0, 1, 30)))).isoformat()}
    bill |= {
        "care_type": random.choices(("inpatient", "chronic_outpatient", "outpatient", "emergency"), (8, 8, 1, 1))[0]
    }
    bill |= {"in_scope": _yuan(in_scope), "in_scope_personal": _yuan(own), "class_b_first_pay": _yuan(extra[0])}
    bill |= {"over_limit_price_pay": _yuan(extra[1]), "out_of_scope": _yuan(extra[2])}
    bill |= {"total_fee": _yuan(in_scope + sum(extra)), "institution_code": f"H{random.randrange(20)}"}
    bill |= _place(random)
    if random.random() < 0.03:
        bill["insured"] = False
    if random.random() < 0.04:
        bill["insurance_settled"] = False
    if random.random() < 0.05:
        del bill["in_scope_personal"]
    person.bills.append(bill)
    return _feed("settlement.reported", person, **bill)


def _place(random: Random) -> dict[str, Any]:
    rescue = random.random() < 0.05
    designated = random.random() < 0.95
    referral = random.choices(("not_required", "referred", "filed", "missing"), (12, 3, 2, 2))[0]
    place = random.choices(("in_county", "in_city", "in_province", "out_of_province"), (6, 4, 2, 1))[0]
    facts: dict[str, Any] = {"designated": designated, "emergency_rescue": rescue, "referral": referral, "place": place}
    return facts | ({"referral_missing_by": random.choice(("person", "other"))} if referral == "missing" else {})


def _again(random: Random, person: Person) -> Feed:
    """Something that was sent before, byte for byte."""
    return random.choice(person.sent) if person.sent else _bill(random, person)


def _completion(random: Random, person: Person) -> Feed:
    """A bill that lacked a fact, now with it."""
    lacking = [b for b in person.bills if "in_scope_personal" not in b or b.get("insurance_settled") is False]
    if not lacking:
        return _bill(random, person)
    bill = random.choice(lacking)
    bill.pop("insurance_settled", None)
    bill.setdefault("in_scope_personal", _yuan(random.randrange(int(bill["in_scope"].replace(".", "")) + 1)))
    return _feed("settlement.reported", person, **bill)


def _conflict(random: Random, person: Person) -> Feed:
    """The same bill with another body."""
    if not person.bills:
        return _bill(random, person)
    bill = random.choice(person.bills)
    other = bill | {"place": "in_city" if bill["place"] != "in_city" else "in_county", "county": "522730"}
    return _feed("settlement.reported", person, **other)


def _other_channel(random: Random, person: Person) -> Feed:
    """The same bill through the window: only what is carried differs."""
    if not person.bills:
        return _bill(random, person)
    bill = random.choice(person.bills) | {"channel": "manual", "msgid": person.next_id("M")}
    return _feed("settlement.reported", person, **bill)


def _cancel(random: Random, person: Person) -> Feed:
    """A cancel; one in eight names a bill that has not come (and may never)."""
    early = not person.bills or random.random() < 0.12
    setl_id = f"S{person.serial + random.randrange(1, 4)}.{person.number}" if early else _some_bill(random, person)
    own_id = person.next_id("K")
    person.cancels.append((setl_id, own_id))
    return _feed("settlement.reported", person, type="settlement.cancel", setl_id=setl_id, own_id=own_id)


def _some_bill(random: Random, person: Person) -> str:
    return str(random.choice(person.bills)["setl_id"])


def _undo(random: Random, person: Person) -> Feed:
    """A cancel is undone, by reinstatement or by 2601."""
    if not person.cancels:
        return _cancel(random, person)
    setl_id, cancel = random.choice(person.cancels)
    if random.random() < 0.5:
        back = {
            "type": "settlement.reinstate",
            "setl_id": setl_id,
            "cancel_own_id": cancel,
            "own_id": person.next_id("R"),
        }
    else:
        back = {"type": "settlement.reverse", "own_id": cancel, "reversal_id": person.next_id("R")}
    return _feed("settlement.reported", person, **back)


def _reverse(random: Random, person: Person) -> Feed:
    """A reversal for good, by number or by message."""
    if not person.bills:
        return _bill(random, person)
    bill = random.choice(person.bills)
    named = {"setl_id": bill["setl_id"]} if random.random() < 0.6 else {"msgid": bill["msgid"]}
    return _feed("settlement.reported", person, type="settlement.reverse", reversal_id=person.next_id("V"), **named)


def _identity(random: Random, person: Person) -> Feed:
    """A revision of an identity: late, older than the last, ended or withdrawn."""
    source, name = random.choice(("civil", "rural")), random.choice(NAMES)
    highest = person.revisions.get((source, name), 0)
    revision = max(1, highest + random.choices((1, 2, -1), (8, 1, 1))[0])
    person.revisions[source, name] = max(highest, revision)
    since = FIRST_DAY + timedelta(days=random.randrange(-200, 300))
    facts: dict[str, Any] = {
        "source_id": source,
        "identity": name,
        "revision": revision,
        "recognised_on": since.isoformat(),
    }
    if name == "因病致贫重病患者":
        facts["applied_on"] = (since - timedelta(days=random.randrange(60))).isoformat()
    if random.random() < 0.35:
        facts["removed_on"] = (since + timedelta(days=random.randrange(1, 250))).isoformat()
        facts["removal_reason"] = random.choice(("ineligible", "moved", "expired"))
    if random.random() < 0.05:
        facts["withdrawn"] = True
    return _feed("identity.changed", person, type="identity.changed", county="522701", **facts)


def _application(random: Random, person: Person) -> Feed:
    """Tilt for a year; or enrolment and application of an uninsured person."""
    number, uninsured = person.next_id("A"), [b["setl_id"] for b in person.bills if b.get("insured") is False]
    common: dict[str, Any] = {"type": "application.filed", "application_id": number, "revision": 1}
    if uninsured and random.random() < 0.5:
        if random.random() < 0.5:
            paid = {"insutype": "390", "county": "522701", "registered_on": "2022-11-01", "paid_on": "2022-11-01"}
            enrolment = {"enrolment_id": f"E.{person.number}", "revision": 1, "supplementary": False} | paid
            return _feed("enrolment.changed", person, type="enrolment.changed", **enrolment)
        wanted = {"kind": "uninsured_once", "applied_on": "2023-06-01", "setl_ids": uninsured[-3:]}
        return _feed("application.filed", person, **common, **wanted)
    applied = random.choice(("2023-03-01", "2023-12-20", "2024-01-10"))
    return _feed(
        "application.filed", person, **common, kind="tilt", applied_on=applied, withdrawn=random.random() < 0.1
    )


_MIX = (
    (_bill, 52), (_again, 12), (_completion, 4), (_conflict, 3), (_other_channel, 2), (_cancel, 7), (_undo, 5),
    (_reverse, 3), (_identity, 9), (_application, 3),
)  # fmt: skip


def _poison(random: Random, person: Person, n: int) -> Feed:
    """A record that intake must refuse, for a named reason."""
    key, topic = person.number.encode(), "settlement.reported"
    good = orjson.loads(_bill(random, Person(f"{person.number}.X{n}")).value or b"") | {"psn_no": person.number}

    def bad(reason: str, **fields: Any) -> Feed:
        return Feed(topic, key, orjson.dumps(good | fields), reason)

    huge = "x" * 900_000
    return random.choice(
        (
            lambda: Feed(topic, key, b'{"type": "settlement.final", ', "not_json"),
            lambda: Feed(topic, key, b"\xff\xfe\x00", "not_json"),
            lambda: Feed(topic, key, None, "empty"),
            lambda: Feed(topic, None, orjson.dumps(good), "key_missing"),
            lambda: Feed(topic, key + b"0", orjson.dumps(good), "key_mismatch"),
            lambda: bad("unknown_version", version=99),
            lambda: bad("unknown_type", type="settlement.guessed"),
            lambda: bad("bad_amount", in_scope_personal="1.234"),
            lambda: bad("bad_amount", in_scope_personal="-1.00"),
            lambda: bad("bad_sum", total_fee="0.01"),
            lambda: bad("bad_date", discharged_on="2023-02-30"),
            lambda: bad("personal_data", disease_code="522701199001011238"),
            lambda: bad("too_large", visit_id=huge) if n % 7 == 0 else bad("bad_field", setl_id=None),
        )
    )()
