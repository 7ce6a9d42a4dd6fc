"""Which law is in force in a partition: a fold of its `rulebook.adopted` records (records.md §6, docs/records.md §5).

`!rulebook|<hash>` holds the canonical bytes of each adoption, `!adopted` names the last one with its number in the
partition. Loaded laws are remembered by hash in the process: twelve partitions load a rulebook once.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Protocol

import orjson

from workers.entitlement.law import InForce, Law
from workers.errors import Stop, TuodiError
from workers.ledger.modes import WORDS, modes_of
from workers.ledger.outputs import NOTHING_ADOPTED_RECEIPT, Receipt
from workers.ledger.shut import YEARS, shut_years
from workers.ledger.views import ADOPTED, CLOSED_YEARS, MODES, RULEBOOK
from workers.runtime.port import View

LAWS_KEPT = 4
"""Loaded laws kept in the process; more than two matter only while adoptions follow each other closely."""


class AdoptedLaw(Law, Protocol):
    """What `workers.policy.adoption.load_adoption` makes of the canonical bytes."""

    @property
    def engine(self) -> int: ...


Loader = Callable[[bytes], AdoptedLaw]


class Standing(NamedTuple):
    """The law in force with what decisions say of it; `hash` is None before the first adoption."""

    in_force: InForce | None
    receipt: Receipt
    hash: str | None


NOTHING_ADOPTED = Standing(None, NOTHING_ADOPTED_RECEIPT, None)


class Adoptions:
    """Reads and writes the adoption state of one partition.

    What is cached is tied to the very bytes object the view holds, so a dropped batch needs no care.
    """

    def __init__(self, load: Loader) -> None:
        self._load = load
        self._raw: bytes | None = None
        self._shut: bytes | None = None
        self._modes: bytes | None = None
        self._standing = NOTHING_ADOPTED
        self._laws: dict[str, AdoptedLaw] = {}

    def standing(self, view: View) -> Standing:
        """The law in force as this view sees it."""
        raw, shut, modes = view.get(ADOPTED, ""), view.get(CLOSED_YEARS, YEARS), view.get(MODES, WORDS)
        if raw is not self._raw or shut is not self._shut or modes is not self._modes:
            self._standing = NOTHING_ADOPTED if raw is None else self._stand(view, raw)
            self._raw, self._shut, self._modes = raw, shut, modes
            if self._standing.in_force is not None:
                in_force = self._standing.in_force._replace(shut=shut_years(shut), modes=modes_of(modes))
                self._standing = self._standing._replace(in_force=in_force)
        return self._standing

    def adopt(self, view: View, hash_: str, instrument: str, body: bytes) -> bool:
        """Put an adoption into force; False if it was adopted before. `Stop` where the bytes do not have the hash."""
        if view.get(RULEBOOK, hash_) is not None:
            return False
        if sha256(body).hexdigest() != hash_.removeprefix("sha256:"):
            raise Stop("rulebook.adopted carries bytes that do not have its hash: find who wrote it")
        view.put(RULEBOOK, hash_, body)
        raw = view.get(ADOPTED, "")
        number = 1 if raw is None else orjson.loads(raw)["number"] + 1
        view.put(ADOPTED, "", orjson.dumps({"hash": hash_, "instrument": instrument, "number": number}))
        self.standing(view)
        return True

    def _stand(self, view: View, raw: bytes) -> Standing:
        adopted = orjson.loads(raw)
        law = self._law(view, adopted["hash"])
        return Standing(InForce(law, adopted["number"]), Receipt(law.engine, adopted["hash"]), adopted["hash"])

    def _law(self, view: View, hash_: str) -> AdoptedLaw:
        known = self._laws.get(hash_)
        if known is not None:
            return known
        body = view.get(RULEBOOK, hash_)
        if body is None:
            raise Stop("the adopted rulebook is missing in the changelog: the state is incomplete, restore it")
        try:
            law = self._load(body)
        except (TuodiError, ValueError) as error:
            raise Stop(f"the adopted rulebook cannot be loaded by this release ({type(error).__name__})") from error
        while len(self._laws) >= LAWS_KEPT:
            del self._laws[next(iter(self._laws))]
        self._laws[hash_] = law
        return law
