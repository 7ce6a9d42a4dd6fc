"""Everything a revision can meet has exactly one ratio, deductible and limit, and they are those of the tables.

The tables below are copied from the instruments by hand (annex of 黔南府办发〔2022〕26号; 揭医保〔2019〕21号 三(二);
兰政办发〔2022〕139号 第十四条), not from the rulebooks. Ratio in percent, money in yuan.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import pytest

from workers.cases.laws import changed, law_of, shipped, shipped_books
from workers.gates.enumerate import Enumerated, Standard, enumerate_all, fault, people, standard_of
from workers.policy.loader import Loaded
from workers.policy.types import Status, Step, Verdict

QIANNAN = {
    **dict.fromkeys(["特困人员", "孤儿", "事实无人抚养未成年人"], (100, 0)),
    **dict.fromkeys(["低保对象", "脱贫不稳定人口", "边缘易致贫人口", "突发严重困难人口", "深度困难职工"], (70, 0)),
    **dict.fromkeys(["低保边缘家庭人口", "相对困难职工"], (60, 1000)),
    **dict.fromkeys(["因病致贫重病患者", "意外致困职工"], (50, 2000)),
}
JIEYANG = {
    "特困供养人员": (100, 30000, 80000), "孤儿": (100, 30000, 80000), "最低生活保障家庭成员": (80, 20000, 60000),
    "建档立卡的贫困人员": (80, None, 50000), "低收入救助对象": (80, None, 50000),
    "县级人民政府规定的其他特殊困难人员": (80, None, 50000),
}  # fmt: skip
LANZHOU = {
    **dict.fromkeys(["城乡特困人员", "孤儿", "事实无人抚养儿童"], (100, 0)),
    **dict.fromkeys(["城市低保全额保障对象", "农村低保一、二类保障对象", "城乡低保对象/全额"], (75, 0)),
    **dict.fromkeys(["城市低保差额保障对象", "农村低保三、四类保障对象", "城乡低保对象/差额"], (70, 0)),
    "农村返贫致贫人口": (70, 0),
    **dict.fromkeys(["农村易返贫致贫人口", "过渡期内的已脱贫人口"], (60, 0)),
    "城乡低保边缘家庭成员": (60, 2000), "因病致贫重病患者": (60, 5000),
}  # fmt: skip


@lru_cache(maxsize=8)
def enumerated(measure: str) -> Enumerated:
    law = law_of(shipped(measure).book, adopted=True)
    return enumerate_all(law, law.instruments[0], sub_classes_max=1)


@pytest.mark.parametrize("loaded", shipped_books().loaded, ids=lambda each: each.file)
def test_no_person_and_no_bill_has_two_standards_or_none(loaded: Loaded) -> None:
    found = enumerated(loaded.book.measure)
    assert found.faults == []
    assert found.decisions > 30_000
    law = law_of(loaded.book, adopted=True)
    assert {key[0] for key in found.standards} == {name for name, _ in people(law.instruments[0], 1)}


def told(rate: Fraction | int, deductible: int, limit: int) -> Standard:
    exact = Fraction(rate, 100)
    return Standard(f"{exact.numerator}/{exact.denominator}", deductible * 100 or None, limit * 100)


def test_standards_of_qiannan_are_those_of_the_annex() -> None:
    expected = {
        (name, "", code, None): {told(rate - points, deductible, 50000)}
        for name, (rate, deductible) in QIANNAN.items()
        for code, points in (("class", 0), ("cut", 10))
    }
    assert enumerated("QN").standards == expected


def test_standards_of_jieyang_are_those_of_its_pools() -> None:
    found = {(key[0].partition("/")[0], key[1]): standard for key, standard in enumerated("JY").standards.items()}
    expected = {
        (name, pool): {told(rate, 0, limit)}
        for name, (rate, *limits) in JIEYANG.items()
        for pool, limit in zip(("outpatient", "inpatient"), limits, strict=True)
        if limit is not None
    }
    assert found == expected


def test_standards_of_lanzhou_are_those_of_article_14() -> None:
    expected = {
        (name, "", "class", major): {told(rate, deductible, limit)}
        for name, (rate, deductible) in LANZHOU.items()
        for major, limit in ((None, 50000), (True, 80000))
    }
    assert enumerated("LZ").standards == expected


def test_a_second_standard_for_the_same_person_is_a_fault() -> None:
    law = law_of(shipped("QN").book)
    verdict = Verdict(Status.DECIDED, "assisted", {"ordinary": 1}, {}, "QN", 2023, law.instruments[0].in_force)
    step = Step("rate", "class", (1000, "7/10", 700))
    assert fault(law.instruments[0], verdict._replace(steps=(step, step))) == "single_rate was applied 2 times"
    assert fault(law.instruments[0], verdict._replace(reason="cap_used_up")) == "money in spite of cap_used_up"
    assert fault(law.instruments[0], verdict._replace(layers={"ordinary": 0})) == "assisted with nothing"
    assert fault(law.instruments[0], verdict._replace(own_share=-1)) == "a negative amount"
    assert fault(law.instruments[0], verdict._replace(reason="so")) == "the reason so is not in the closed list"
    assert fault(law.instruments[0], verdict) is None
    assert standard_of(law.instruments[0], verdict._replace(steps=(step,)))[1].rate == "7/10"


def test_another_figure_is_another_standard() -> None:
    book = changed(shipped("QN").book, ("group", 1, "rate", "value"), lambda _: Fraction(71, 100))
    law = law_of(book)
    found = enumerate_all(law, law.instruments[0], sub_classes_max=1).standards[("低保对象", "", "class", None)]
    assert found == {told(71, 0, 50000)}
