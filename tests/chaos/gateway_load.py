"""Hospitals at the window: bills at a rate, some of them impatient, all of them asking until they have been told.

Each try and what it was told is written down; a hospital that knows nothing of outcomes retries blindly.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.unit.intake.bills import bill

CODE, REGION = "H52270100001", "520000"
IMPATIENT, GIVES_UP_S, TRIES_MAX = 0.05, 0.05, 5
"""Share of clients that give up, after how long, and how often they try again before they wait for an answer."""
PATIENT_S, PAUSE_S, ASKS_MAX = 5.0, 0.2, 150
CONNECTIONS_MAX = 400
PERSONS_SHARE = 10
"""Bills per person."""


def person_number(index: int) -> str:
    """`psn_no` of a person of the load; none looks like an ID card."""
    return f"GW522701P{index:07d}"


@dataclass
class Told:
    """One bill, every answer with a 200 that was given for it, and how often it was sent."""

    setl_id: str
    sent: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)


class Hospitals:
    """Posts bills to replicas in turn, as a load balancer would: another one where the first does not answer."""

    def __init__(self, folder: Path, replicas: int, seed: int) -> None:
        self._folder, self._replicas = folder, replicas
        self._dice = random.Random(seed)
        self._turn = 0
        self.told: dict[str, Told] = {}
        self.statuses: Counter[str] = Counter()

    async def run(self, rate: float, seconds: float) -> None:
        """Begin `rate` bills a second for so long; returns when every client has its answer or has given up asking."""
        loop = asyncio.get_running_loop()
        began, count = loop.time(), int(rate * seconds)
        connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX)
        async with aiohttp.ClientSession(connector=connector) as client:
            clients = set()
            for number in range(count):
                ahead = number / rate - (loop.time() - began)
                if ahead > 0:
                    await asyncio.sleep(ahead)
                clients.add(asyncio.create_task(self._client(client, number, max(1, count // PERSONS_SHARE))))
            await asyncio.gather(*clients)

    async def _client(self, client: aiohttp.ClientSession, number: int, persons: int) -> None:
        setl_id = f"GW{number:07d}"
        told = self.told[setl_id] = Told(setl_id)
        body = bill(
            setl_id=setl_id, msgid=f"{CODE}{number:018d}", institution_code=CODE, region=REGION,
            psn_no=person_number(number % persons), in_scope_personal=f"{100 + number % 2900}.00",
        )  # fmt: skip
        if self._dice.random() < IMPATIENT:
            for _ in range(1 + TRIES_MAX):
                if await self._try(client, told, body, GIVES_UP_S):
                    break
        for _ in range(ASKS_MAX):
            if told.answers or await self._try(client, told, body, PATIENT_S):
                break
            await asyncio.sleep(PAUSE_S)
        await self._try(client, told, body, PATIENT_S)  # once more, when all is known: a blind retry

    async def _try(self, client: aiohttp.ClientSession, told: Told, body: dict[str, Any], seconds: float) -> bool:
        told.sent += 1
        url = self._url()
        if url is None:
            self.statuses["nobody"] += 1
            return False
        try:
            async with asyncio.timeout(seconds):
                async with client.post(f"{url}/v1/settlements", json=body) as answer:
                    status = answer.status
                    if status == 200:
                        told.answers.append(await answer.json())
        except TimeoutError:
            self.statuses["gave up"] += 1
            return False
        except aiohttp.ClientError as error:
            self.statuses[type(error).__name__] += 1
            return False
        self.statuses[str(status)] += 1
        return status == 200

    def _url(self) -> str | None:
        for _ in range(self._replicas):
            self._turn += 1
            port = self._folder / f"gateway-chaos-{self._turn % self._replicas}.port"
            if port.exists():
                return f"http://127.0.0.1:{port.read_text(encoding='ascii').strip()}"
        return None
