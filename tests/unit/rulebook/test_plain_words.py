"""What clerks and assisted persons read avoids the words of `docs/plain-words.txt`."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.reasons import Reason
from workers.history import explain
from workers.pages import words
from workers.policy import parts
from workers.policy.adoption import build_adoption, load_adoption
from workers.rulebook import beside, coverage
from workers.statement import letter, plain
from workers.whatif import report

ROOT = Path(__file__).resolve().parents[3]
LAW = load_adoption(build_adoption())


def avoided() -> list[str]:
    lines = (ROOT / "docs" / "plain-words.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


def visible(template: Path) -> str:
    """A template without its style and its own code."""
    import re

    text = template.read_text(encoding="utf-8")
    text = re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    return re.sub(r"<[^>]*>", "", re.sub(r"\{[{%].*?[%}]\}", "", text, flags=re.S))


TEXTS = {
    "reasons": [reason.text for reason in Reason],
    "statement": [*plain._WORDS.values(), *letter.CAUSES.values(), *letter.OWN_CAUSES.values(), letter.OTHER_CAUSE],
    "statement page": [visible(ROOT / "workers/statement/page.html.j2")],
    "what-if page": [visible(ROOT / "workers/whatif/report.html.j2"), *report.SIDES],
    "labels": [*words.LAYERS.values(), *words.STATUSES.values(), *words.FUNDS.values(), *parts.LABELS.values()],
    "explain": [*explain.CAUSE_LABELS.values(), *explain.FIGURE_LABELS.values(), *explain.PAYEE_LABELS.values()],
    "coverage": list(coverage.STATES.values()),
    "sentences of the rules": [
        say.text for instrument in LAW.instruments for says in instrument.says.values() for say in says.values()
    ],
    "questions": [
        text
        for instrument in LAW.instruments
        for question in instrument.book.question
        for text in (question.text, question.basis, *(reading.text for reading in question.readings))
    ],
}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_said_in_plain_words(name: str) -> None:
    assert TEXTS[name]
    found = {(word, text) for text in TEXTS[name] for word in avoided() if word.lower() in text.lower()}
    assert found == set()


def test_the_list_is_not_empty_and_each_line_has_a_word_and_a_better_one() -> None:
    lines = (ROOT / "docs" / "plain-words.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert len(pairs) > 30
    assert all(len(pair) == 2 and all(pair) for pair in pairs)
    assert len({pair[0] for pair in pairs}) == len(pairs)


def test_an_article_is_shown_with_what_rests_on_it(tmp_path: Path) -> None:
    (loaded,) = beside.books(None, "QN")
    page = beside.page(loaded, "附件")
    assert "三类人员 · 比例：60%" in page
    quote = page.index("“30% 1000元 60% 50000元/人/年”")
    assert quote < page.index("三类人员 · 起付线：1000.00元")
    everything = beside.page(loaded, beside.EVERY)
    assert all(f"（黔南府办发〔2022〕26号） {name}" in everything for name in loaded.articles)
