"""The county as data: places, departments, wire words. Division codes are real, institutions are invented."""

from __future__ import annotations

from typing import NamedTuple

REGION = "520000"
"""The platform that issues the numbers (the province)."""

PREFECTURE = "522700"

COUNTIES: tuple[str, ...] = (
    "522701", "522702", "522722", "522723", "522725", "522726",
    "522727", "522728", "522729", "522730", "522731", "522732",
)  # fmt: skip
"""Division codes of the twelve counties of Qiannan."""

RESIDENT, EMPLOYEE = "390", "310"

INPATIENT, CHRONIC, OUTPATIENT, EMERGENCY = "inpatient", "chronic_outpatient", "outpatient", "emergency"

SOURCE_PLATFORM = "platform/520000"
SOURCE_EXCHANGE = "exchange/522700"
SOURCE_WINDOW = "window/522700"


class Department(NamedTuple):
    code: str
    source: str


CIVIL_AFFAIRS = Department("MZ", "civil-affairs/522700")
RURAL_REVITALISATION = Department("XC", "rural-revitalisation/522700")
TRADE_UNION = Department("GH", "trade-union/522700")
MEDICAL_SECURITY = Department("YB", "medical-security/522700")

DEPARTMENTS: dict[str, Department] = {
    "特困人员": CIVIL_AFFAIRS,
    "孤儿": CIVIL_AFFAIRS,
    "事实无人抚养未成年人": CIVIL_AFFAIRS,
    "低保对象": CIVIL_AFFAIRS,
    "低保边缘家庭人口": CIVIL_AFFAIRS,
    "脱贫不稳定人口": RURAL_REVITALISATION,
    "边缘易致贫人口": RURAL_REVITALISATION,
    "突发严重困难人口": RURAL_REVITALISATION,
    "深度困难职工": TRADE_UNION,
    "相对困难职工": TRADE_UNION,
    "意外致困职工": TRADE_UNION,
    "因病致贫重病患者": MEDICAL_SECURITY,
    "二十世纪六十年代初精减退职老职工": CIVIL_AFFAIRS,
    "肇事肇祸的精神障碍患者": CIVIL_AFFAIRS,
}

CHILDREN = frozenset({"孤儿", "事实无人抚养未成年人"})
WORKERS = frozenset({"深度困难职工", "相对困难职工", "意外致困职工"})
CLASS_FOUR = "因病致贫重病患者"

SECOND_IDENTITY: dict[str, str] = {
    "特困人员": "脱贫不稳定人口",
    "低保对象": "脱贫不稳定人口",
    "低保边缘家庭人口": "边缘易致贫人口",
    "脱贫不稳定人口": "低保对象",
    "边缘易致贫人口": "低保边缘家庭人口",
    "突发严重困难人口": "低保对象",
    "因病致贫重病患者": "边缘易致贫人口",
    "孤儿": "低保对象",
    "事实无人抚养未成年人": "低保对象",
}
"""What a person on one list may also be on (several identities: the highest counts, QN-A7)."""

NEXT_IDENTITY: dict[str, str] = {
    "低保对象": "低保边缘家庭人口",
    "低保边缘家庭人口": "低保对象",
    "脱贫不稳定人口": "低保对象",
    "边缘易致贫人口": "突发严重困难人口",
    "突发严重困难人口": "边缘易致贫人口",
    "相对困难职工": "深度困难职工",
    "深度困难职工": "相对困难职工",
    "特困人员": "低保对象",
}
"""Where a change of class leads."""


class Place(NamedTuple):
    """Where a stay happens and what the insurances make of it: amounts in fen, ratios in per cent."""

    code: str
    weight: int
    level: str
    median_fen: int
    deductible_fen: int
    ratio_resident: int
    ratio_employee: int


PLACES: tuple[Place, ...] = (
    Place("in_county", 690, "2", 380_000, 20_000, 80, 88),
    Place("in_city", 150, "3", 820_000, 60_000, 70, 85),
    Place("in_province", 120, "3", 1_250_000, 120_000, 60, 82),
    Place("out_of_province", 40, "3", 1_900_000, 200_000, 55, 78),
)

CHRONIC_DISEASES: tuple[str, ...] = ("E11", "I10", "I25", "J44", "B18", "F20")
DIALYSIS = "N18"
TUMOURS: tuple[str, ...] = ("C16", "C22", "C34", "C50", "C91")
STAY_DISEASES: tuple[str, ...] = ("J18", "K80", "I63", "S72", "K35", "O80", "N20", "J44", "I50", "M51")
