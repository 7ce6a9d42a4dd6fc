"""A rulebook with an error does not load, and the error names file, line, both articles and the fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.policy.rulebook_files import NAME, SOURCE, TEXT, WORDS, broken, findings_of, line_of
from workers.errors import Usage
from workers.policy.adoption import build_adoption, load_adoption, load_files
from workers.policy.instrument import Instrument
from workers.policy.law import Law
from workers.policy.problems import RulebookError


def test_the_shipped_rulebook_is_right() -> None:
    assert findings_of({NAME: TEXT, SOURCE: WORDS}) == ()


def test_a_key_written_twice_is_named_with_its_line() -> None:
    (found,) = broken('measure = "QN"\n', 'measure = "QN"\nmeasure = "QN"\n')
    assert (found.file, found.line) == (NAME, line_of('measure = "QN"') + 1)
    assert "once" in found.fix


def test_an_unknown_key_is_not_ignored() -> None:
    (found,) = broken('period = "year"\n', 'period = "year"\nperiodd = "year"\n')
    assert found.line == line_of('period = "year"') + 1
    assert "periodd" in found.message


def test_a_quote_that_is_not_in_the_article_names_where_it_stands() -> None:
    (found,) = broken('article = "备注", quote = "慢特病', 'article = "附件", quote = "慢特病')
    assert found.articles == ("附件", "备注")
    assert found.line == line_of('article = "备注", quote = "慢特病')
    assert "备注" in found.fix


def test_a_quote_that_stands_nowhere_is_refused() -> None:
    (found,) = broken("慢特病门诊和住院共用年度救助限额", "慢特病门诊和住院分别计算限额")
    assert "quote does not stand" in found.message


@pytest.mark.parametrize(
    ("old", "new"),
    [('value = "60%"', 'value = "61%"'), ('value = "1000.00"', 'value = "1000.01"'), ("value = 12\n", "value = 13\n"),
     ("value = 2023-01-01", "value = 2023-01-02")],
)  # fmt: skip
def test_a_figure_that_is_not_in_its_quote_is_refused(old: str, new: str) -> None:
    (found,) = broken(old, new)
    assert "figure does not stand in the quote" in found.message
    assert found.articles


def test_an_identity_that_is_not_in_its_quote_is_refused() -> None:
    (found,) = broken('name = "脱贫不稳定人口"', 'name = "脱贫后不稳定的人"')
    assert "identity does not stand" in found.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('identities = ["低保对象", "特困人员"]', 'identities = ["低保户"]', "rule deposit_waiver: 低保户 is not in"),
        ('workers = ["深度困难职工"]', 'workers = ["困难职工"]', "rule insurer_preference: 困难职工 is not in"),
        ('figure = "warning_falling_in"', 'figure = "line"', "rule falling_in: line is not in"),
        ('window_figure = "collection_window_last_day"\n', "", "but there is no `window_figure`"),
    ],
)
def test_a_rule_about_a_matter_names_what_is_declared(old: str, new: str, message: str) -> None:
    text = TEXT.replace(old, new, 1)
    if not new:
        text = text.replace('chosen = "payment_date"\nbasis = "“结束前', 'chosen = "window_end"\nbasis = "“结束前', 1)
    assert any(message in each.message for each in findings_of({NAME: text, SOURCE: WORDS}))


def test_a_missing_citation_is_an_error_of_its_own() -> None:
    quote = 'cite = { kind = "literal", article = "附件", quote = "30% 1000元 60% 50000元/人/年" }\n'
    (found,) = broken(f'value = "60%"\n{quote}', 'value = "60%"\n')
    assert "citation is missing" in found.message
    assert found.line == line_of('id = "class_3"') + 3  # the table [group.rate] of class 3


def test_an_unknown_verb_is_refused_as_such() -> None:
    found = broken('do = "cap_year"', 'do = "cap_month"')
    assert any("'cap_month' is not in the closed list" in each.message for each in found)


def test_a_verb_that_is_not_executable_yet_is_refused_and_says_so() -> None:
    rule = """
