"""The difference of random month sequences, arriving in any order and corrected later, against an oracle by sets."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.directory.people import card, psn_no
from tests.unit.lists.list_world import ListWorld, row, silent, standing
from workers.directory.bring import bring
from workers.lists.database import CURRENT
from workers.lists.order import order_of
from workers.lists.resolve import resolve

MONTHS = ("202401", "202402", "202403", "202404", "202405")
WORDS = ("脱贫不稳定人口", "边缘易致贫人口", "突发严重困难人口")
PEOPLE = 4

lists_of_a_month = st.dictionaries(
    st.integers(0, PEOPLE - 1), st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "2019-03-01", "2024-02-15"]))
)
arrivals = st.lists(st.tuples(st.sampled_from(MONTHS), lists_of_a_month), max_size=8)
Month = dict[int, tuple[str, str]]


def last_day(month: str) -> str:
    year, number = int(month[:4]), int(month[4:])
    return (date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)).isoformat()


def oracle(newest: dict[str, Month]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """By sets: who came into the list between two complete months, who left it, month by month."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    begun: dict[tuple[int, str], str] = {}
    before: set[tuple[int, str]] = set()
    months = sorted(newest)
    for month in months:
        now = {(person, word) for person, (word, _) in newest[month].items()}
        for person, word in before - now:
            first = begun.pop((person, word))
            end = last_day(month)
            if end >= first:
                found.setdefault((psn_no(person), word), []).append((first, end))
        for person, word in now:
            stated = newest[month][person][1]
            earlier = _denied(newest, months, month, person, word)
            # the newest month of a recognition says since when
            begun[person, word] = _first(_run_began(newest, months, month, person, word), stated, earlier)
        before = now
    for (person, word), first in begun.items():
        found.setdefault((psn_no(person), word), []).append((first, ""))
    return {key: sorted(each) for key, each in found.items()}


def _on(newest: dict[str, Month], month: str, person: int, word: str) -> bool:
    return newest[month].get(person, ("", ""))[0] == word


def _run_began(newest: dict[str, Month], months: list[str], month: str, person: int, word: str) -> str:
    at = months.index(month)
    while at > 0 and _on(newest, months[at - 1], person, word):
        at -= 1
    return months[at]


def _denied(newest: dict[str, Month], months: list[str], month: str, person: int, word: str) -> str:
    """The day on which the recognition before this one ended; empty where there was none."""
    began = _run_began(newest, months, month, person, word)
    gone = [each for each in months if each < began and not _on(newest, each, person, word)]
    had = [each for each in months if each < began and _on(newest, each, person, word)]
    if not had:
        return ""
    return last_day(next(each for each in gone if each > max(had)))


def _first(month: str, stated: str, denied: str) -> str:
    first = f"{month[:4]}-{month[4:]}-01"
    if not denied:
        return stated or first
    return stated if stated > denied else max(first, denied)


def rows_of(month: Month) -> list[str]:
    return [row(person, word, since) for person, (word, since) in sorted(month.items())]


def take_all(world: ListWorld, sent: list[tuple[str, Month]]) -> dict[str, Month]:
    newest: dict[str, Month] = {}
    for period, month in sent:
        state = world.take(period, rows_of(month), source="rural_revitalisation", kind="monitored", confirm=True).state
        assert state == ("repeat" if period in newest and newest[period] == month else CURRENT)
        newest[period] = month
    return newest


@settings(max_examples=120, deadline=None)
@given(arrivals)
def test_what_stands_depends_on_the_newest_text_of_each_month_alone(sent: list[tuple[str, Month]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = ListWorld(Path(folder), PEOPLE)
        newest = take_all(world, sent)
        assert standing(world.outbox()) == oracle(newest)
        world.close()


@settings(max_examples=40, deadline=None)
@given(arrivals, st.sets(st.integers(0, PEOPLE - 1)))
def test_people_who_are_resolved_later_stand_as_if_they_had_been_known(
    sent: list[tuple[str, Month]], late: set[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = ListWorld(Path(folder))
        world.know(set(range(PEOPLE)) - late)
        newest = take_all(world, sent)
        world.know(late)
        how = {"everything": False, "dry_run": False, "now_ms": 1, "progress": silent}
        done = resolve(world.lists, world.directory, world.settings, **how)
        assert done.unresolved == 0
        assert standing(world.outbox()) == oracle(newest)
        opened = {each["task_id"] for each in world.outbox() if each["type"] == "task.opened"}
        closed = {each["task_id"] for each in world.outbox() if each["type"] == "task.closed"}
        assert opened == closed
        again = resolve(world.lists, world.directory, world.settings, **how)
        assert (again.certificates, again.added, again.tasks_closed) == (0, 0, 0)
        world.close()


@settings(max_examples=40, deadline=None)
@given(arrivals)
def test_revisions_have_no_gap_and_ids_are_never_used_twice(sent: list[tuple[str, Month]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = ListWorld(Path(folder), PEOPLE)
        take_all(world, sent)
        seen: dict[str, int] = {}
        whose: dict[str, tuple[str, str]] = {}
        for event in world.outbox():
            if event["type"] == "identity.changed":
                seen[event["source_id"]] = seen.get(event["source_id"], 0) + 1
                assert event["revision"] == seen[event["source_id"]]
                who = whose.setdefault(event["source_id"], (event["psn_no"], event["identity"]))
                assert who == (event["psn_no"], event["identity"])
        world.close()


def test_the_oracle_can_fail(tmp_path: Path) -> None:
    world = ListWorld(tmp_path, PEOPLE)
    newest = take_all(world, [("202401", {0: (WORDS[0], "")}), ("202402", {})])
    assert oracle(newest) == {(psn_no(0), WORDS[0]): [("2024-01-01", "2024-02-29")]}
    newest["202402"] = {0: (WORDS[0], "")}
    assert standing(world.outbox()) != oracle(newest)
    world.close()


@pytest.mark.parametrize(
    ("county", "source", "word", "end"),
    [
        ("522701", "civil_affairs", "低保对象", "2024-02-29"),
        ("620102", "civil_affairs", "低保对象", "2024-03-01"),
        ("445202", "civil_affairs", "低保对象", "2024-03-01"),
        ("440784", "civil_affairs", "低保对象", "2024-03-01"),
        ("330305", "civil_affairs", "低保", "2024-03-01"),
    ],
)
def test_who_is_absent_ends_by_the_rule_of_the_region(
    tmp_path: Path, county: str, source: str, word: str, end: str
) -> None:
    world = ListWorld(tmp_path)
    world.take("202401", [row(1, word), row(2, word)], county=county, source=source, confirm=True)
    # people are known per platform: the mapping of this region is imported now
    region = order_of(world.settings, source=source, kind="subsistence", county=county, period="202401")
    mapping = tmp_path / "m.csv"
    mapping.write_text(f"证件号码,人员编号\n{card(1)},P1\n{card(2)},P2\n", "utf-8")
    bring(world.directory, mapping, region.rules.profile.platform, dry_run=False, progress=silent)
    world.take("202402", [row(2, word)], county=county, source=source)
    resolve(
        world.lists, world.directory, world.settings, everything=False, dry_run=False, now_ms=1,
        progress=silent,
    )  # fmt: skip
    found = standing(world.outbox())
    assert [each for (person, _), each in found.items() if person == "P1"] == [[("2020-01-05", end)]]
    assert [each for (person, _), each in found.items() if person == "P2"] == [[("2020-01-05", "")]]
    world.close()
