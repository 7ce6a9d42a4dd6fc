"""The page for integrators does not rot: its samples are judged, its tables are those of the data."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from schemas.national.load import load_national
from workers.intake.conformance import Finding, advice_table, findings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "integrate" / "platform.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```json (taken|refused) ([^\n]+)\n(.+?)\n```", PAGE, re.DOTALL)


def judged(body: str) -> Finding:
    (found,) = findings([orjson.dumps(orjson.loads(body))], load_national())
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{number}-{block[1]}" for number, block in enumerate(BLOCKS)])
def test_a_sample_ends_as_the_page_says(block: tuple[str, str, str]) -> None:
    verdict, words, body = block
    found = judged(body)
    if verdict == "taken":
        assert (found.reason, found.events[0]) == (None, words)
    else:
        assert [part for part in (found.reason, found.field, found.code) if part] == words.split()


def test_the_page_shows_each_kind_of_event_and_refusals() -> None:
    shown = {words for verdict, words, _ in BLOCKS if verdict == "taken"}
    assert shown == {"settlement.final", "settlement.cancel", "settlement.reverse", "identity.changed"}
    assert sum(verdict == "refused" for verdict, _, _ in BLOCKS) >= 2


def test_each_reason_and_check_stands_on_the_page_with_its_advice() -> None:
    for kind in advice_table().values():
        for name, sentences in kind.items():
            assert f"| `{name}` | {sentences['zh']} |" in PAGE


def test_each_region_stands_on_the_page_with_who_issues_its_numbers() -> None:
    for name, profile in load_national().profiles.items():
        row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`" in line)
        assert profile.platform in row
        assert any(division in row or division[:4] in row for division in profile.divisions)


def test_every_platform_name_that_is_read_is_on_the_page() -> None:
    vocabulary = load_national().vocabulary
    needed = [*vocabulary.required, *vocabulary.funds, "person_total", "account_pay", "hospital_share"]
    for word in needed:
        for name in vocabulary.amounts[word][:2]:
            assert f"`{name}`" in PAGE, name
