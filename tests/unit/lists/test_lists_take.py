"""Taking a list: what counts as complete, what is refused, what waits for a person, what a dry run leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import orjson
import pytest

from tests.unit.directory.people import card, psn_no
from tests.unit.lists.list_world import HEAD, ListWorld, row, standing, text_of
from workers.errors import Usage
from workers.journal.pii import holds_person_data
from workers.lists.register import register, status
from workers.lists.seal import seal
from workers.sheets.rows import Digest


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ListWorld]:
    made = ListWorld(tmp_path, 40)
    yield made
    made.close()


def silent(done: int, total: int) -> None:
    assert done <= total


def test_the_first_list_adds_everybody_and_closes_the_month(world: ListWorld) -> None:
    taken = world.take("202403", [row(n) for n in range(3)])
    assert (taken.state, taken.lines, taken.added, taken.ended, taken.unresolved) == ("current", 3, 3, 0, 0)
    *events, closing = world.outbox()
    assert [(each["what"], each["psn_no"], each["revision"]) for each in events] == [
        ("added", psn_no(n), 1) for n in range(3)
    ]
    assert events[0] | {"source_id": ""} == {
        "topic": "identity.changed", "what": "added", "psn_no": psn_no(0), "type": "identity.changed", "version": 1,
        "region": "520000", "source_id": "", "identity": "低保对象", "recognised_by": "民政", "county": "522701",
        "list_month": "2024-03", "recognised_on": "2020-01-05", "withdrawn": False, "revision": 1,
    }  # fmt: skip
    assert (closing["type"], closing["source_id"], closing["list_month"], closing["count"], closing["digest"]) == (
        "identity.snapshot_closed", "MZ.subsistence", "2024-03", 3, taken.digest,
    )  # fmt: skip


def test_added_changed_and_ended(world: ListWorld) -> None:
    world.take("202403", [row(1), row(2), row(3)])
    taken = world.take("202404", [row(1), row(2, recognised="2020-02-01"), row(4)])
    assert (taken.people_before, taken.added, taken.changed, taken.ended, taken.withdrawn) == (3, 1, 1, 1, 0)
    assert standing(world.outbox()) == {
        (psn_no(1), "低保对象"): [("2020-01-05", "")],
        (psn_no(2), "低保对象"): [("2020-02-01", "")],
        (psn_no(3), "低保对象"): [("2020-01-05", "2024-04-30")],
        (psn_no(4), "低保对象"): [("2020-01-05", "")],
    }


def test_a_stated_end_holds_with_its_reason(world: ListWorld) -> None:
    world.take("202403", [row(1), row(2)])
    world.take("202404", [row(1, removed="2024-04-07", why="死亡"), row(2)])
    world.take("202405", [row(2)])
    [*_, last] = [each for each in world.outbox() if each["psn_no"] == psn_no(1)]
    assert (last["removed_on"], last["removal_reason"], last["revision"]) == ("2024-04-07", "death", 2)


def test_a_change_of_identity_ends_one_and_begins_another(world: ListWorld) -> None:
    how = {"source": "rural_revitalisation", "kind": "monitored"}
    world.take("202403", [row(1, "脱贫不稳定户")], **how)
    world.take("202404", [row(1, "边缘易致贫户", "2024-04-03")], **how)
    assert standing(world.outbox()) == {
        (psn_no(1), "脱贫不稳定人口"): [("2020-01-05", "2024-04-30")],
        (psn_no(1), "边缘易致贫人口"): [("2024-04-03", "")],
    }


def test_who_comes_back_does_not_get_the_time_between(world: ListWorld) -> None:
    world.take("202403", [row(1), row(2)])
    world.take("202404", [row(2)])
    world.take("202406", [row(1), row(2)])
    assert standing(world.outbox())[psn_no(1), "低保对象"] == [("2020-01-05", "2024-04-30"), ("2024-06-01", "")]
    world.take("202404", [row(1), row(2)])  # the list of April was wrong: its new text heals all of it
    assert standing(world.outbox())[psn_no(1), "低保对象"] == [("2020-01-05", "")]


def test_a_list_without_closing_line_or_with_another_count_or_digest_is_open(world: ListWorld) -> None:
    world.take("202403", [row(n) for n in range(5)])
    before = world.dump()
    assert "no closing line" in world.take("202404", [row(1)], closed=False).note
    whole = text_of([row(n) for n in range(5)])
    for name, text in (
        ("short", whole.replace(row(4) + "\n", "")),
        ("other", whole.replace("2020-01-05", "2020-01-06", 1)),
        ("count", whole.replace("#END,5", "#END,five")),
    ):
        file = world.folder / f"{name}.csv"
        file.write_text(text, "utf-8")
        taken = world.take_file(file, "202404")
        assert (taken.state, taken.added, taken.ended) == ("open", 0, 0), name
        assert taken.note
    assert world.dump()[1:] == before[1:]
    assert [each["state"] for each in register(world.lists, "202404", None)] == ["open"] * 4


def test_wrong_lines_refuse_the_list_and_are_named(world: ListWorld) -> None:
    rows = [row(1), row(2, "五保户"), row(3, recognised="2020-13-01"), "01,,x,低保对象,,,"]
    rows += [row(5, removed="2019-01-01"), row(6, why="移民")]
    taken = world.take("202403", rows)
    assert (taken.state, taken.wrong) == ("refused", 5)
    assert [each.line for each in taken.refused] == [3, 4, 5, 6, 7]
    assert (taken.refused[0].word, taken.refused[1].word) == ("五保户", "")
    told = " ".join(each.what for each in taken.refused)
    assert not any(card(n) in told for n in range(8))
    assert world.outbox() == []


def test_many_unknown_words_may_be_names_and_are_not_shown(world: ListWorld) -> None:
    taken = world.take("202403", [row(n, f"甲乙{chr(0x4E00 + n)}") for n in range(30)])
    assert (taken.state, taken.wrong) == ("refused", 30)
    assert {each.word for each in taken.refused} == {""}


def test_one_person_twice_with_other_facts_is_wrong_and_with_the_same_is_one(world: ListWorld) -> None:
    assert world.take("202403", [row(1), row(1, recognised="2021-01-01")]).state == "refused"
    taken = world.take("202403", [row(1), row(1), row(2)])
    assert (taken.state, taken.lines, taken.added) == ("current", 3, 2)


@pytest.mark.parametrize(
    ("source", "kind", "county", "period", "says"),
    [
        ("trade_union", "subsistence", "522701", "202403", "wrong source: trade_union may not publish subsistence"),
        ("rural_revitalisation", "destitute", "620102", "202403", "LZ-7a"),
        ("nobody", "subsistence", "522701", "202403", "knows no source"),
        ("civil_affairs", "cats", "522701", "202403", "knows no list"),
        ("civil_affairs", "subsistence", "110101", "202403", "belongs to no region"),
        ("civil_affairs", "subsistence", "5227", "202403", "six digits"),
        ("civil_affairs", "subsistence", "522701", "202413", "YYYYMM"),
    ],
)
def test_wrong_senders_and_places_are_refused(
    world: ListWorld, source: str, kind: str, county: str, period: str, says: str
) -> None:
    with pytest.raises(Usage, match=says):
        world.take(period, [row(1)], source=source, kind=kind, county=county)


def test_a_truncated_list_ends_nobody_without_a_word(world: ListWorld) -> None:
    world.take("202403", [row(n) for n in range(40)])
    before = world.dump()
    taken = world.take("202404", [row(n) for n in range(20)])
    assert (taken.state, taken.ended) == ("waiting", 20)
    assert "--confirm" in taken.note
    assert world.dump()[1:] == before[1:]
    assert world.take("202404", [row(n) for n in range(20)], confirm=True).state == "current"
    assert sum(bool(end) for each in standing(world.outbox()).values() for _, end in each) == 20


def test_up_to_ten_people_of_a_small_list_may_end_without_a_word(world: ListWorld) -> None:
    world.take("202403", [row(n) for n in range(11)])
    assert world.take("202404", [row(10)]).state == "current"


def test_a_dry_run_shows_the_difference_and_leaves_nothing(world: ListWorld) -> None:
    world.take("202403", [row(1), row(2)])
    before, known = world.dump(), world.directory.connection.execute("SELECT COUNT(*) FROM certificate").fetchone()
    dry = world.take("202404", [row(1), row(3), row(99)], dry_run=True)
    assert (dry.state, dry.added, dry.ended, dry.unresolved) == ("current", 1, 1, 1)
    assert {(each.what, each.removed_on) for each in dry.sample} == {("added", ""), ("ended", "2024-04-30")}
    assert all(each.who.count("*") == 11 and not holds_person_data(each.who.encode()) for each in dry.sample)
    assert world.dump() == before
    assert world.directory.connection.execute("SELECT COUNT(*) FROM certificate").fetchone() == known
    assert register(world.lists, "202404", None) == []
    real = world.take("202404", [row(1), row(3), row(99)])
    assert real == dry


def test_the_very_list_again_is_a_repeat(world: ListWorld) -> None:
    world.take("202403", [row(1)])
    before = world.dump()
    assert world.take("202403", [row(1)]).state == "repeat"
    assert world.dump() == before


def test_unresolved_lines_become_tasks_without_certificates(world: ListWorld) -> None:
    taken = world.take("202403", [row(1), row(2), row(98)])
    assert (taken.added, taken.unresolved) == (2, 1)
    [task] = [each for each in world.outbox() if each["type"] == "task.opened"]
    assert task["kind"] == "unresolved"
    assert task["facts"] == {
        "source": "civil_affairs", "list_kind": "subsistence", "county": "522701", "list_month": "2024-03", "line": 4,
    }  # fmt: skip
    world.take("202404", [row(1), row(2), row(98)])
    assert [each["task_id"] for each in world.outbox() if each["type"] == "task.opened"] == [task["task_id"]]
    world.take("202405", [row(1), row(2)])
    assert [each["task_id"] for each in world.outbox() if each["type"] == "task.closed"] == [task["task_id"]]
    assert status(world.lists, None, None)["open_tasks"] == 0


def test_a_directory_that_knows_nobody_asks_before_it_opens_a_task_for_each(tmp_path: Path) -> None:
    world = ListWorld(tmp_path)
    taken = world.take("202403", [row(n) for n in range(20)])
    assert taken.state == "waiting"
    assert "import the mapping first" in taken.note
    world.close()


def test_xlsx_ndjson_and_both_encodings_give_the_same_events(tmp_path: Path) -> None:
    rows = [row(1), row(2)]
    outcomes = []
    for form in ("utf-8", "utf-8-sig", "gb18030", "xlsx", "ndjson"):
        folder = tmp_path / form
        folder.mkdir()
        world = ListWorld(folder, 5)
        world.lists.tag = "same"
        taken = world.take_file(_file(folder, form, rows), "202403")
        assert (taken.state, taken.added) == ("current", 2), (form, taken.note)
        outcomes.append([{**each, "digest": ""} for each in world.outbox()])
        world.close()
    assert all(each == outcomes[0] for each in outcomes)


def _file(folder: Path, form: str, rows: list[str]) -> Path:
    if form == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for line in text_of(rows).splitlines():
            sheet.append(line.split(","))
        book.save(folder / "l.xlsx")
        return folder / "l.xlsx"
    if form == "ndjson":
        digest, lines = Digest(), []
        for each in rows:
            lines.append(orjson.dumps(dict(zip(HEAD, each.split(","), strict=True))).decode())
            digest.add(lines[-1])
        lines.append(orjson.dumps({"end": True, "count": digest.count, "digest": digest.hex()}).decode())
        (folder / "l.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
        return folder / "l.ndjson"
    (folder / "l.csv").write_text(text_of(rows), encoding=form)
    return folder / "l.csv"


def test_the_seal_makes_the_closing_line(world: ListWorld) -> None:
    file = world.folder / "hand.csv"
    file.write_text(text_of([row(1), row(2)], closed=False), "utf-8")
    sealed = seal(file, silent)
    assert sealed.fits is None
    file.write_text(file.read_text("utf-8") + sealed.line + "\n", "utf-8")
    assert seal(file, silent).fits is True
    assert world.take_file(file, "202403").state == "current"
    file.write_text(file.read_text("utf-8") + row(3) + "\n", "utf-8")
    with pytest.raises(Usage, match="after the closing line"):
        seal(file, silent)


def test_lines_by_person_number_need_no_certificate(world: ListWorld) -> None:
    file = world.folder / "n.csv"
    head = ("人员编号", "救助身份")
    file.write_text(text_of(["P1,低保对象", "P2,低保对象"], head=head), "utf-8")
    taken = world.take_file(file, "202403")
    assert (taken.state, taken.added, taken.unresolved) == ("current", 2, 0)
    assert {each["psn_no"] for each in world.outbox() if each["what"] == "added"} == {"P1", "P2"}
    file.write_text(text_of([f"{card(1)},低保对象"], head=head), "utf-8")
    assert world.take_file(file, "202404").state == "refused"


def test_no_certificate_and_no_name_stands_in_the_database_or_the_outbox(world: ListWorld) -> None:
    world.take("202403", [row(n) for n in (1, 2, 3, 98)])
    world.lists.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = b"".join(file.read_bytes() for file in world.folder.glob("l.sqlite*"))
    assert "某某".encode() not in raw
    assert not any(card(n).encode() in raw or psn_no(n).encode() in raw for n in (1, 2, 3, 98))
    assert not any(holds_person_data(orjson.dumps(each)) for each in world.outbox())
    assert not holds_person_data(orjson.dumps(status(world.lists, None, None)))
