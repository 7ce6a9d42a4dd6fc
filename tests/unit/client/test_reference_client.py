"""The small client against a scripted window behind the real door: lost answers, crashes, 202, refusals; paid once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.gateway.door_world import HOSPITALS, World
from workers.client.hospital import ATTEMPTS_MAX, DONE, LATER, REFUSED, UNKNOWN, Outbox, Window

PATH = "/v1/settlements"
BILL = {"region": "520000", "setl_id": "S1", "total_fee": "100.00"}
ANSWER = {"region": "520000", "setl_id": "S1", "assistance": "56.54", "decision_id": "d" * 32}
FAST = HOSPITALS.replace("requests_per_second = 5\nburst = 10", "requests_per_second = 1000\nburst = 5000")


class Scripted:
    """A window that keeps what arrives and answers by a script; `lost` answers never reach the client."""

    def __init__(self, folder: Path, script: list[tuple[str, int, dict[str, str]]]) -> None:
        self.world = World(folder, text=FAST)
        self.world.door._app = self._app
        self._script = script
        self.arrived: list[tuple[str, str, bytes]] = []
        self.waited: list[float] = []

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        self.arrived.append((scope["method"], scope["path"], body))
        step, status, headers = self._script.pop(0) if self._script else ("said", 200, {})
        said = ANSWER if status in (200, 202) else {"type": "urn:tuodi:problem:x", "status": status}
        content = b"<html>" if step == "html" else json.dumps(said).encode()
        if step == "lost":
            raise httpx.ReadTimeout("no answer")
        lines = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": content})

    def window(self, outbox: Outbox, **kwargs: Any) -> Window:
        transport = httpx.ASGITransport(app=self.world.door)
        http = httpx.AsyncClient(transport=transport, base_url="http://window.example")

        async def wait(seconds: float) -> None:
            self.waited.append(seconds)

        return Window(http, self.world.signer(**kwargs), outbox, wait)


@pytest.fixture(name="outbox")
def _outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite")


async def test_an_answer_is_kept_and_not_asked_twice(tmp_path: Path, outbox: Outbox) -> None:
    window = Scripted(tmp_path, [])
    first = await window.window(outbox).send("S1", PATH, BILL)
    again = await window.window(outbox).send("S1", PATH, BILL)

    assert first == again == (DONE, 200, ANSWER)
    assert len(window.arrived) == 1


async def test_a_lost_answer_is_asked_for_again_with_the_same_bytes(tmp_path: Path, outbox: Outbox) -> None:
    window = Scripted(
        tmp_path, [("lost", 0, {}), ("lost", 0, {}), ("html", 502, {}), ("said", 503, {"Retry-After": "2"})]
    )
    outcome = await window.window(outbox).send("S1", PATH, BILL)

    assert outcome.state == DONE
    assert len({each[2] for each in window.arrived}) == 1
    assert len(window.arrived) == 5
    assert window.waited == [0.5, 1.0, 2.0, 2.0]


async def test_it_gives_up_after_a_bounded_number_and_goes_on_later(tmp_path: Path, outbox: Outbox) -> None:
    window = Scripted(tmp_path, [("lost", 0, {})] * ATTEMPTS_MAX)
    outcome = await window.window(outbox).send("S1", PATH, BILL)

    assert outcome.state == UNKNOWN
    assert outbox.open() == ["S1"]
    assert (await window.window(outbox).resume("S1")).state == DONE
    assert outbox.open() == []


async def test_a_crash_between_sending_and_hearing_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "outbox.sqlite"
    window = Scripted(tmp_path, [("lost", 0, {})])

    class Crash(Exception):
        pass

    async def crash(_: float) -> None:
        raise Crash

    dying = window.window(Outbox(file))
    dying._wait = crash
    with pytest.raises(Crash):
        await dying.send("S1", PATH, BILL)

    reborn = Outbox(file)
    assert reborn.open() == ["S1"]
    assert (await window.window(reborn).resume("S1")).state == DONE
    assert window.arrived[0] == window.arrived[1]


async def test_a_202_is_followed_to_its_answer(tmp_path: Path, outbox: Outbox) -> None:
    later = {"Location": "/v1/settlements/520000/S1", "Retry-After": "1"}
    window = Scripted(tmp_path, [("said", 202, later), ("said", 404, {}), ("said", 202, later)])
    outcome = await window.window(outbox).send("S1", PATH, BILL)

    assert outcome == (DONE, 200, ANSWER)
    assert [each[:2] for each in window.arrived] == [("POST", PATH)] + [("GET", "/v1/settlements/520000/S1")] * 3


async def test_a_202_that_stays_is_asked_for_later(tmp_path: Path, outbox: Outbox) -> None:
    window = Scripted(tmp_path, [("said", 202, {"Location": "/v1/settlements/520000/S1"})] * (ATTEMPTS_MAX + 1))

    assert (await window.window(outbox).send("S1", PATH, BILL)).state == LATER
    assert outbox.open() == ["S1"]
    assert (await window.window(outbox).resume("S1")).state == DONE


@pytest.mark.parametrize("status", [409, 422])
async def test_what_is_refused_for_its_content_is_never_repeated(tmp_path: Path, outbox: Outbox, status: int) -> None:
    window = Scripted(tmp_path, [("said", status, {})])

    assert (await window.window(outbox).send("S1", PATH, BILL)).state == REFUSED
    assert (await window.window(outbox).resume("S1")).state == REFUSED
    assert len(window.arrived) == 1


async def test_a_wrong_clock_is_for_the_administrator_and_leaves_the_outcome_open(
    tmp_path: Path, outbox: Outbox
) -> None:
    window = Scripted(tmp_path, [])
    outcome = await window.window(outbox, skew_s=-3600).send("S1", PATH, BILL)

    assert (outcome.state, outcome.status, outcome.answer["reason"]) == (UNKNOWN, 401, "clock_outside_window")
    assert window.waited == []
    assert (await window.window(outbox).resume("S1")).state == DONE


async def test_another_body_needs_another_id(tmp_path: Path, outbox: Outbox) -> None:
    window = Scripted(tmp_path, [])
    await window.window(outbox).send("S1", PATH, BILL)

    with pytest.raises(ValueError, match="new id"):
        await window.window(outbox).send("S1", PATH, {**BILL, "total_fee": "100.01"})


def test_an_amount_is_handed_out_once_even_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "outbox.sqlite"
    assert Outbox(file).take("520000", "S1")
    assert not Outbox(file).take("520000", "S1")
    assert Outbox(file).take("620000", "S1")


STEPS = st.sampled_from(
    [("lost", 0), ("said", 200), ("said", 202), ("said", 429), ("said", 503), ("html", 502), ("said", 404)]
)


@settings(max_examples=20, deadline=None)
@given(script=st.lists(STEPS, max_size=25))
async def test_whatever_the_network_does_one_body_is_sent_and_one_amount_is_taken(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("client")
    location = {"Location": "/v1/settlements/520000/S1"}
    window = Scripted(folder, [(step, status, location if status == 202 else {}) for step, status in script])
    file, taken = folder / "outbox.sqlite", 0
    for _ in range(6):
        outbox = Outbox(file)
        outcome = await window.window(outbox).send("S1", PATH, BILL)
        taken += outcome.state == DONE and outbox.take("520000", "S1")

    assert len({body for method, _, body in window.arrived if method == "POST"}) == 1
    assert taken == (outcome.state == DONE)


def test_the_file_stays_small_enough_to_read() -> None:
    source = Path(__file__).parents[3] / "workers" / "client" / "hospital.py"
    lines = source.read_text(encoding="utf-8").splitlines()

    assert len(lines) < 200
    assert not [line for line in lines if line.startswith(("from workers", "import workers", "from schemas"))]
