"""The pages people read, in a real browser: whole, no sideways scrolling on a desk or a telephone, nothing fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import look
from tests.unit.replay.replay_files import CASE
from tests.unit.statement.test_statement import KEY, of_file
from tests.unit.whatif.drafts import class_3
from workers.pages.html import render
from workers.policy.adoption import build_adoption
from workers.settings import Settings
from workers.simulate.output import write
from workers.simulate.year import Plan
from workers.whatif.report import page as report_page
from workers.whatif.run import what_if

WIDTHS = {"a telephone": 390, "a desk": 1200}


@pytest.fixture(scope="module")
def statement() -> str:
    return render("statement/page.html.j2", s=of_file(CASE, KEY))


@pytest.fixture(scope="module")
def what_if_report(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("whatif")
    write(Plan(11, 1_500, 2023, "522701", False, True, 60), folder / "year.ndjson")
    draft = build_adoption(class_3(folder / "books"))
    return report_page(what_if(folder / "year.ndjson", Settings.model_construct(), build_adoption(), draft, parts=1))


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize(
    ("name", "says"),
    [("statement", "2023年一共救助了您"), ("what_if_report", "规则试算报告")],
    ids=["statement", "what-if"],
)
def test_a_page_is_read_without_scrolling_sideways(
    request: pytest.FixtureRequest, tmp_path: Path, name: str, says: str, width: int
) -> None:
    seen = look(request.getfixturevalue(name), tmp_path, width=width)
    assert says in seen.text
    assert seen.cut == []
    assert seen.wide <= seen.width
    assert seen.fetched == []


def test_the_look_finds_what_is_too_wide_and_what_is_fetched(tmp_path: Path) -> None:
    bad = '<p style="width: 900px">beyond the edge</p><img src="file:///nowhere.png">'
    seen = look(bad, tmp_path, width=390)
    assert seen.cut == ["beyond the edge"]
    assert seen.wide > seen.width
    assert seen.fetched == ["file:///nowhere.png"]
