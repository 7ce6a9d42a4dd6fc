"""Files back to the departments, and the commands as people type them."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.unit.directory.people import card, psn_no
from tests.unit.lists.list_world import ListWorld, row, text_of
from workers.cli import _register_all, app
from workers.errors import Usage
from workers.lists.feedback import RECIPIENTS, feedback, newest
from workers.settings import settings

SERIES = ("qiannan", "civil_affairs", "subsistence", "522701")
ORDER = ["--source", "civil_affairs", "--kind", "subsistence", "--county", "522701", "--period"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ListWorld]:
    made = ListWorld(tmp_path, 6)
    yield made
    made.close()


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def test_the_tax_office_gets_person_numbers_the_source_masks_and_line_numbers(world: ListWorld) -> None:
    world.take("202403", [row(1), row(2), row(3)])
    world.take("202404", [row(2, recognised="2020-02-02"), row(3), row(4), row(98)])
    list_id = newest(world.lists, SERIES, "202404")
    folder = world.settings.lists_folder / "feedback"
    tax = feedback(world.lists, world.directory, folder, list_id, "tax")
    rows = read(tax.file)
    assert {(each["变动"], each["人员编号"], each["终止日期"]) for each in rows} == {
        ("退出", psn_no(1), "2024-04-30"), ("变更", psn_no(2), ""), ("新增", psn_no(4), ""),
    }  # fmt: skip
    assert (tax.changes, tax.unresolved) == (3, 0)
    source = feedback(world.lists, world.directory, folder, list_id, "source")
    told = read(source.file)
    assert (source.changes, source.unresolved) == (3, 1)
    [missing] = [each for each in told if each["变动"] == "未匹配"]
    assert missing["原名单行号"] == "5"
    assert missing["证件号码"] == card(98)[:3] + "*" * 11 + card(98)[-4:]
    whole = source.file.read_text("utf-8-sig")
    assert not any(card(n) in whole or psn_no(n) in whole for n in (1, 2, 3, 4, 98))
    for file in (tax.file, source.file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not any(card(n) in file.name or psn_no(n) in file.name for n in range(5))


def test_a_folder_that_others_may_read_is_refused(world: ListWorld) -> None:
    world.take("202403", [row(1)])
    folder = world.settings.lists_folder / "feedback"
    folder.mkdir(parents=True, mode=0o755)
    folder.chmod(0o755)
    with pytest.raises(Usage, match="others may read"):
        feedback(world.lists, world.directory, folder, newest(world.lists, SERIES, "202403"), "tax")
    folder.chmod(0o700)
    with pytest.raises(Usage, match="recipients are"):
        feedback(world.lists, world.directory, folder, newest(world.lists, SERIES, "202403"), "newspaper")
    with pytest.raises(Usage, match="no complete list"):
        feedback(world.lists, world.directory, folder, 77, RECIPIENTS[0])


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs the command line over files of a folder."""
    for name in ("directory", "lists"):
        monkeypatch.setenv(f"TUODI_{name.upper()}", str(tmp_path / f"{name}.sqlite"))
    monkeypatch.setenv("TUODI_LISTS_FOLDER", str(tmp_path / "guarded"))
    monkeypatch.setenv("TUODI_DEV_KEYS", "1")
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    _register_all()

    def run(*words: str, stdin: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words), input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit | Usage), done.exception
        return (2 if isinstance(done.exception, Usage) else done.exit_code), done.stdout

    yield run
    settings.cache_clear()


def test_a_month_by_hand(typed: Any, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(f"证件号码,人员编号\n{card(1)},P1\n{card(2)},P2\n", "utf-8")
    region = ["--region", "520000"]
    assert typed("directory", "import", "m.csv", *region, "--dry-run")[0] == 0
    assert typed("directory", "lookup", *region, stdin=f"{card(1)}\n") == (1, "not known\n")
    assert typed("directory", "import", "m.csv", *region)[0] == 0
    assert typed("directory", "lookup", *region, stdin=f"{card(1)}\n") == (0, "P1\n")
    assert typed("directory", "lookup", *region, "--psn-no", "P1")[1] == f"01 {card(1)[:3]}{'*' * 11}{card(1)[-4:]}\n"
    assert json.loads(typed("directory", "check", "--json")[1])["certificates"] == 2

    (tmp_path / "l.csv").write_text(text_of([row(1), row(2), row(3)], closed=False), "utf-8")
    assert typed("lists", "take", "l.csv", *ORDER, "202403")[0] == 1
    code, line = typed("lists", "seal", "l.csv")
    assert code == 0
    with (tmp_path / "l.csv").open("a", encoding="utf-8") as file:
        file.write(line)
    code, out = typed("lists", "take", "l.csv", *ORDER, "202403", "--dry-run", "--json")
    assert (code, json.loads(out)["added"], json.loads(out)["unresolved"]) == (0, 2, 1)
    assert typed("lists", "take", "l.csv", *ORDER, "202403")[0] == 0
    assert typed("lists", "take", "l.csv", *ORDER, "202403")[0] == 0
    told = json.loads(typed("lists", "status", "--json")[1])
    assert [each["state"] for each in told["lists"]] == ["current", "open"]
    assert (told["open_tasks"], told["waiting"]) == (1, 4)
    assert "open" in typed("lists", "status")[1]
    (tmp_path / "m.csv").write_text(f"证件号码,人员编号\n{card(3)},P3\n", "utf-8")
    assert typed("lists", "resolve")[0] == 1
    assert typed("directory", "import", "m.csv", *region)[0] == 0
    code, out = typed("lists", "resolve", "--json")
    assert (code, json.loads(out)["tasks_closed"], json.loads(out)["added"]) == (0, 1, 1)
    assert typed("lists", "feedback", "--to", "tax", *ORDER, "202403")[0] == 0
    [file] = (tmp_path / "guarded/feedback").iterdir()
    assert {each["人员编号"] for each in read(file)} == {"P1", "P2", "P3"}

    (tmp_path / "new.key").write_text("ab" * 32, "ascii")
    rotate = ("directory", "rotate", "--new-key-file", "new.key", "--new-version", "2")
    assert json.loads(typed(*rotate, "--dry-run", "--json")[1]) == {
        "certificates": 3, "key_version": 2, "dry_run": True,
    }  # fmt: skip
    assert typed(*rotate)[0] == 0
    assert typed("directory", "check")[0] == 2


def test_many_ends_exit_with_three(typed: Any, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("证件号码,人员编号\n" + "".join(f"{card(n)},P{n}\n" for n in range(30)), "utf-8")
    typed("directory", "import", "m.csv", "--region", "520000")
    (tmp_path / "1.csv").write_text(text_of([row(n) for n in range(30)]), "utf-8")
    (tmp_path / "2.csv").write_text(text_of([row(n) for n in range(5)]), "utf-8")
    assert typed("lists", "take", "1.csv", *ORDER, "202403")[0] == 0
    assert typed("lists", "take", "2.csv", *ORDER, "202404")[0] == 3
    assert typed("lists", "take", "2.csv", *ORDER, "202404", "--confirm")[0] == 0
    wrong = [*ORDER[:1], "trade_union", *ORDER[2:]]
    assert typed("lists", "take", "2.csv", *wrong, "202404")[0] == 2
