"""Words of pages fit the law that is shipped."""

from __future__ import annotations

import tomllib
from pathlib import Path

from workers.pages.words import MEASURES, measure_words

BOOKS = sorted((Path(__file__).resolve().parents[2] / "workers/policy/rulebooks").rglob("*.toml"))


def test_every_shipped_measure_has_a_place_that_its_name_holds() -> None:
    named = {(body := tomllib.loads(book.read_text("utf-8")))["measure"]: body["name"] for book in BOOKS}
    assert set(named) == set(MEASURES)
    assert all(MEASURES[measure] in name for measure, name in named.items())
    assert measure_words("XX") == "XX"
