"""A small client of the hospital window: one file, httpx and the standard library. Copy it, or read it as a recipe.

It does what makes money safe on the caller's side: keeps a message before it is sent, repeats the very same bytes under
a fresh signature until there is an answer, follows a 202 to its answer, and hands an amount out once per settlement.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

ATTEMPTS_MAX = 6
TIMEOUT_S = 3.0
WAIT_S_MAX = 30.0
DONE, REFUSED, LATER, UNKNOWN = "done", "refused", "later", "unknown"
"""done: answered and binding · refused: wrong content, never repeat · later: recorded, ask again · unknown: repeat."""

FINAL_REFUSALS = frozenset({400, 404, 409, 422})
"""Refused for what the message says. 401, 403, 413, 429 and 5xx are not: an earlier attempt may have been recorded."""
FOR_ADMINISTRATORS = frozenset({401, 403, 413, 431})
"""Repeating at once does not help: mend key, clock or limit, then resume. Until then the outcome is unknown."""


class Signer:
    """RFC 9421 with hmac-sha256. `now_s` is Unix time, `nonce` gives 16 to 128 characters that never come again."""

    def __init__(self, key_id: str, secret: bytes, now_s: Callable[[], float], nonce: Callable[[], str]) -> None:
        self._key_id, self._secret, self._now_s, self._nonce = key_id, secret, now_s, nonce

    def headers(self, method: str, target: str, body: bytes) -> dict[str, str]:
        """The headers of one attempt; `target` is path and query. Sign every attempt anew."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        base, params = self.base(method, target, digest)
        signature = base64.b64encode(hmac.digest(self._secret, base.encode(), "sha256")).decode()
        return {
            "Content-Digest": digest, "Signature-Input": f"tuodi={params}", "Signature": f"tuodi=:{signature}:",
            "Content-Type": "application/json",
        }  # fmt: skip

    def base(self, method: str, target: str, digest: str) -> tuple[str, str]:
        """The text that is signed, and its last line's value."""
        path, _, query = target.partition("?")
        parts = [("@method", method), ("@path", path)] + ([("@query", f"?{query}")] if query else [])
        parts.append(("content-digest", digest))
        names = " ".join(f'"{name}"' for name, _ in parts)
        stamp = f'created={int(self._now_s())};nonce="{self._nonce()}";keyid="{self._key_id}";alg="hmac-sha256"'
        params = f"({names});{stamp}"
        lines = [f'"{name}": {value}' for name, value in parts]
        return "\n".join([*lines, f'"@signature-params": {params}']), params


class Outcome(NamedTuple):
    """What is known of a message now: DONE, REFUSED, LATER or UNKNOWN, and the last answer's JSON object."""

    state: str
    status: int
    answer: dict[str, Any]


class Outbox:
    """Messages and what became of them, in SQLite: it survives a crash between sending and hearing the answer."""

    def __init__(self, file: Path | str) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA synchronous=FULL")
        columns = (
            "path TEXT NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL, status INT NOT NULL, answer TEXT NOT NULL"
        )
        self._db.execute(f"CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, {columns})")
        self._db.execute("CREATE TABLE IF NOT EXISTS taken (bill TEXT PRIMARY KEY)")

    def keep(self, message_id: str, path: str, body: bytes) -> None:
        """Write the message down before it is sent. Another body under the same id is an error of the caller."""
        self._db.execute(
            "INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?, 0, '{}')", (message_id, path, body, UNKNOWN)
        )
        if self.message(message_id) != (path, body):
            raise ValueError("another message was kept under this id: a changed message needs a new id")

    def message(self, message_id: str) -> tuple[str, bytes]:
        row = self._db.execute("SELECT path, body FROM message WHERE id = ?", (message_id,)).fetchone()
        return str(row[0]), bytes(row[1])

    def outcome(self, message_id: str) -> Outcome:
        row = self._db.execute("SELECT state, status, answer FROM message WHERE id = ?", (message_id,)).fetchone()
        return Outcome(row[0], row[1], json.loads(row[2]))

    def write(self, message_id: str, outcome: Outcome) -> None:
        values = (outcome.state, outcome.status, json.dumps(outcome.answer, ensure_ascii=False), message_id)
        self._db.execute("UPDATE message SET state = ?, status = ?, answer = ? WHERE id = ?", values)

    def open(self) -> list[str]:
        """Ids that have no final outcome, oldest first: send them again after a start."""
        rows = self._db.execute("SELECT id FROM message WHERE state IN (?, ?) ORDER BY rowid", (UNKNOWN, LATER))
        return [row[0] for row in rows]

    def take(self, region: str, setl_id: str) -> bool:
        """True once per settlement: only then may the window deduct its amount from what the person owes."""
        values = (f"{region}/{setl_id}",)
        return self._db.execute("INSERT OR IGNORE INTO taken VALUES (?)", values).rowcount == 1


