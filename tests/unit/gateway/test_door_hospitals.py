"""The file of hospitals: every fault with its line and what to do; read again when it changes; broken ones refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from typer.testing import CliRunner

from tests.unit.gateway.door_world import HOSPITALS, SECRET, World, hospitals_file, reason
from workers.cli import _register_all, app
from workers.errors import Usage
from workers.gateway.door.build import door
from workers.gateway.door.hospitals import HospitalsBroken
from workers.gateway.door.keyring import load
from workers.settings import Settings


def _faults(folder: Path, text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(HospitalsBroken) as broken:
        load(hospitals_file(folder, text))
    return [(fault.line, fault.message, fault.fix) for fault in broken.value.faults]


def test_the_sample_is_fit(tmp_path: Path) -> None:
    ring = load(hospitals_file(tmp_path))

    assert sorted(ring.hospitals) == ["H42000000003", "H52270100001", "H52270100002", "H52270100004"]
    assert ring.hospitals["H52270100001"].regions == frozenset({"520000"})
    assert ring.hospitals["H52270100002"].ways == {
        frozenset({"certificate", "envelope"}), frozenset({"certificate", "signature"}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "fix"),
    [
        ('code = "H52270100001"', 'code = "医院"', 3, "hospital.0.code", "form"),
        ('regions = ["520000"]', "regions = []", 4, "hospital.0.regions", "correct"),
        ('regions = ["520000"]', "", 2, "hospital.0.regions", "add it"),
        ("burst = 10", "brust = 10", 7, "hospital.0.brust", "spelling"),
        ("burst = 10", "burst = 0", 7, "hospital.0.burst", "correct"),
        ('ways = ["signature", "certificate"]', 'ways = ["password"]', 5, "hospital.0.ways.0", "form"),
        ('ways = ["signature", "certificate"]', 'ways = ["certificate"]', 5, "no way uses it", "add signature"),
        ('file = "one-2026a.key"', 'file = "nowhere.key"', 11, "cannot be read", "beside"),
        ('public_key_file = "sm2.pub"', 'public_key_file = "two.key"', 25, "not an SM2 public key", "128"),
        ('file = "four.key"', 'file = "two.key"', 43, "another hospital has this secret", "openssl"),
        ('id = "two"', 'id = "one-2026a"', 22, "key id stands in the file twice", "remove"),
        ('code = "H52270100002"', 'code = "H52270100001"', 16, "hospital stands in the file twice", "remove"),
        ('sha256 = "{one}"', "", 12, "sha256 or by subject", "exactly one"),
        ('accepted_by = "鄂医保函〔2026〕1号"', "", 33, "no document", "accepted_by"),
        ('input_unsigned = "accepted"\n', "", 30, "leaves `input` unsigned", "accept it"),
        ("suspended = true", "suspended = maybe", 40, "not readable as TOML", "correct"),
        ("suspended = true", 'suspended = "yes"', 40, "hospital.3.suspended", "true or false"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_what_to_do(
    tmp_path: Path, old: str, new: str, line: int, message: str, fix: str
) -> None:
    assert old in HOSPITALS
    faults = _faults(tmp_path, HOSPITALS.replace(old, new, 1))

    assert any(each[0] == line and message in each[1] and fix in each[2] for each in faults), faults


def test_all_faults_come_at_once_and_without_secrets(tmp_path: Path) -> None:
    text = HOSPITALS.replace('"one-2026a.key"', '"short.key"').replace('"two.key"', '"text.key"')
    (tmp_path / "short.key").write_text("abcdef")
    (tmp_path / "text.key").write_text("my secret words")
    faults = _faults(tmp_path, text)

    assert [fault[1] for fault in faults] == [
        "the key has fewer than 32 bytes", "the key file is not one line of hexadecimal digits",
    ]  # fmt: skip
    assert "abcdef" not in str(faults)
    assert "words" not in str(faults)


def test_nothing_prints_a_secret(tmp_path: Path) -> None:
    ring = load(hospitals_file(tmp_path))

    assert SECRET.hex() not in repr(ring)
    assert repr(SECRET)[2:-1] not in repr(ring)


async def test_a_changed_file_is_in_force_soon_and_a_broken_one_never(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    assert (await world.signed()).status_code == 200

    suspended = HOSPITALS.replace("burst = 10", "burst = 10\nsuspended = true")
    _write(world.file, _text(tmp_path, suspended))
    assert (await world.signed()).status_code == 200  # not looked at yet
    await _looked(world)
    assert reason(await world.signed()) == "hospital_suspended"
    assert _valid() == 1

    _write(world.file, "hospital = 1")
    await _looked(world)
    assert reason(await world.signed()) == "hospital_suspended"
    assert _valid() == 0
    assert "stays in force" in caplog.text

    _write(world.file, _text(tmp_path, HOSPITALS))
    await _looked(world)
    assert (await world.signed()).status_code == 200
    assert _valid() == 1


async def test_a_changed_key_is_a_change(tmp_path: Path) -> None:
    world = World(tmp_path)
    fresh = bytes(range(100, 132))
    (tmp_path / "one-2026a.key").write_text(fresh.hex() + "\n\n")
    await _looked(world)

    assert (await world.signed(secret=fresh)).status_code == 200
    assert reason(await world.signed()) == "signature_wrong"


async def test_a_file_that_vanishes_leaves_the_old_in_force(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.file.unlink()
    await _looked(world)

    assert (await world.signed()).status_code == 200
    assert _valid() == 0


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    _register_all()
    run = CliRunner().invoke
    good = run(app, ["hospitals", "check", str(hospitals_file(tmp_path))])
    assert (good.exit_code, good.output) == (
        0, "4 hospitals (1 suspended), 3 keys, 2 certificates, 2 envelope keys: fit for use\n",
    )  # fmt: skip
    lines = run(app, ["hospitals", "check", "--json", str(tmp_path / "hospitals.toml")]).output.splitlines()
    assert len(lines) == 4

    bad = run(app, ["hospitals", "check", str(hospitals_file(tmp_path, "hospital = 1"))])
    assert bad.exit_code == 1
    assert "hospitals.toml:1:" in bad.output
    assert "fix:" in bad.output


def test_no_gateway_without_a_fit_file(tmp_path: Path) -> None:
    async def nobody(*_: object) -> None:
        raise AssertionError

    with pytest.raises(Usage, match="TUODI_HOSPITALS_FILE"):
        door(nobody, Settings())
    with pytest.raises(Usage, match="cannot be used"):
        door(nobody, Settings(hospitals_file=tmp_path / "none.toml"))
    with pytest.raises(Usage, match="TUODI_GATEWAY_PROXIES"):
        door(nobody, Settings(hospitals_file=hospitals_file(tmp_path), gateway_proxies="10.0.0.999"))
    assert door(nobody, Settings(hospitals_file=hospitals_file(tmp_path), gateway_proxies="10.0.0.0/8, ::1"))


def _text(folder: Path, text: str) -> str:
    before = (folder / "hospitals.toml").read_text(encoding="utf-8")
    written = hospitals_file(folder, text).read_text(encoding="utf-8")
    (folder / "hospitals.toml").write_text(before, encoding="utf-8")
    return written


def _write(file: Path, text: str) -> None:
    """Written beside and moved over, as it should be; its time moves on even on a coarse clock."""
    beside = file.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    os.utime(beside, ns=(0, file.stat().st_mtime_ns + 1_000_000))
    beside.rename(file)


async def _looked(world: World) -> None:
    """Let the door look at its file: time passes, a request comes, and what it began ends."""
    world.clock.monotonic_s += 2
    await world.ask("GET", "/v1/openapi.json", b"")
    await world.ask()
    assert world.door._looking is not None
    await world.door._looking


def _valid() -> float | None:
    return REGISTRY.get_sample_value("settlement_hospitals_file_valid")
