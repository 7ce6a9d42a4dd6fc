"""`tuodi conformance URL` against the real window, its real door and the real ledger, on the log in memory."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from typer.testing import CliRunner

from tests.unit.gateway.door_world import SECRET, hospitals_file
from tests.unit.gateway.gateway_world import GatewayWorld, settlement, until
from workers.cli import _register_all, app
from workers.client.acceptance import Finding, Target, chosen, run
from workers.client.acceptance_run import HOUR_S
from workers.client.checks import CHECKS
from workers.client.hospital import Signer
from workers.gateway.door.build import door
from workers.gateway.service import Replica
from workers.settings import Settings

BILL = settlement()


def _target(http: httpx.AsyncClient, **changes: Any) -> Target:
    def nonce() -> str:
        return secrets.token_urlsafe(24)

    signers = (
        Signer("one-2026a", SECRET, time.time, nonce),
        Signer("one-2026a", bytes(32), time.time, nonce),
        Signer("one-2026a", SECRET, lambda: time.time() - HOUR_S, nonce),
    )
    return Target(http, "H52270100001", "520000", {**BILL, **changes}, secrets.token_hex(4), *signers)


@contextlib.asynccontextmanager
async def _window(folder: Path) -> AsyncIterator[tuple[GatewayWorld, httpx.AsyncClient]]:
    """The window behind its door, with a ledger and a read model that follows."""
    world = await GatewayWorld(folder).open()
    await world.recognise()
    text = (hospitals_file(folder)).read_text(encoding="utf-8")
    (folder / "hospitals.toml").write_text(text.replace("requests_per_second = 5\nburst = 10", "burst = 1000"))
    settings = Settings(**{**world.settings.model_dump(), "hospitals_file": folder / "hospitals.toml"})
    world.fill_read_model()
    replica = Replica(world.log, settings, lambda app: door(app, settings), instance_id="a", dev_keys=True)
    async with world.ledger():
        await replica.start()
        try:
            await until(replica.ready.serves)
            transport = httpx.ASGITransport(app=replica.asgi, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://window") as http:
                yield world, http
        finally:
            await replica.stop()


async def test_our_own_window_passes_the_whole_list_and_ends_clean(tmp_path: Path) -> None:
    said: list[Finding] = []
    async with _window(tmp_path) as (world, http):
        findings = await run(chosen(CHECKS, write=True), _target(http), said.append)

    assert [(each.check.name, each.verdict) for each in findings if each.verdict.passed is not True] == []
    assert said == findings
    assert len(findings) == len(CHECKS)
    net: dict[str, float] = {}
    for decision in world.of("assistance.decided"):
        for posting in decision["postings"]:
            net[posting["payee"]] = net.get(posting["payee"], 0) + float(posting["amount"])
    assert {payee: round(amount, 2) for payee, amount in net.items() if round(amount, 2)} == {}


async def test_without_write_nothing_reaches_the_journal(tmp_path: Path) -> None:
    async with _window(tmp_path) as (world, http):
        before = len(world.of("journal"))
        findings = await run(chosen(CHECKS, write=False), _target(http), lambda _: None)

    assert {each.verdict.passed for each in findings} == {True}
    assert len(world.of("journal")) == before


async def test_a_window_that_asks_nobody_fails_what_matters(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    world.fill_read_model()
    async with world.ledger(), world.window() as http:
        findings = await run(chosen(CHECKS, write=False), _target(http), lambda _: None)

    failed = {each.check.name for each in findings if each.verdict.passed is False}
    assert {"nobody", "wrong-key", "clock", "changed-body", "replay"} <= failed
    for each in findings:
        said = each.as_json()
        assert ("todo" in said) == (each.verdict.passed is False)
        assert BILL["psn_no"] not in orjson.dumps(said).decode()


async def test_nobody_there_is_a_finding_not_an_error() -> None:
    async def dead(scope: Any, receive: Any, send: Any) -> None:
        raise httpx.ConnectError("refused")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=dead), base_url="http://x") as http:
        findings = await run(chosen(CHECKS, write=True), _target(http), lambda _: None)

    assert {each.verdict.passed for each in findings} == {False}
    assert {each.verdict.saw.split(";")[0] for each in findings} == {"no answer"}


def test_the_dry_run_sends_nothing_and_lists_all() -> None:
    _register_all()
    shown = CliRunner().invoke(app, ["conformance", "https://window.invalid", "--dry-run", "--write", "--json"])
    lines = [orjson.loads(line) for line in shown.stdout.splitlines()]

    assert shown.exit_code == 0
    assert [line["check"] for line in lines] == [check.name for check in CHECKS]
    only = CliRunner().invoke(app, ["conformance", "https://window.invalid", "--dry-run", "--json"])
    assert {orjson.loads(line)["writes"] for line in only.stdout.splitlines()} == {False}


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        ({}, [], "--hospital CODE"),
        ({"region": "620000"}, ["--hospital", "H52270100001", "--region", "520000"], "region is not the one"),
        ({"institution_code": "H9"}, ["--hospital", "H52270100001", "--region", "520000"], "institution_code is not"),
        ({"type": "settlement.cancel"}, ["--hospital", "H52270100001", "--region", "520000"], "settlement.final"),
        ({}, ["--hospital", "H52270100001", "--region", "520000"], "name your proof"),
    ],
)
def test_only_for_the_hospital_and_region_that_are_named(
    tmp_path: Path, change: dict[str, str], options: list[str], words: str
) -> None:
    from workers.errors import Usage

    file = tmp_path / "bill.json"
    file.write_bytes(orjson.dumps({**BILL, **change}))
    _register_all()
    found = CliRunner().invoke(app, ["conformance", "https://window.invalid", *options, "--bill", str(file)])

    assert isinstance(found.exception, Usage)
    assert words in str(found.exception)
    assert BILL["psn_no"] not in str(found.exception)