class Window:
    """Sends messages. `wait` sleeps (seconds); `http` has the base address, its certificate and TLS settings."""

    def __init__(
        self, http: httpx.AsyncClient, signer: Signer, outbox: Outbox, wait: Callable[[float], Awaitable[None]]
    ) -> None:
        self._http, self._signer, self._outbox, self._wait = http, signer, outbox, wait

    async def send(self, message_id: str, path: str, event: dict[str, Any]) -> Outcome:
        """Keep, then send until answered, at most ATTEMPTS_MAX times. The same id again sends the same bytes again."""
        body = json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        self._outbox.keep(message_id, path, body)
        return await self.resume(message_id)

    async def resume(self, message_id: str) -> Outcome:
        """Go on with a kept message: after a start do this for each of `Outbox.open()`."""
        known = self._outbox.outcome(message_id)
        if known.state in (DONE, REFUSED):
            return known
        path, body = self._outbox.message(message_id)
        for attempt in range(ATTEMPTS_MAX):
            answer = await self.ask("POST", path, body)
            outcome = self._judge(answer)
            if outcome.state == LATER and answer is not None:
                outcome = await self._follow(answer, outcome)
            self._outbox.write(message_id, outcome)
            if outcome.state != UNKNOWN or outcome.status in FOR_ADMINISTRATORS:
                return outcome
            await self._wait(_patience(answer, attempt))
        return outcome

    async def ask(self, method: str, target: str, body: bytes = b"") -> httpx.Response | None:
        """One signed attempt; None where it is not known whether it arrived."""
        try:
            headers = self._signer.headers(method, target, body)
            return await self._http.request(method, target, content=body, headers=headers, timeout=TIMEOUT_S)
        except httpx.TransportError:
            return None

    async def _follow(self, answer: httpx.Response, outcome: Outcome) -> Outcome:
        """Ask at the address of a 202 until the decision is there, at most ATTEMPTS_MAX times."""
        where = urlsplit(answer.headers.get("location", ""))  # never to another host than the one we signed for
        found: httpx.Response | None = answer
        for attempt in range(ATTEMPTS_MAX if where.path else 0):
            await self._wait(_patience(found, attempt))
            found = await self.ask("GET", where.path + (f"?{where.query}" if where.query else ""))
            if found is not None and found.status_code == 200:
                return self._judge(found)
        return outcome

    def _judge(self, answer: httpx.Response | None) -> Outcome:
        if answer is None:
            return Outcome(UNKNOWN, 0, {})
        try:
            said = answer.json()
        except ValueError:
            return Outcome(UNKNOWN, answer.status_code, {})
        state = {200: DONE, 202: LATER}.get(answer.status_code, UNKNOWN)
        if answer.status_code in FINAL_REFUSALS:
            state = REFUSED
        return Outcome(state, answer.status_code, said if isinstance(said, dict) else {})


def _patience(answer: httpx.Response | None, attempt: int) -> float:
    """Seconds until the next attempt: what the server asked for, else 0.5, 1, 2, 4 …"""
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    return min(WAIT_S_MAX, float(asked) if asked.isdigit() else 0.5 * 2**attempt)
