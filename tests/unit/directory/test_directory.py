"""The directory: import with ambiguity as an error, look-up, rotation, who may read the file."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.directory.people import KEYS, REGION, card, psn_no
from workers.directory.bring import Brought, bring
from workers.directory.certificate import Certificate, certificate
from workers.directory.check import check
from workers.directory.database import Directory
from workers.directory.keys import DirectoryKeys
from workers.directory.rotate import rotate
from workers.errors import Usage


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def write(path: Path, rows: list[tuple[str, ...]], encoding: str = "utf-8") -> Path:
    text = "\n".join(",".join(row) for row in [("证件类型", "证件号码", "人员编号"), *rows])
    path.write_text(text + "\n", encoding=encoding)
    return path


def take(directory: Directory, file: Path, **how: bool) -> Brought:
    return bring(directory, file, REGION, dry_run=how.pop("dry_run", False), progress=silent, **how)


def found(directory: Directory, number: str) -> str | None:
    one = certificate("01", number)
    assert one is not None
    known = directory.find(REGION, one)
    return None if known is None or known.person is None else directory.numbers([known.person])[known.person]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_import_and_look_up(tmp_path: Path, encoding: str) -> None:
    file = write(tmp_path / "m.csv", [("居民身份证", card(n), psn_no(n)) for n in range(100)], encoding)
    with Directory(tmp_path / "d.sqlite", KEYS) as directory:
        dry = take(directory, file, dry_run=True)
        assert (dry.lines, dry.new, dry.wrong) == (100, 100, 0)
        assert found(directory, card(3)) is None
        assert take(directory, file) == dry
        assert [found(directory, card(n)) for n in range(100)] == [psn_no(n) for n in range(100)]
        again = take(directory, file)
        assert (again.new, again.same) == (0, 100)


def test_import_of_a_spreadsheet_names_numbers_that_lost_digits(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["证件类型", "身份证号*", "人员编号"])
    sheet.append(["01", card(1), psn_no(1)])
    sheet.append(["01", int("9" * 18), psn_no(2)])
    book.save(tmp_path / "m.xlsx")
    with Directory(tmp_path / "d.sqlite", KEYS) as directory:
        done = take(directory, tmp_path / "m.xlsx")
        assert (done.new, done.wrong, done.shown[0].line) == (1, 1, 3)
        assert "lost its last digits" in done.shown[0].what
        assert found(directory, card(1)) == psn_no(1)


def test_two_numbers_for_one_certificate_are_an_error_and_never_a_guess(tmp_path: Path) -> None:
    file = write(
        tmp_path / "m.csv", [("", card(1), "P1"), ("", card(2), "P2"), ("", card(1), "P3"), ("", card(2), "P2")]
    )
    with Directory(tmp_path / "d.sqlite", KEYS) as directory:
        done = take(directory, file)
        assert [each.line for each in done.shown] == [2, 4]
        assert (found(directory, card(1)), found(directory, card(2))) == (None, "P2")
        moved = write(tmp_path / "n.csv", [("", card(2), "P9")])
        refused = take(directory, moved)
        assert (refused.wrong, found(directory, card(2))) == (1, "P2")
        assert take(directory, moved, replace=True).replaced == 1
        assert found(directory, card(2)) == "P9"


def test_wrong_lines_are_named_without_their_values(tmp_path: Path) -> None:
    rows = [("", "", "P1"), ("会员卡", card(1), "P1"), ("", card(2), ""), ("", card(3), card(4)), ("", card(5), "a b")]
    with Directory(tmp_path / "d.sqlite", KEYS) as directory:
        done = take(directory, write(tmp_path / "m.csv", rows))
        assert [each.line for each in done.shown] == [2, 3, 4, 5, 6]
        assert not any(card(n) in each.what for each in done.shown for n in range(6))
        with pytest.raises(Usage, match="人员编号"):
            take(directory, _headless(tmp_path))


def _headless(folder: Path) -> Path:
    file = folder / "h.csv"
    file.write_text("a,b\n1,2\n")
    return file


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12))
def test_import_equals_a_map_that_drops_what_is_ambiguous(tmp_path: Path, pairs: list[tuple[int, int]]) -> None:
    path = tmp_path / "d.sqlite"
    path.unlink(missing_ok=True)
    said: dict[int, set[int]] = {}
    for one, number in pairs:
        said.setdefault(one, set()).add(number)
    with Directory(path, KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("", card(one), psn_no(number)) for one, number in pairs]))
        for one in range(6):
            numbers = said.get(one, set())
            expected = psn_no(*numbers) if len(numbers) == 1 else None
            assert found(directory, card(one)) == expected


def test_the_file_is_its_owners_alone_and_holds_no_certificate(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    with Directory(path, KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("", card(n), psn_no(n)) for n in range(50)]))
        for file in tmp_path.glob("d.sqlite*"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    raw = path.read_bytes()
    assert not any(card(n).encode() in raw for n in range(50))
    path.chmod(0o640)
    with pytest.raises(Usage, match="others may read"):
        Directory(path, KEYS)


def test_another_key_or_version_does_not_open_it(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    Directory(path, KEYS).close()
    with pytest.raises(Usage, match="another key"):
        Directory(path, DirectoryKeys(b"l" * 32, 1))
    with pytest.raises(Usage, match="version 1"):
        Directory(path, DirectoryKeys(b"k" * 32, 2))


def test_rotation_keeps_every_answer_and_every_id(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    new = DirectoryKeys(b"n" * 32, 2)
    with Directory(path, KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("", card(n), psn_no(n)) for n in range(30)]))
        directory.begin()
        [waiting] = directory.certificates(REGION, [Certificate("01", card(99))])
        directory.commit()
        assert rotate(directory, new, silent) == 31
        assert [found(directory, card(n)) for n in range(30)] == [psn_no(n) for n in range(30)]
        with pytest.raises(Usage):
            rotate(directory, new, silent)
    with Directory(path, new) as directory:
        assert directory.find(REGION, Certificate("01", card(99))) == waiting
        assert check(directory, silent)._asdict() == {
            "key_version": 2, "persons": 30, "certificates": 31, "unresolved": 1, "several_certificates": 0,
            "broken": 0, "integrity": "ok",
        }  # fmt: skip
    with pytest.raises(Usage):
        Directory(path, KEYS)


def test_a_rotation_that_dies_leaves_the_old_key_in_force(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"

    def dies(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with Directory(path, KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("", card(1), psn_no(1))]))
        with pytest.raises(KeyboardInterrupt):
            rotate(directory, DirectoryKeys(b"n" * 32, 2), dies)
    with Directory(path, KEYS) as directory:
        assert found(directory, card(1)) == psn_no(1)


def test_check_finds_a_row_that_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "d.sqlite"
    with Directory(path, KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("", card(n), psn_no(n)) for n in range(3)]))
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE certificate SET sealed = (SELECT sealed FROM certificate WHERE id = 2) WHERE id = 1")
    raw.close()
    with Directory(path, KEYS) as directory:
        assert check(directory, silent).broken == 1


def test_several_certificates_of_one_person_and_their_masks(tmp_path: Path) -> None:
    with Directory(tmp_path / "d.sqlite", KEYS) as directory:
        take(directory, write(tmp_path / "m.csv", [("01", card(1), "P1"), ("16", "E12345678901", "P1")]))
        person = directory.find_person(REGION, "P1")
        assert person is not None
        shown = directory.masked_of_person(person)
        assert [kind for kind, _ in shown] == ["01", "16"]
        assert shown[1] == ("16", "E12*****8901")