[[rule]]
id = "floor"
do = "fund_figure"
name = "预算"
clauses = ["QN-2.2e"]
kind = "budget_floor"
cite = [{ kind = "literal", article = "二(二)", quote = "通过实施临时救助、慈善救助帮助解决困难" }]
"""
    (found,) = findings_of({NAME: TEXT + rule, SOURCE: WORDS})
    assert "the verb fund_figure exists, but this engine cannot execute it yet" in found.message
    assert found.articles == ("QN-2.2e",)


def test_two_groups_of_one_rank_name_both_articles() -> None:
    (found,) = broken("rank = 2", "rank = 1")
    assert found.articles == ("一类人员: 附件", "二类人员: 附件")
    assert "rank" in found.fix


def test_one_identity_in_two_groups_names_both_articles() -> None:
    old = '[[group.identity]]\nname = "意外致困职工"'
    twice = old.replace("意外致困职工", "深度困难职工")
    (found,) = broken(old, twice)
    assert found.articles == ("一(一)", "一(一)")
    assert found.line == line_of('name = "意外致困职工"') - 1


def test_a_reading_that_cannot_be_executed_is_refused() -> None:
    found = broken('chosen = "discharge"\nbasis = "出院时', 'chosen = "split_by_days"\nbasis = "出院时')
    assert found
    assert all("cannot be executed" in each.message for each in found)


def test_a_reading_that_does_not_exist_is_refused() -> None:
    found = broken('chosen = "merged_cell"', 'chosen = "no_cell"')
    assert any("chosen is not one of its readings" in each.message for each in found)


def test_a_question_that_decides_nothing_is_refused() -> None:
    start = TEXT.index('[[question]]\nid = "QN-A23"')
    question = TEXT[start : TEXT.index("[[question]]", start + 1)].replace("QN-A23", "QN-A99")
    (found,) = findings_of({NAME: TEXT + question, SOURCE: WORDS})
    assert "QN-A99 decides nothing" in found.message


def test_a_reference_must_point_to_the_same_figure() -> None:
    reading = 'value = "50000.00"\ncite = { kind = "by_reading", question = "QN-A1", reading = "merged_cell" }'
    right = 'value = "50000.00"\ncite = { kind = "by_reference", to = "group.class_3.cap" }'
    wrong = right.replace("50000.00", "40000.00")
    assert not [each for each in broken(reading, right, 1) if "class_3" in each.message]
    (found,) = broken(reading, wrong, 1)
    assert "differs from group.class_3.cap" in found.message
    (found,) = broken(reading, right.replace("class_3.cap", "class_9.cap"), 1)
    assert "is not a figure" in found.message


def test_a_missing_source_text_is_named() -> None:
    (found,) = findings_of({NAME: TEXT})
    assert (found.file, found.line) == (NAME, line_of("source ="))


def test_rules_in_an_order_that_cannot_work_are_refused() -> None:
    start, end = TEXT.index('[[rule]]\nid = "tilt"'), TEXT.index('[[rule]]\nid = "fund"')
    moved = TEXT[:start] + TEXT[end:]
    base = moved.index('[[rule]]\nid = "base"')
    found = findings_of({NAME: moved[:base] + TEXT[start:end] + moved[base:], SOURCE: WORDS})
    assert any("`top_up` stands before `cap_year`" in each.message for each in found)


def test_two_revisions_that_overlap_name_both_instruments() -> None:
    files = {NAME: TEXT, SOURCE: WORDS}
    words = WORDS.replace("2023 年 1 月 1 日起施行", "2024 年 7 月 1 日起施行")
    newer = TEXT.replace("value = 2023-01-01", "value = 2024-07-01").replace(
        "2023 年 1 月 1 日起施行", "2024年7月1日起施行"
    )
    newer = newer.replace("〔2022〕26号", "〔2024〕9号").replace("2022-26.txt", "2024-9.txt")
    files |= {"qiannan/2024-9.toml": newer, "qiannan/2024-9.txt": words}
    instruments = [Instrument(each) for each in load_files(files)]
    with pytest.raises(RulebookError) as caught:
        Law(instruments, "0" * 64, 1)
    (found,) = caught.value.findings
    assert found.articles == ("黔南府办发〔2022〕26号 末段", "黔南府办发〔2024〕9号 末段")
    assert found.file == "qiannan/2024-9.toml"
    assert "last_day" in found.fix


def test_a_county_of_two_measures_is_refused() -> None:
    other = TEXT.replace('measure = "QN"', 'measure = "QX"')
    instruments = [Instrument(each) for each in load_files({NAME: TEXT, "qiannan/x.toml": other, SOURCE: WORDS})]
    with pytest.raises(RulebookError, match="two measures, QN and QX"):
        Law(instruments, "0" * 64, 1)


def test_adoption_bytes_are_canonical_and_their_law_has_their_hash() -> None:
    from hashlib import sha256

    data = build_adoption()
    assert data == build_adoption()
    law = load_adoption(data)
    assert (law.hash, law.engine) == (sha256(data).hexdigest(), 1)
    assert load_adoption(bytes(bytearray(data))) is law
    assert data == json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_an_adoption_of_another_engine_is_refused() -> None:
    body = json.loads(build_adoption())
    body["engine"] = 2
    with pytest.raises(RulebookError, match="engine is number 1"):
        load_adoption(json.dumps(body).encode())


def test_bytes_that_are_no_adoption_are_refused() -> None:
    for data in (b"", b"[]", b"\xff", b'{"schema":"adoption/1"}'):
        with pytest.raises(RulebookError):
            load_adoption(data)


def test_figures_that_no_rulebook_declares_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match=r"QN\.warning_line is not an outside figure"):
        build_adoption(figures={"QN": {"warning_line": "5000.00"}})
    path = tmp_path / "figures.toml"
    path.write_text('[QN]\nwarning_line = "5000.00"\n', encoding="utf-8")
    with pytest.raises(RulebookError, match="figures"):
        build_adoption(figures=path)
    with pytest.raises(Usage):
        build_adoption(figures=tmp_path / "missing.toml")


def test_a_folder_without_rulebooks_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(Usage, match="no rulebook"):
        build_adoption(tmp_path)
    with pytest.raises(Usage, match="not a folder"):
        build_adoption(tmp_path / "nothing")
