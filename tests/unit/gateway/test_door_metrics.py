"""What Prometheus is told: each reason once, hospitals of the file only, nothing that a caller states."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY, generate_latest

from tests.unit.gateway.door_world import SECRET, World, envelope
from workers.gateway.door.hospitals import HOSPITALS_MAX


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_each_refusal_is_counted_by_its_reason(tmp_path: Path) -> None:
    world = World(tmp_path)
    before = {
        reason: _value("settlement_door_refused_total", reason=reason)
        for reason in ("credentials_missing", "signature_wrong", "too-large", "rate_limited")
    }
    await world.ask()
    await world.signed(secret=bytes(32))
    await world.signed(body=b" " * 3000)
    for _ in range(12):
        await world.signed()

    after = {reason: _value("settlement_door_refused_total", reason=reason) for reason in before}
    assert {reason: after[reason] - before[reason] for reason in before} == {
        "credentials_missing": 1, "signature_wrong": 1, "too-large": 1, "rate_limited": 2,
    }  # fmt: skip


async def test_hospitals_are_labels_only_where_the_file_knows_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    admitted = {"hospital": "H52270100001", "way": "signature"}
    before = _value("settlement_door_admitted_total", **admitted)
    await world.signed()
    await world.signed(key_id="H-made-up-by-a-caller")
    await world.ask(target="/v1/national", body=envelope("H99999999999"))

    assert _value("settlement_door_admitted_total", **admitted) == before + 1
    said = generate_latest().decode()
    assert "made-up" not in said
    assert "H99999999999" not in said
    assert HOSPITALS_MAX <= 2_000


async def test_nothing_secret_is_logged_or_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(tmp_path)
    caplog.set_level("DEBUG")
    headers = world.signer().headers("POST", "/v1/settlements", b'{"psn_no": "52000000000000000001000042"}')
    await world.ask(body=b'{"psn_no": "52000000000000000001000042"}', headers=headers)
    await world.ask(body=b'{"psn_no": "52000000000000000001000042"}', headers=headers)

    said = generate_latest().decode() + caplog.text
    for secret in (SECRET.hex(), headers["Signature"], "52000000000000000001000042"):
        assert secret not in said
