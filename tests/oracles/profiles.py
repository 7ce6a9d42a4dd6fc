"""What random histories of each city are made of: places, names, edges of the law in days and in amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple


class Profile(NamedTuple):
    """What histories of a city are made of."""

    city: str
    region: str
    counties: tuple[str, ...]
    elsewhere: tuple[str, ...]
    names: tuple[str, ...]
    days: tuple[str, ...]  # edges of the law
    fen: tuple[int, ...]  # edges of the amounts
    care: tuple[str, ...]
    applications: tuple[str, ...]
    identity: Callable[[Random, str], dict[str, Any]]  # what an identity of this name states besides
    windows: tuple[str, ...] = ()  # last days of collection windows
    listed: tuple[str, ...] = ()  # names that counties put on their lists by order
    diseases: tuple[str | None, ...] = (None,)


def _plain(r: Random, name: str) -> dict[str, Any]:
    return {}


def _jieyang(r: Random, name: str) -> dict[str, Any]:
    if name in LISTED or name.endswith("其他特殊困难人员"):
        return {"county": r.choice(("445202", "445202", "445202", "445281", None))}
    kinds = (None, "elderly", "minor", "severely_disabled", "severe_patient", "other")
    return {"member_type": r.choice(kinds)} if name == "低收入救助对象" else {}


def _lanzhou(r: Random, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"county": r.choice((None, None, None, "620102", "620500"))}
    if r.random() < 0.3:
        facts["recognised_by"] = r.choice(("民政部门", "民政局", "兰州市乡村振兴局", "乡村振兴", "医疗保障局", "残联"))
    if name == "城乡低保对象":
        subs = ("城市全额", "城市差额", "农村一类", "农村二类", "农村三类", "农村四类")
        facts["sub_class"] = r.choice((None, *subs))
    return facts


def _dongtou(r: Random, name: str) -> dict[str, Any]:
    return {"new_recognition": r.choice((None, True, True, True, True, False))}


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


QIANNAN = Profile(
    "qiannan", "520000", ("522701", "522732"), ("445202", "110101", "620102"),
    names(
        "特困人员 孤儿 低保对象 边缘易致贫人口 低保边缘家庭人口 低保边缘家庭人口 相对困难职工 "
        "因病致贫重病患者 因病致贫重病患者 意外致困职工 退役军人 "
        "二十世纪六十年代初精减退职老职工 "
    ),
    ("2023-01-01", "2023-12-31", "2024-02-29", "2023-05-31", "2024-01-01", "2023-03-31"),
    (0, 1, 100_000, 200_000, 5_000_000, 7_142_857, 8_333_333, 8_433_333, 10_000_000, 10_200_000, 12_500_000, 14_285_714,
     5_100_000, 12_142_857, 17_142_857),
    ("inpatient",) * 5 + ("chronic_outpatient",) * 3 + ("emergency", "outpatient"),
    ("tilt", "tilt", "tilt", "uninsured_once", "uninsured_once", "class_recognition", "manual_claim"), _plain,
    ("2022-12-31", "2023-12-25"),
)  # fmt: skip
LISTED = names("麻风病康复人员 失独家庭成员")
JIEYANG = Profile(
    "jieyang", "440000", ("445202", "445281"), ("522701", "110101"),
    names(
        "特困供养人员 孤儿 最低生活保障家庭成员 最低生活保障家庭成员 建档立卡的贫困人员 "
        "低收入救助对象 低收入救助对象 县级人民政府规定的其他特殊困难人员 低保对象 "
        "麻风病康复人员 麻风病康复人员 失独家庭成员 "
    ),
    ("2019-07-02", "2019-12-31", "2020-02-29", "2020-06-30", "2020-01-01"),
    (0, 1, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 2_500_000, 3_000_000, 7_500_000, 8_000_000, 6_250_000,
     25_000_000, 6_000_000, 13_000_000, 7_250_000, 8_250_000),
    ("inpatient",) * 5 + ("outpatient", "chronic_outpatient", "special_outpatient", "emergency"),
    ("secondary", "manual_claim", "hardship"), _jieyang,
    ("2019-12-31", "2020-12-25"), LISTED, (None, "Z41.1", "Z41", "N97.9", "I10"),
)  # fmt: skip
LANZHOU = Profile(
    "lanzhou", "620000", ("620102", "620123"), ("620500", "110101"),
    names(
        "城乡特困人员 孤儿 城乡低保对象 城乡低保对象 城市低保全额保障对象 "
        "农村低保三、四类保障对象 农村返贫致贫人口 农村易返贫致贫人口 过渡期内的已脱贫人口 "
        "城乡低保边缘家庭成员 城乡低保边缘家庭成员 因病致贫重病患者 因病致贫重病患者 低保对象 "
    ),
    ("2022-08-22", "2022-12-31", "2027-08-21", "2024-02-29", "2023-06-30", "2023-01-01"),
    (0, 1, 200_000, 500_000, 600_000, 5_000_000, 8_000_000, 6_666_667, 7_142_857, 8_333_333, 10_666_667, 11_428_571,
     13_333_333, 800_000, 2_000_000, 2_400_000),
    ("inpatient",) * 5 + ("chronic_outpatient", "special_outpatient", "major_outpatient", "emergency"),
    ("class_recognition", "retro", "hardship", "class_recognition", "elsewhere", "elsewhere", "tilt"), _lanzhou,
    ("2022-12-31", "2023-12-25"),
)  # fmt: skip
HESHAN = Profile(
    "heshan", "440000", ("440784",), ("445202", "110101"),
    names(
        "特困供养人员 最低生活保障对象 孤儿 低收入家庭成员 精准扶贫重点帮扶对象 "
        "因病致贫家庭重病患者 因病致贫家庭重病患者 我市人民政府规定的其他特殊困难人员 一类人员 "
        "二类人员 重疾人员 "
    ),
    ("2020-10-01", "2020-12-31", "2021-06-30", "2021-01-01", "2024-02-29"),
    (0, 1, 50_000, 300_000, 6_000_000, 5_000_000, 4_000_000, 5_882_353, 5_333_333, 5_383_333, 6_300_000, 3_000_000),
    ("inpatient",) * 5 + ("chronic_outpatient", "outpatient"),
    ("class_recognition", "retro", "hardship", "manual_claim"), _plain,
)  # fmt: skip
DONGTOU = Profile(
    "dongtou", "330000", ("330305",), ("445202", "330302"),
    names(
        "特困 低保 低边 因病纳入低保 因病纳入低保 低边的支出型困难人员 因病纳入低边 因病纳入低边 "
        "其他因病致贫返贫的支出型困难人员 县级以上人民政府规定的其他特殊困难人员 退役军人"
    ),
    ("2022-12-31", "2022-01-01", "2022-07-01", "2023-01-01", "2025-12-31", "2023-08-31", "2023-06-30"),
    (0, 1, 3_000_000, 10_000_000, 15_000_000, 5_000_000, 4_950_000, 25_000_000, 50_000, 1_500_000, 2_500_000,
     7_000_000),
    ("inpatient",) * 5 + ("outpatient", "chronic_outpatient", "emergency"),
    ("hardship", "class_recognition", "manual_claim"), _dongtou,
)  # fmt: skip
PROFILES: Sequence[Profile] = (QIANNAN, JIEYANG, LANZHOU, HESHAN, DONGTOU)
