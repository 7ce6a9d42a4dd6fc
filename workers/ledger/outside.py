"""Figures of outside documents (X-A9) and lists of counties that office orders bring: each becomes an adoption.

Partition 0 reads the order, adds its figures to the law in force and sends the canonical bytes to every partition as
`rulebook.adopted` with the law they build on (`base`). A partition in which another law came in between leaves them
aside: partition 0 sees that law too and sends the figures anew on top of it. So all end with the same law, whatever the
order of arrival. `!figures` holds, in partition 0 alone, what was ordered and on which law it was last put.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson

from workers.entitlement.outcome import Outcome
from workers.entitlement.sameness import digest_of
from workers.ledger.adoption import Adoptions
from workers.ledger.cause import Cause
from workers.ledger.outputs import Publisher
from workers.ledger.views import FIGURES, RULEBOOK
from workers.policy.adoption import adoption_record_fields, load_adoption
from workers.policy.amended import OrderedFigure, amended, amendments_of, takes_list, united, without_stated
from workers.policy.county_lists import with_list
from workers.policy.law import Law
from workers.runtime.port import Emit, View
from workers.settings import Settings

ADOPTED = "rulebook.adopted"
ORDERS_MAX = 2_000
"""Orders of figures remembered, for ever; a further one needs a person."""


Noted = dict[str, Any]
"""What was ordered so far, the last order, every order's digest, and the laws it was put on and became."""


class OutsideFigures:
    """What orders have added to the law, as partition 0 knows it."""

    def __init__(self, settings: Settings, publisher: Publisher, adoptions: Adoptions) -> None:
        self._settings = settings
        self._publisher = publisher
        self._adoptions = adoptions

    def ordered(self, model: Any, cause: Cause, view: View, emit: Emit) -> Outcome:
        """An order `figures` or `county_list`: applied, a repeat, or without effect where no rulebook can hold it."""
        noted = _noted(view)
        digest = digest_of(model.model_dump(mode="json", exclude_none=True))
        if (known := noted["orders"].get(model.order_id)) is not None:
            return Outcome("repeat" if known == digest else "conflict")
        if len(noted["orders"]) >= ORDERS_MAX:
            return Outcome("needs_person")
        law = self._adoptions.standing(view).in_force
        plain = view.get(RULEBOOK, noted["plain"]) if noted["plain"] else None
        noted["orders"][model.order_id] = digest
        outcome = Outcome("no_effect")
        if law is not None and plain is not None and isinstance(law.law, Law) and model.author != model.second_signer:
            more = {"last": model.order_id, **_said(law.law, model, noted)}
            changed = any(more[name] != noted[name] for name in ("figures", "lists"))
            if changed and self._send(plain, noted, more, cause, emit):
                outcome = Outcome("applied")
        view.put(FIGURES, "", orjson.dumps(noted, option=orjson.OPT_SORT_KEYS))
        return outcome

    def adopted(self, hash_: str, base: str | None, cause: Cause, view: View, emit: Emit) -> None:
        """A law came into force in partition 0: one from outside gets the ordered figures that it does not state."""
        if base is not None:
            return
        noted = _noted(view)
        noted["plain"] = noted["tip"] = hash_
        body = view.get(RULEBOOK, hash_)
        if body is not None and noted["figures"]:
            noted["figures"] = without_stated(noted["figures"], body)
        if body is not None and (noted["figures"] or noted["lists"]):
            self._send(body, noted, {}, cause, emit)
        view.put(FIGURES, "", orjson.dumps(noted, option=orjson.OPT_SORT_KEYS))

    def _send(self, plain: bytes, noted: Noted, more: Noted, cause: Cause, emit: Emit) -> bool:
        """To every partition; False where the law does not load with what was ordered."""
        now = noted | more
        body = amended(plain, now["figures"], now["lists"], now["last"], load_adoption)
        if body is None:
            return False
        fields = {**adoption_record_fields(body), "base": noted["tip"]}
        for partition in range(self._settings.partitions):
            self._publisher.derived(emit, cause, ADOPTED, fields, partition=partition)
        noted |= {**more, "tip": f"sha256:{sha256(body).hexdigest()}"}
        return True


def _said(law: Law, model: Any, noted: Noted) -> Noted:
    """All figures and lists with those of the order; as before where no rulebook has a place for them."""
    figures, lists = noted["figures"], noted["lists"]
    if model.kind == "figures":
        stated = (
            OrderedFigure(each.name, each.value, each.first_day, each.last_day, each.county) for each in model.figures
        )
        said = amendments_of(law, model.region, stated)
        figures = figures if said is None else united(figures, said)
    elif takes_list(law, model.list_kind.value, model.county, model.entries):
        day = model.ordered_on.isoformat()
        lists = with_list(lists, model.list_kind.value, model.county, day, list(model.entries))
    return {"figures": figures, "lists": lists}


def _noted(view: View) -> Noted:
    raw = view.get(FIGURES, "")
    nothing: Noted = {"figures": {}, "lists": {}, "last": "", "orders": {}, "plain": "", "tip": ""}
    return nothing if raw is None else orjson.loads(raw)
