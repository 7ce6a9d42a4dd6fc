"""P5: of nobody's name, ID number or telephone, wherever a stranger writes it, anything is left outside the seals.

A county year through intake, ledger and read model, with people's data in twins of its records; then the window over
HTTP, and lists and directory with files. Afterwards every byte that we wrote is searched: topics (keys, values,
headers, dead letters too: their values are sealed), databases, logs, metrics, exceptions, output, names of files.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry

from tests.privacy.plants import CARD_MARK, NAME_MARK, PHONE_MARK, Plants, spellings
from tests.privacy.scan import Scanner
from tests.privacy.strangers import NATIONAL, NATIVE, Sent, year
from tests.privacy.world import PrivacyWorld, input_files
from tests.unit.gateway.gateway_world import settlement
from tests.unit.lists.list_world import HEAD, ListWorld, text_of
from tests.unit.lists.list_world import row as list_row
from workers.directory.certificate import check_character
from workers.errors import TuodiError
from workers.journal.pii import holds_person_data
from workers.simulate.year import Plan, simulate

PERSONS, EVERY = 300, 2
PATHS = ("/v1/settlements", "/v1/trials", "/v1/settlements/cancel", "/v1/settlements/reverse", "/v1/national", "/v1/x")
THE_CLIENT_OF_THE_TEST = ("httpx", "httpcore")


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def _said(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], scanner: Scanner) -> None:
    captured = capsys.readouterr()
    formatter = logging.Formatter()
    for record in caplog.records:
        if record.name.startswith(THE_CLIENT_OF_THE_TEST):
            continue
        scanner.look(f"log of {record.name}", formatter.format(record).encode())
        scanner.look(f"log arguments of {record.name}", repr((record.args, record.__dict__.get("data"))).encode())
    scanner.look("stdout", captured.out.encode())
    scanner.look("stderr", captured.err.encode())


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("national", [False, True], ids=["our shape", "the platform's shape"])
async def test_a_county_year(
    national: bool, tmp_path: Path, everything_logged: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    plants = Plants()
    plan = Plan(seed=11, persons=PERSONS, close_every=30, national=national, only_assisted=False)
    sent = list(year(list(simulate(plan)), plants, EVERY))
    world = await PrivacyWorld(tmp_path).open(adopt=False)
    async with world.ledger():
        await world.live(sent)
        await world.at_rest()
    world.fill_read_model()
    scanner = Scanner(plants.planted)
    world.look(scanner)
    scanner.look_at_folder(tmp_path, input_files(tmp_path))
    _said(everything_logged, capsys, scanner)
    assert scanner.leaks == []
    assert len(world.of("assistance.decided")) > 100
    assert world.dead_letters() > len(NATIVE)
    assert len(plants.planted) > 3 * len(NATIONAL if national else NATIVE)
    assert scanner.bytes > 1_000_000


async def test_what_a_stranger_sends_holds_what_was_planted() -> None:
    """The scan finds everybody in the feeds themselves: the ways of planting do plant."""
    plants = Plants()
    sent = [each for each in year(list(simulate(Plan(3, 40, close_every=90))), plants, 2) if isinstance(each, Sent)]
    scanner = Scanner(plants.planted)
    for each in sent:
        for raw in (each.key, each.value, *(part for name, value in each.headers for part in (name.encode(), value))):
            scanner.look("feed", raw)
            if len(scanner.leaks) > 50:
                scanner.leaks.sort()
                break
    assert {value[: len(NAME_MARK)] for _, value in scanner.leaks} >= {NAME_MARK}
    assert any(value.startswith(CARD_MARK) for _, value in scanner.leaks)


# --- the window
async def test_the_window(
    tmp_path: Path, everything_logged: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    plants = Plants()
    world = await PrivacyWorld(tmp_path).open()
    await world.recognise()
    answers: list[bytes] = []
    async with world.ledger(), world.window() as window:
        for number, path in enumerate(PATHS):
            for way in range(9):
                one = plants.someone()
                body = settlement(f"S{number}{way}")
                changes = (
                    {"psn_name": one.name, "certno": one.card, "tel": one.phone}, {"note": one.name}, {one.name: 1},
                    {"setl_id": one.name}, {"msgid": one.phone}, {"psn_no": one.card}, {"institution_code": one.name},
                    {"type": one.name}, {},
                )[way]  # fmt: skip
                headers = {"x-operator": one.phone, "x-card": one.card, "user-agent": f"HIS/{one.phone}"}
                answered = await window.post(
                    path, json={**body, **changes}, headers=headers, params={"psn_name": one.name, "tel": one.phone}
                )
                answers.append(answered.content + repr(sorted(answered.headers.items())).encode())
                for raw in (
                    f'{{"psn_name": "{one.name}"'.encode(),
                    one.name.encode("gb18030"),
                    b"\xff" + one.card.encode(),
                ):
                    answered = await window.post(path, content=raw, headers={"content-type": "application/json"})
                    answers.append(answered.content + repr(sorted(answered.headers.items())).encode())
                answered = await window.get(f"/v1/settlements/520000/{one.card}", params={"psn_no": one.phone})
                answers.append(answered.content)
                answered = await window.get(f"/v1/settlements/{one.name}/{one.phone}")
                answers.append(answered.content)
    world.fill_read_model()
    scanner = Scanner(plants.planted)
    world.look(scanner)
    for each in answers:
        scanner.look("answer", each)
    scanner.look_at_folder(tmp_path, input_files(tmp_path))
    _said(everything_logged, capsys, scanner)
    assert scanner.leaks == []
    assert len(world.of("assistance.decided")) >= 1
    assert len(answers) > 6 * 9 * len(PATHS) - 1


# --- lists and directory
def test_lists_and_the_directory(
    tmp_path: Path, everything_logged: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    plants = Plants()
    world = ListWorld(tmp_path, 20)
    raised: list[str] = []
    rows = [list_row(n) for n in range(20)]
    for _ in range(30):
        one = plants.someone()
        rows += [
            f"01,{one.card},{one.name},低保对象,2020-01-05,,",
            f"{one.name},{one.phone},{one.name},{one.phone},x,,",
        ]
    files = (
        text_of(rows).encode(),
        text_of(rows).encode("gb18030"),
        text_of([list_row(1)], head=[*HEAD[:6], "备注"]).encode(),
        "\n".join(rows).encode(),
        text_of(rows, closed=False).encode(),
    )
    for number, raw in enumerate(files):
        one = plants.someone()
        file = tmp_path / f"2023{number + 1:02d}.csv"
        file.write_bytes(raw.replace("某某".encode(), one.name.encode()))
        try:
            world.take_file(file, f"2023{number + 1:02d}")
        except TuodiError as error:
            raised.append(f"{error!r} {error.__cause__!r} {error.__context__!r}")
    world.take("202306", [list_row(n) for n in range(20)])  # and one that is taken, with a name in every line
    tables = [repr(world.outbox()), repr(world.dump())]
    world.close()
    scanner = Scanner(plants.planted)
    for text in [*raised, *tables]:
        scanner.look("message or table", text.encode())
    scanner.look_at_folder(tmp_path, input_files(tmp_path))
    _said(everything_logged, capsys, scanner)
    assert scanner.leaks == []
    assert scanner.bytes > 10_000
    assert raised


# --- the test can fail
@pytest.mark.parametrize("place", ["value", "key", "header", "header name", "database", "log", "metric", "file name"])
@pytest.mark.parametrize("kind", [0, 1, 2], ids=["card", "phone", "name"])
def test_a_leak_is_found_wherever_it_is(
    place: str,
    kind: int,
    tmp_path: Path,
    everything_logged: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plants = Plants()
    for _ in range(40):
        one = plants.someone()
    value = one.values[kind]
    scanner = Scanner(plants.planted)
    if place == "database":
        database = sqlite3.connect(tmp_path / "h.sqlite")
        database.execute("CREATE TABLE t (a TEXT)")
        database.execute("INSERT INTO t VALUES (?)", (f"before {value} after",))
        database.commit()
        database.close()
        scanner.look_at_folder(tmp_path, frozenset())
    elif place == "file name":
        (tmp_path / f"{value}.txt").write_bytes(b"1")
        scanner.look_at_folder(tmp_path, frozenset())
    elif place == "log":
        logging.getLogger("workers.intake").warning("refused %s", value)
        _said(everything_logged, capsys, scanner)
    elif place == "metric":
        registry = CollectorRegistry()
        prometheus_client.Counter("leak", "of a test", ("who",), registry=registry).labels(value).inc()
        scanner.look("metrics", prometheus_client.generate_latest(registry))
    else:
        scanner.look(place, b"0" * 5_000 + value.encode() + b"0" * 5_000)
    assert {found for _, found in scanner.leaks} == {value}


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["card", "phone", "name"])
def test_a_leak_is_found_in_every_spelling(kind: int) -> None:
    plants = Plants()
    one = plants.someone()
    for spelling in spellings(one.values[kind]):
        scanner = Scanner(plants.planted)
        scanner.look("somewhere", b"{" + spelling + b"}")
        assert {found for _, found in scanner.leaks} == {one.values[kind]}, spelling


def test_marks_alone_are_no_leak() -> None:
    plants = Plants()
    one = plants.someone()
    scanner = Scanner(plants.planted)
    scanner.look("a hash", f"ab{PHONE_MARK}cdef0123{CARD_MARK}".encode())
    assert scanner.leaks == []
    assert one.card[17] == check_character(one.card[:17])
    assert holds_person_data(one.card.encode())
    assert holds_person_data(one.phone.encode())
