"""Whatever text a contract lets in freely is guarded: an ID number or a telephone in any field of any feed is refused.

The fields are found by their schemas, not by a list: a string is free where its schema takes an ID number. Each is then
filled with one, in the released full sample, and judged as intake judges it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from schemas.codec import FEED_MODELS, type_of
from schemas.json_schema import Contract, contracts, schema_of
from schemas.reasons import RejectReason
from tests.unit.directory.people import card
from workers.intake.verdict import Accepted, Refused, judge

RELEASED = Path(__file__).resolve().parents[3] / "schemas/generated/released"
CARD, PHONE = card(7), "1" + "3912345678"
FEEDS = {type_of(model): feed for feed, models in FEED_MODELS.items() for model in models}
FED = [contract for contract in contracts() if contract.accepted]
FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER
Path_ = tuple[Any, ...]


def samples(contract: Contract) -> Iterator[dict[str, Any]]:
    for file in sorted((RELEASED / contract.folder).glob(f"{contract.type_}.v{contract.version}.*.json")):
        yield json.loads(file.read_bytes())


def texts(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Paths of all strings of a value, keys of objects apart."""
    if isinstance(value, str):
        yield at
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(part, (*at, key))


def put(value: Any, at: Path_, text: str) -> Any:
    changed = copy.deepcopy(value)
    place = changed
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = text
    return changed


def free_paths(contract: Contract) -> dict[Path_, dict[str, Any]]:
    """Paths whose schema takes an ID number there, each with a sample that has them."""
    validator = jsonschema.Draft202012Validator(schema_of(contract), format_checker=FORMATS)
    found: dict[Path_, dict[str, Any]] = {}
    for sample in samples(contract):
        for at in texts(sample):
            if at not in found and any(validator.is_valid(put(sample, at, text)) for text in (CARD, PHONE)):
                found[at] = sample
    return found


def key_of(value: dict[str, Any]) -> bytes:
    names = (
        ("list_id",)
        if value["type"].startswith("list.")
        else ("psn_no", "source_id", "order_id", "report_id", "payment_id")
    )
    return next(value[name] for name in names if name in value).encode()


def judged(value: dict[str, Any], raw: bytes | None = None) -> Any:
    return judge(FEEDS[value["type"]], key_of(value), raw or json.dumps(value, ensure_ascii=False).encode())


@pytest.mark.parametrize("contract", FED, ids=lambda contract: contract.type_)
def test_a_free_text_never_lets_a_number_of_a_person_in(contract: Contract) -> None:
    free = free_paths(contract)
    assert free, "every event has at least its ids"
    for at, sample in free.items():
        assert not isinstance(judged(sample), Refused) or judged(sample).reason is not RejectReason.PERSONAL_DATA
        for text in (CARD, PHONE, CARD.lower(), f"见 {CARD}。", "".join(chr(ord(c) + 0xFEE0) for c in PHONE)):
            value = put(sample, at, text)
            for raw in (json.dumps(value, ensure_ascii=False), json.dumps(value)):
                verdict = judged(value, raw.encode())
                assert isinstance(verdict, Refused), at
                assert verdict.reason is RejectReason.PERSONAL_DATA, at


@pytest.mark.parametrize("contract", FED, ids=lambda contract: contract.type_)
def test_the_samples_reach_every_free_field_of_the_model(contract: Contract) -> None:
    """By the schema alone: each property that takes an ID number stands in some sample, so the test above sees it."""
    seen = {at[0] for at in free_paths(contract)} | {name for at in free_paths(contract) for name in at}
    schema = schema_of(contract)
    for name, part in schema["properties"].items():
        one = {**part, "$defs": schema.get("$defs", {})}
        if jsonschema.Draft202012Validator(one, format_checker=FORMATS).is_valid(CARD):
            assert name in seen, name


def test_unknown_fields_are_dropped_and_guarded_all_the_same() -> None:
    sample = next(samples(next(each for each in FED if each.type_ == "identity.changed")))
    dropped = judged(sample | {"note": "某某"})
    assert isinstance(dropped, Accepted)
    assert "note" not in dropped.event
    verdict = judged(sample | {"note": {"deep": [CARD]}})
    assert isinstance(verdict, Refused)
    assert verdict.reason is RejectReason.PERSONAL_DATA


def test_the_search_for_free_fields_can_fail() -> None:
    contract = next(each for each in FED if each.type_ == "identity.changed")
    found = {at[0] for at in free_paths(contract)}
    assert {"psn_no", "source_id", "identity", "sub_class", "recognised_by"} <= found
    assert not found & {"region", "county", "recognised_on", "list_month", "member_type", "revision", "withdrawn"}
