"""docs/integrate/window-fallback.md, played: the window is closed, the person pays, and is paid once, at home."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.gateway.gateway_world import HOSPITAL, OTHER, GatewayWorld, settlement, until
from workers.client.hospital import DONE, UNKNOWN, Outbox, Signer, Window

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "integrate" / "window-fallback.md").read_text(encoding="utf-8")
[FALLBACK] = (json.loads(found) for found in re.findall(r"```json fallback\n(.+?)\n```", PAGE, re.DOTALL))
PATH = "/v1/settlements"
BILL = settlement()
REPORTED = {name: value for name, value in BILL.items() if name not in ("type", "version", "region", "psn_no")}


class Story:
    """One hospital system with its outbox, a network that can be cut, and the system behind it."""

    def __init__(self, folder: Path, world: GatewayWorld, http: httpx.AsyncClient) -> None:
        self.world, self.cut, self.lost = world, True, False
        self.outbox = Outbox(folder / "outbox.sqlite")
        self._http = http
        signer = Signer("any", bytes(32), lambda: 1.0, lambda: "nonce-0123456789")
        self.window = Window(self, signer, self.outbox, self._wait)  # type: ignore[arg-type]
        self._told = 0

    async def _wait(self, _: float) -> None:
        return None

    async def request(self, method: str, target: str, **options: Any) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("the window is closed")
        answer = await self._http.request(method, target, **options)
        if self.lost:
            raise httpx.ReadTimeout("the answer was lost")
        return answer

    def deducted(self) -> bool:
        """Whether the clerk may deduct the amount now: once, and never after the bill was settled without it."""
        return self.outbox.take("520000", str(BILL["setl_id"]))

    async def clerk_settles_without_assistance(self) -> None:
        assert (await self.window.send("S1", PATH, BILL)).state == UNKNOWN
        assert self.deducted()  # taken as nothing: no later answer is handed out at the window

    async def system_says_so(self) -> str:
        outcome = await self.window.send("S1 fallback", PATH, {**BILL, **FALLBACK})
        assert outcome.state == DONE
        return str(outcome.answer["outcome"])

    async def platform_reports(self) -> None:
        before = len(self.world.of("journal.answered"))
        await self.world.say(type="settlement.final", **REPORTED)
        await until(lambda: len(self.world.of("journal.answered")) > before)

    def accounts(self) -> dict[str, str]:
        net: dict[str, int] = {}
        for decision in self.world.of("assistance.decided"):
            for posting in decision["postings"]:
                fen = int(posting["amount"].replace(".", ""))
                net[posting["payee"]] = net.get(posting["payee"], 0) + fen
        return {payee: f"{fen / 100:.2f}" for payee, fen in net.items() if fen}


@pytest.fixture(name="amount")
async def _amount(tmp_path: Path) -> str:
    """What the bill gets where everything works."""
    world = await GatewayWorld(tmp_path / "works").open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        answer = (await http.post(PATH, json=BILL)).json()
    assert float(answer["assistance"]) > 0
    return str(answer["assistance"])


async def test_closed_then_the_hospital_says_so_then_the_platform_reports(tmp_path: Path, amount: str) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        story = Story(tmp_path, world, http)
        await story.clerk_settles_without_assistance()
        assert world.bills_in_journal() == []

        story.cut = False
        assert await story.system_says_so() == "decided"
        assert story.accounts() == {"person": amount}
        await story.platform_reports()
        late = await story.window.resume("S1")

    assert (late.state, late.answer["outcome"], late.answer["assistance"]) == (DONE, "repeat", amount)
    assert not story.deducted()
    assert story.accounts() == {"person": amount}
    assert [answer["outcome"] for answer in world.of("journal.answered")].count("confirmed") == 1
    assert story.outbox.open() == []


async def test_closed_then_the_platform_reports_then_the_hospital_says_so(tmp_path: Path, amount: str) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        story = Story(tmp_path, world, http)
        await story.clerk_settles_without_assistance()
        await story.platform_reports()
        assert story.accounts() == {"hospital": amount}

        story.cut = False
        assert await story.system_says_so() == "completed"
        assert story.accounts() == {"person": amount}
        late = await story.window.resume("S1")
        again = await http.post(PATH, json={**BILL, **FALLBACK})

    assert (late.answer["outcome"], again.json()["outcome"]) == ("confirmed", "confirmed")
    assert story.accounts() == {"person": amount}
    assert not story.deducted()


async def test_the_answer_was_lost_although_the_bill_had_arrived(tmp_path: Path, amount: str) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        story = Story(tmp_path, world, http)
        story.cut, story.lost = False, True
        await story.clerk_settles_without_assistance()
        assert story.accounts() == {"hospital": amount}

        story.lost = False
        assert await story.system_says_so() == "completed"

    assert story.accounts() == {"person": amount}
    assert not story.deducted()


async def test_nobody_says_so_and_a_manual_claim_pays_the_person(tmp_path: Path, amount: str) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        story = Story(tmp_path, world, http)
        await story.clerk_settles_without_assistance()
        await world.say(type="settlement.final", **{**REPORTED, "channel": "manual", "formal_receipt": True})
        await until(lambda: len(world.of("assistance.decided")) == 1)

    [decision] = world.of("assistance.decided")
    assert {posting["payee"] for posting in decision["postings"]} <= {"person"}
    assert story.accounts() in ({}, {"person": amount})


async def test_a_cancel_afterwards_asks_the_person_not_the_hospital(tmp_path: Path, amount: str) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        story = Story(tmp_path, world, http)
        await story.platform_reports()
        story.cut = False
        await story.system_says_so()
        cancel = {
            "type": "settlement.cancel", "version": 1, "region": "520000", "psn_no": BILL["psn_no"],
            "setl_id": BILL["setl_id"], "own_id": "C1",
        }  # fmt: skip
        assert (await http.post("/v1/settlements/cancel", json=cancel)).status_code == 200

    assert story.accounts() == {"person": amount, "recovery": f"-{amount}"}


async def test_another_hospital_cannot_say_it(tmp_path: Path) -> None:
    world = await GatewayWorld(tmp_path).open()
    await world.recognise()
    async with world.ledger(), world.window() as http:
        first = (await http.post(PATH, json=BILL)).json()
        async with world.window(OTHER, "b") as others:
            body = {name: value for name, value in BILL.items() if name != "institution_code"}
            answer = await others.post(PATH, json={**body, **FALLBACK})

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:tuodi:problem:not-yours")
    assert [decision["decision_id"] for decision in world.of("assistance.decided")] == [first["decision_id"]]


def test_the_page_is_for_this_hospital_and_fits_one_page() -> None:
    assert FALLBACK == {"advanced_by": "person"}
    assert HOSPITAL.code not in PAGE
    assert len(PAGE.splitlines()) < 70
