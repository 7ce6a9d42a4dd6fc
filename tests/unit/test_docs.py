"""What the documents point at exists: links, numbered decisions, commands."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command

from workers.cli import _register_all, app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("README.md")])
ADRS = sorted((ROOT / "docs" / "adr").glob("*.md"))
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:^\$ |`|^)tuodi ([a-z][a-z-]+)", re.MULTILINE)


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links_of(page: Path) -> list[Path]:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / each).resolve() for each in found if "://" not in each and not each.startswith("mailto:")]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [names(each) for each in links_of(page) if not each.exists()] == []


def test_every_page_is_found_by_a_reader_who_begins_at_the_readme() -> None:
    seen: set[Path] = set()
    left = [ROOT / "README.md"]
    while left:
        page = left.pop()
        if page in seen:
            continue
        seen.add(page)
        links = [*page.glob("*.md")] if page.is_dir() else links_of(page) if page.suffix == ".md" else []
        left.extend(each for each in links if each.exists())
    own = [page for page in PAGES if page.is_relative_to(ROOT / "docs")]
    assert own
    assert [names(page) for page in own if page not in seen] == []


def test_decisions_are_numbered_once_and_say_their_number() -> None:
    numbers = Counter(adr.name[:4] for adr in ADRS)
    assert [number for number, times in numbers.items() if times > 1] == []
    for adr in ADRS:
        assert adr.read_text(encoding="utf-8").startswith(f"# {adr.name[:4]} "), names(adr)


@pytest.fixture(scope="module")
def commands() -> frozenset[str]:
    _register_all()
    return frozenset(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=names)
def test_every_command_that_is_named_exists(page: Path, commands: frozenset[str]) -> None:
    """The changelog may name what a command was called before."""
    assert set(COMMAND.findall(page.read_text(encoding="utf-8"))) - commands == set()
