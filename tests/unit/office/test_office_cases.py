"""Every worked example of an office order does what its clerk expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.events.office import OrderKind
from tests.unit.office.order_cases import FOLDER, Case
from workers.cases.document import Section, read
from workers.cases.homes import shipped_homes

FILES = sorted(FOLDER.glob("*/orders/*.md"))
SECTIONS = [(path, section) for path in FILES for section in read(path).sections]


@pytest.mark.parametrize(("path", "section"), SECTIONS, ids=lambda each: getattr(each, "title", ""))
def test_the_rows_hold(tmp_path: Path, path: Path, section: Section) -> None:
    home = shipped_homes()[path.parent.parent.name]
    assert Case(tmp_path, home.region, home.county).run(section) == []


def test_every_order_about_a_person_has_a_case() -> None:
    """Kinds of other rooms (transfers, closed years, figures) and mere closings are proved elsewhere."""
    elsewhere = {"figures", "year_closed", "person_merged", "person_split", "task_closed", "follow_up"}
    elsewhere |= {"region_mode", "shadow_bill"}
    words = {
        "conflict_resolved": "保留", "needs_person": "认定金额", "recovery": "追回", "fraud": "骗取",
        "application": "批准", "exclusion": "不予救助", "insured_place": "参保地", "proof": "有证明",
        "objection": "更正", "county_list": "名单",
    }  # fmt: skip
    assert set(words) | elsewhere == {kind.value for kind in OrderKind}
    text = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    assert [kind for kind, word in words.items() if f"决定 {word} " not in text] == []
