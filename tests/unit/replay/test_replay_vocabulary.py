"""The page for strangers names every identity, counter, layer and kind that an answer can hold."""

from __future__ import annotations

import pytest

from tests.unit.replay.replay_files import defaults
from workers.replay.document import ROOT, SAMPLES
from workers.replay.run import replay_file
from workers.replay.vocabulary import counters, identities, measures, page_part, shipped_rulebooks, words


def test_every_name_of_the_sample_s_answer_stands_on_the_page() -> None:
    answer, page = replay_file(ROOT / SAMPLES / "replay.ndjson", defaults()), page_part()
    persons = answer.persons.values()
    names = {layer for person in persons for bill in person.settlements.values() for layer in bill.layers}
    names |= {name for person in persons for years in person.years.values() for year in years.values() for name in year}
    names |= {str(each["kind"]) for person in persons for each in person.flags}
    names |= {str(each["kind"]) for each in (*answer.alerts, *answer.tasks)}
    names |= {key.split("|")[2] for person in persons for key in person.burdens if key[:4].isdigit()}
    assert names >= {"ordinary", "tilt", "tax_list", "recovery", "list_missing", "ordinary_used"}
    assert [name for name in sorted(names) if f"| `{name}` |" not in page] == []


def test_a_name_that_is_told_nowhere_or_is_told_in_vain_stops_the_page() -> None:
    with pytest.raises(ValueError, match=r"\[layers\]: rest stand in one place only"):
        list(words("layers", ["ordinary", "tilt", "secondary", "retro", "resolution", "in_treatment", "rest"]))


def test_measures_say_their_places_counters_and_names() -> None:
    books = {book.measure: book for book in shipped_rulebooks()}
    assert counters(books["LZ"])[-1] == "ordinary_general_used"
    assert counters(books["JY"])[:2] == ["outpatient_used", "inpatient_used"]
    rows = list(measures(books.values()))
    assert any(row.startswith("| DT | 330305 | 2022-01-01 – 2025-12-31 |") for row in rows)
    told = "\n".join(identities(books.values()))
    assert "with `member_type` `elderly`" in told
    assert "| QN | only 资助参保 |" in told
