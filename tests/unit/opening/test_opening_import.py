"""`tuodi import` through the command line: dry first, confirmed by a code, written once, never by halves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from schemas.topics import full_name
from tests.unit.directory.people import card
from tests.unit.intake.bills import memory_log
from workers.errors import TuodiError, Usage
from workers.log.memory import MemoryLog
from workers.opening import commands
from workers.settings import settings

BALANCES = (
    "region,psn_no,measure,year,ordinary_used,paid\n520000,P1,QN,2023,12000.00,12000.00\n520000,P2,QN,2023,0.50,\n"
)
CONTROL = "measure,year,cum_type_code,persons,cum\nQN,2023,ordinary_used,2,12000.50\nQN,2023,paid,1,12000.00\n"


class Office:
    """An operator with his files, and a cluster in memory."""

    def __init__(self, folder: Path, log: MemoryLog) -> None:
        self.folder, self.log = folder, log
        self.key = Ed25519PrivateKey.generate()
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "key.pub").write_bytes(public)
        self.draw_up()

    def draw_up(self, balances: str = BALANCES, control: str = CONTROL) -> None:
        (self.folder / "b.csv").write_text(balances)
        (self.folder / "b.sig").write_bytes(self.key.sign(balances.encode()))
        (self.folder / "c.csv").write_text(control)

    def run(self, *more: str, **changes: str) -> tuple[int, str, BaseException | None]:
        stated = {"author": "E1", "second-signer": "E2", "document": "D1", "opened-on": "2023-07-01"} | changes
        files = {"signature": "b.sig", "public-key": "key.pub", "control": "c.csv"}
        words = [word for name, file in files.items() for word in (f"--{name}", str(self.folder / file))]
        words += [word for name, text in stated.items() for word in (f"--{name}", text)]
        app = typer.Typer()
        commands.register(app)
        result = CliRunner().invoke(app, [str(self.folder / "b.csv"), *words, *more])
        return result.exit_code, result.output, result.exception

    def values(self) -> list[dict[str, Any]]:
        return [orjson.loads(record.value or b"") for record in self.log.records(full_name("journal"))]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("TUODI_DEV_KEYS", "1")
    settings.cache_clear()
    log = memory_log()
    monkeypatch.setattr("workers.opening.run.KafkaLog", lambda bootstrap: log)
    yield Office(tmp_path, log)
    settings.cache_clear()


def code_of(output: str) -> str:
    return output.split("--confirm ")[1].split()[0]


def test_dry_first_then_confirmed(office: Office) -> None:
    status, output, _ = office.run()
    assert status == 0
    assert "QN 2023 ordinary_used: 12000.50 of 2 persons" in output
    assert office.values() == []
    status, output, _ = office.run("--confirm", code_of(output))
    assert (status, "2 balances written" in output) == (0, True)
    first, second = sorted(office.values(), key=lambda value: -len(value["used"]["ordinary_used"]))
    assert (first["type"], first["used"], first["paid"]) == (
        "balance.opened",
        {"ordinary_used": "12000.00"},
        "12000.00",
    )
    assert (second["used"], second["author"], second["revision"]) == ({"ordinary_used": "0.50"}, "E1", 1)
    assert "P1" not in str(office.values())


def test_the_same_again_is_the_same_record(office: Office) -> None:
    """What the ledger answers `repeat`: the value is the same to the byte."""
    code = code_of(office.run()[1])
    for _ in range(2):
        assert office.run("--confirm", code)[0] == 0
    values = [orjson.dumps(value) for value in office.values()]
    assert len(values) == 4
    assert len(set(values)) == 2


@pytest.mark.parametrize("change", ["file", "control", "signer", "revision"])
def test_a_code_is_good_for_one_import_only(office: Office, change: str) -> None:
    code = code_of(office.run()[1])
    more, changes = ["--confirm", code], {}
    if change == "file":
        office.draw_up(BALANCES.replace("P2", "P3"))
    elif change == "control":
        office.draw_up(BALANCES, CONTROL + "\n")
    elif change == "signer":
        changes = {"author": "E3"}
    else:
        more += ["--revision", "2"]
    status, _, error = office.run(*more, **changes)
    assert status != 0
    assert isinstance(error, TuodiError)
    assert "is the code of another" in str(error)
    assert office.values() == []


def test_one_wrong_line_or_total_and_nothing_is_written(office: Office) -> None:
    code = code_of(office.run()[1])
    office.draw_up(BALANCES + "520000,P3,QN,2023,1,\n", CONTROL.replace("12000.50", "12000.51"))
    status, output, error = office.run("--confirm", code)
    assert status != 0
    assert f"{office.folder / 'b.csv'}:4: ordinary_used: yuan with two places" in output
    assert "the file has 12000.50 of 2 persons, the control 12000.51 of 2" in output
    assert str(error) == "nothing was written: 1 lines and 1 totals are wrong"
    assert office.values() == []


def test_a_file_that_is_not_what_was_signed_is_not_read(office: Office) -> None:
    (office.folder / "b.csv").write_text(BALANCES.replace("0.50", "9.50"))
    _, output, error = office.run()
    assert "the signature" in str(error)
    assert "balances" not in output
    (office.folder / "key.pub").write_text("no key")
    assert isinstance(office.run()[2], Usage)


def test_two_people_sign(office: Office) -> None:
    error = office.run(**{"second-signer": "E1"})[2]
    assert isinstance(error, Usage)
    assert isinstance(office.run("--dry-run", "--confirm", "0" * 12)[2], Usage)


@pytest.mark.parametrize("name", ["author", "second-signer", "document"])
def test_signers_are_numbers_of_officers_and_never_of_people(office: Office, name: str) -> None:
    code, told, error = office.run(**{name: card(3)})
    assert code != 0
    assert isinstance(error, Usage)
    assert card(3) not in told + str(error)
    assert office.values() == []
