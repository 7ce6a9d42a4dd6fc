"""The port of every way to prove who calls. One contract suite holds for all of them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from workers.gateway.door.head import Head
from workers.gateway.door.hospitals import Hospital
from workers.gateway.door.keyring import Keyring


class Proven(NamedTuple):
    """What a proof has shown: whose it is, by which way, and what of it must not come twice (None: may come again)."""

    hospital: Hospital
    way: str
    nonce: str | None = None


class Proof(Protocol):
    """A proof of which the head has been checked. `hospital` is None where only the body says whose it is."""

    hospital: Hospital | None

    async def check(self, body: bytes) -> Proven | None:
        """Check the rest over the whole body. None: the body carries no such proof. Errors: Refused."""
        ...


class Scheme(Protocol):
    """One way to prove who calls."""

    way: str

    def look(self, head: Head, ring: Keyring, now_s: float) -> Proof | None:
        """The proof in this head; None where it carries none of this kind. `now_s` is Unix time. Errors: Refused."""
        ...
