"""The acceptance list of the hospital window: what a vendor's side must see before it goes live, check by check.

Run by `tuodi conformance URL`. Safe by default: what is sent is refused, or asks and records nothing; checks that write
settlements run only when they are asked for, on numbers of their own, and end cancelled. A check speaks as a vendor
would: with the vendor's own key or certificate and the vendor's own sample bill.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import httpx
import orjson

from workers.client.hospital import Signer

SETTLE, CANCEL, REINSTATE = "/v1/settlements", "/v1/settlements/cancel", "/v1/settlements/reinstate"
TRIAL, PERSON_YEAR, CONTRACT = "/v1/trials", "/v1/person-years", "/v1/openapi.json"
TIMEOUT_S = 10.0


class Seen(NamedTuple):
    """One answer: status 0 where none came."""

    status: int
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """Slug of the problem, "" for a success."""
        return str(self.body.get("type", "")).rpartition(":")[2] if self.status >= 400 else ""

    @property
    def reason(self) -> str:
        """The reason within the problem, where one is given."""
        return str(self.body.get("reason", "")) if self.status >= 400 else ""

    def __str__(self) -> str:
        """Status and codes only: never what an answer says about a person."""
        said = self.kind or str(self.body.get("outcome", "") or self.body.get("status", ""))
        return " ".join(part for part in (str(self.status or "no answer"), said, self.reason) if part)


class Target(NamedTuple):
    """Whom to ask, as whom, with which bill. `signer` is None where the connection's certificate is the proof."""

    http: httpx.AsyncClient
    hospital: str
    region: str
    bill: dict[str, Any]
    run_id: str
    signer: Signer | None
    wrong_signer: Signer | None
    """Same key id, another secret."""
    late_signer: Signer | None
    """The same key an hour ago."""

    def numbered(self, name: str) -> dict[str, Any]:
        """The sample bill under a number of this run."""
        number = f"ACC{self.run_id}{name}"
        return {**self.bill, "setl_id": number, "msgid": f"{self.hospital}{self.run_id}{name}"[:64]}

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        signer: Signer | None = None,
    ) -> Seen:
        """One request, signed by `signer` or the vendor's own; `headers` instead are sent as they are."""
        signer = signer or self.signer
        if headers is None:
            headers = signer.headers(method, target, body) if signer else {"Content-Type": "application/json"}
        try:
            answer = await self.http.request(method, target, content=body, headers=headers, timeout=TIMEOUT_S)
            said = orjson.loads(answer.content)
        except (httpx.TransportError, orjson.JSONDecodeError) as error:
            return Seen(0 if isinstance(error, httpx.TransportError) else answer.status_code, {})
        return Seen(answer.status_code, said if isinstance(said, dict) else {})

    async def post(self, target: str, event: dict[str, Any]) -> Seen:
        """One event."""
        return await self.ask("POST", target, orjson.dumps(event))


class Verdict(NamedTuple):
    """What came of a check: `passed` None where it does not apply here."""

    passed: bool | None
    saw: str


class Check(NamedTuple):
    """One line of the list. `expects` and `todo` are Chinese, `english` both in one line."""

    name: str
    writes: bool
    expects: str
    todo: str
    english: str
    run: Callable[[Target, dict[str, Any]], Awaitable[Verdict]]


class Finding(NamedTuple):
    """One check with its verdict."""

    check: Check
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        check, verdict = self.check, self.verdict
        advice = {} if verdict.passed is not False else {"todo": check.todo, "english": check.english}
        return {
            "check": check.name, "writes": check.writes, "passed": verdict.passed, "expects": check.expects,
            "saw": verdict.saw, **advice,
        }  # fmt: skip


def chosen(checks: tuple[Check, ...], *, write: bool) -> Iterator[Check]:
    """The checks of a run: those that write only where they are asked for."""
    return (check for check in checks if write or not check.writes)


async def run(checks: Iterator[Check], target: Target, say: Callable[[Finding], None]) -> list[Finding]:
    """Run the checks in order; what one learns (`memory`) the later ones may use."""
    memory: dict[str, Any] = {}
    findings = []
    for check in checks:
        finding = Finding(check, await check.run(target, memory))
        say(finding)
        findings.append(finding)
    return findings
