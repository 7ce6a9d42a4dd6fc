"""What differs between two rulebooks, in words, with its days and its article; nothing where nothing differs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.unit.whatif.drafts import BOOK, WORDS, change, class_3, copy
from workers.policy.adoption import SHIPPED, build_adoption, load_adoption
from workers.policy.diff import Changed, as_text, compare
from workers.policy.law import Law

LAW = load_adoption(build_adoption())


def law_of(folder: Path) -> Law:
    return load_adoption(build_adoption(folder))


def only(changes: list[Changed], place: str) -> Changed:
    (found,) = [each for each in changes if each.place == place]
    return found


def test_the_same_law_has_no_difference() -> None:
    assert compare(LAW, LAW) == []
    assert as_text([]) == "两部规则没有差别。"


def test_a_changed_figure_is_told_with_both_values_words_and_its_first_day(tmp_path: Path) -> None:
    changes = compare(LAW, law_of(class_3(tmp_path / "books")))
    assert {each.place for each in changes} == {"group.class_3.rate", "group.class_3.deductible"}
    rate = only(changes, "group.class_3.rate")
    assert (rate.was, rate.now, rate.since, rate.until) == ("60%", "65%", date(2023, 1, 1), date.max)
    assert rate.now_cite == "附件“30% 1500元 65% 50000元/人/年”"
    page = as_text(changes)
    assert "QN  费用日期自 2023-01-01 起" in page
    assert "三类人员 · 比例: 60% → 65%" in page


def test_a_chosen_reading_is_told_in_its_words(tmp_path: Path) -> None:
    folder = copy(tmp_path / "books")
    question = next(each for each in LAW.measures["QN"][0].book.question if each.id == "QN-A3")
    text = (folder / BOOK).read_text(encoding="utf-8")
    head, tail = text.split('id = "QN-A3"', 1)
    other = next(each for each in question.readings if each.id == "bills_before")
    tail = tail.replace(f'chosen = "{question.chosen}"', f'chosen = "{other.id}"', 1)
    (folder / BOOK).write_text(f'{head}id = "QN-A3"{tail}', encoding="utf-8")
    changes = compare(LAW, law_of(folder))
    chosen = only(changes, "question.QN-A3.chosen")
    assert chosen.now == other.text
    assert {each.label for each in changes} > {chosen.label}, "the option that rests on it changes, too"


def test_a_rule_that_is_left_out_is_told_once(tmp_path: Path) -> None:
    folder = copy(tmp_path / "books")
    text = (folder / BOOK).read_text(encoding="utf-8")
    rule = LAW.measures["QN"][0].rules["insurance_first"]
    parts = text.split("[[rule]]")
    kept = [part for part in parts if f'id = "{rule.id}"' not in part]
    assert len(kept) == len(parts) - 1
    (folder / BOOK).write_text("[[rule]]".join(kept), encoding="utf-8")
    changes = compare(LAW, law_of(folder))
    assert [each.place for each in changes] == [f"rule.{rule.id}"]
    assert "（删去）" in as_text(changes)


def test_a_later_revision_differs_from_its_first_day_only(tmp_path: Path) -> None:
    folder = copy(tmp_path / "books")
    later = class_3(tmp_path / "later")
    (folder / "qiannan/2024.toml").write_bytes((later / BOOK).read_bytes())
    (folder / "qiannan/2024.txt").write_bytes((later / WORDS).read_bytes())
    words = "本方案规定的待遇政策自 2023 年 1 月 1 日起施行"
    new = words.replace("2023 年", "2024 年")
    change(folder, "qiannan/2024.txt", (words, new))
    change(
        folder, "qiannan/2024.toml", (words, new), ("value = 2023-01-01", "value = 2024-01-01"),
        ('source = "2022-26.txt"', 'source = "2024.txt"'),
    )  # fmt: skip
    change(
        folder, BOOK, ("[place]", "[instrument.last_day]\nvalue = 2023-12-31\n"
                       'cite = { kind = "by_reading", question = "QN-A12" }\n\n[place]'),
    )  # fmt: skip
    changes = compare(LAW, law_of(folder))
    rate = only(changes, "group.class_3.rate")
    assert (rate.was, rate.now, rate.since) == ("60%", "65%", date(2024, 1, 1))


def test_a_measure_that_is_left_out_is_told_as_a_whole(tmp_path: Path) -> None:
    folder = copy(tmp_path / "books")
    for file in (folder / "lanzhou").iterdir():
        file.unlink()
    (change_,) = [each for each in compare(LAW, law_of(folder)) if each.measure == "LZ"]
    assert (change_.label, change_.now) == ("整部办法", "")
    assert change_.since == date(2022, 8, 22)


def test_the_shipped_folder_and_its_copy_are_the_same_law(tmp_path: Path) -> None:
    assert build_adoption(copy(tmp_path / "books")) == build_adoption(SHIPPED)
