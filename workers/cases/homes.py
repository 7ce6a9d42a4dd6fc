"""Which folder of worked examples belongs to which measure, and where its people are insured: from the rulebooks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from workers.policy.adoption import build_adoption, load_adoption
from workers.policy.loader import Loaded


class Home(NamedTuple):
    """A folder's measure, the platform that issues its numbers, and the insured place of a bill that names none."""

    measure: str
    region: str
    county: str


def homes(books: Iterable[Loaded]) -> dict[str, Home]:
    """Folder → home. The insured place is the first county of the rulebook that is not the whole city."""
    found: dict[str, Home] = {}
    for each in books:
        place = each.book.place
        county = next((code for code in place.counties if not code.endswith("00")), place.counties[0])
        found[each.file.partition("/")[0]] = Home(each.book.measure, place.region[:2] + "0000", county)
    return found


@lru_cache(maxsize=1)
def shipped_homes() -> Mapping[str, Home]:
    """Homes of the shipped rulebooks."""
    return homes(each.loaded for each in load_adoption(build_adoption()).instruments)
