"""The same lives in the words of another city: its platform, its counties, its names of identities.

The county year is drawn once, for Qiannan; what the five measures call a person differs, what happens to people does
not. A name may need more than itself: a sub-class of an allowance (LZ-14.1d), a member of a family (JY-3.1e).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from workers.simulate import county

Said = dict[str, Any]


class City(NamedTuple):
    """Where the people of a county year live, and what the departments there call them."""

    region: str
    prefecture: str
    counties: tuple[str, ...]
    names: Mapping[str, Said]

    def value(self, value: Said) -> Said:
        """An event in this city's words."""
        if not self.names:
            return value
        told = {**value, "region": self.region}
        return told | self.names[told["identity"]] if "identity" in told else told

    def source(self, source: str) -> str:
        """Who sends it: the office of this city."""
        return source.replace(county.PREFECTURE, self.prefecture).replace(county.REGION, self.region)


def _names(*words: str, **more: Said) -> dict[str, Said]:
    """The city's word for each identity of the county, in the order of `county.DEPARTMENTS`."""
    named = dict(zip(county.DEPARTMENTS, words, strict=True))
    return {name: {"identity": word, **more.get(word, {})} for name, word in named.items()}


_POOR, _OTHERS = "建档立卡的贫困人员", "县级人民政府规定的其他特殊困难人员"
_KEY, _SPECIAL = "精准扶贫重点帮扶对象", "我市人民政府规定的其他特殊困难人员"
_WATCHED, _LIFTED = "农村易返贫致贫人口", "过渡期内的已脱贫人口"
_BY_ILLNESS, _COUNTY = "因病纳入低保", "县级以上人民政府规定的其他特殊困难人员"
CITIES: Mapping[str, City] = {
    "qiannan": City(county.REGION, county.PREFECTURE, county.COUNTIES, {}),
    "jieyang": City(
        "440000", "445200", ("445202", "445281"),
        _names(
            "特困供养人员", "孤儿", "孤儿", "最低生活保障家庭成员", "低收入救助对象", _POOR, _POOR, _POOR,
            _OTHERS, _OTHERS, _OTHERS, "低收入救助对象", _OTHERS, _OTHERS, 低收入救助对象={"member_type": "elderly"},
        ),
    ),
    "heshan": City(
        "440000", "440700", ("440784",),
        _names(
            "特困供养人员", "孤儿", "孤儿", "最低生活保障对象", "低收入家庭成员", _KEY, _KEY, _KEY,
            _SPECIAL, _SPECIAL, _SPECIAL, "因病致贫家庭重病患者", "一类人员", "二类人员",
        ),
    ),
    "lanzhou": City(
        "620000", "620100", ("620102", "620123"),
        _names(
            "城乡特困人员", "孤儿", "事实无人抚养儿童", "城乡低保对象", "城乡低保边缘家庭成员",
            "农村返贫致贫人口", _WATCHED, _WATCHED, _LIFTED, _LIFTED, _LIFTED, "因病致贫重病患者", _LIFTED, _LIFTED,
            城乡低保对象={"sub_class": "农村一类"},
        ),
    ),
    "dongtou": City(
        "330000", "330300", ("330305",),
        _names(
            "特困", "特困", "特困", "低保", "低边", _BY_ILLNESS, "因病纳入低边", _BY_ILLNESS,
            _COUNTY, _COUNTY, _COUNTY, "其他因病致贫返贫的支出型困难人员", _COUNTY, _COUNTY,
        ),
    ),
}  # fmt: skip
