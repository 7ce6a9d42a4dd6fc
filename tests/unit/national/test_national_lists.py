"""The rules of lists: their identities are those of the measures, their sources stand in the law."""

from __future__ import annotations

import re
import shutil
import tomllib
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.national.list_rules import ListRules, load_list_rules, rules_at
from schemas.national.load import SHIPPED, load_national
from workers.policy.adoption import SHIPPED as BOOKS

RULES = load_list_rules()


def plain(text: str) -> str:
    return re.sub(r"[\s|]+", "", unicodedata.normalize("NFKC", text))


def book_of(name: str) -> tuple[dict[str, Any], str]:
    [law] = (BOOKS / name).glob("*.toml")
    return tomllib.loads(law.read_text("utf-8")), law.with_suffix(".txt").read_text("utf-8")


def test_every_region_has_rules() -> None:
    assert set(RULES) == set(load_national().profiles)


@pytest.mark.parametrize("rules", RULES.values(), ids=lambda rules: rules.name)
def test_words_lead_to_identities_of_the_measure_and_none_is_left_out(rules: ListRules) -> None:
    book, _ = book_of(rules.name)
    names = {each["name"] for group in book["group"] for each in group.get("identity", ())}
    listed = {identity for kind in rules.kinds.values() for identity in kind.words.values()}
    assert listed == names


@pytest.mark.parametrize("rules", RULES.values(), ids=lambda rules: rules.name)
def test_who_may_publish_is_quoted_from_the_law(rules: ListRules) -> None:
    _, law = book_of(rules.name)
    clauses = tomllib.loads((SHIPPED.parent / "facts/clauses.toml").read_text("utf-8"))
    for kind in rules.kinds.values():
        assert kind.clause in clauses
        assert plain(kind.quote) in plain(law), f"{rules.name} {kind.kind}"
    assert plain(rules.absent_quote) in plain(law)


@pytest.mark.parametrize("rules", RULES.values(), ids=lambda rules: rules.name)
def test_a_word_has_one_meaning_in_a_region(rules: ListRules) -> None:
    meanings: dict[str, set[str]] = {}
    for kind in rules.kinds.values():
        for word, identity in kind.words.items():
            meanings.setdefault(word, set()).add(identity)
    assert all(len(each) == 1 for each in meanings.values())


def test_the_day_on_which_who_is_absent_ends() -> None:
    assert RULES["qiannan"].ends_on("202402") == date(2024, 2, 29)
    assert RULES["qiannan"].ends_on("202312") == date(2023, 12, 31)
    assert RULES["lanzhou"].ends_on("202402") == date(2024, 3, 1)
    assert RULES["lanzhou"].ends_on("202312") == date(2024, 1, 1)


def test_a_county_finds_the_rules_of_its_region() -> None:
    found = rules_at("522701")
    assert found is not None
    assert found.name == "qiannan"
    assert rules_at("110101") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('absent = "last_day_of_list_month"', 'absent = "never"'),
        ('code = "XC"', 'code = "MZ"'),
        ('code = "XC"', 'code = "x"'),
        ('sources = ["trade_union"]', 'sources = ["nobody"]'),
        ('kind = "child"', 'kind = "destitute"'),
        ('kind = "child"', 'kind = "Child"'),
        ("version = 1", 'version = "1"'),
        ('"孤儿" = "孤儿"', '"孤儿" = 1'),
        ("[[list]]", "[[list"),
    ],
)
def test_a_file_out_of_form_is_refused_by_name(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(SHIPPED, tmp_path / "national")
    file = tmp_path / "national/lists/qiannan.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=r"qiannan\.toml"):
        load_list_rules(tmp_path / "national")
